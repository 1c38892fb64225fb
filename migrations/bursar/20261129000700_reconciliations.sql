-- The comparisons with the gateways that were made: what was asked, what was counted, and how many differences were left
-- open. The audit looks here, so that it needs no network. Whoever may rewrite the ledger may rewrite these rows too; the
-- digest lets somebody who kept a report show that this is the run that it is of.

CREATE TABLE bursar.reconciliations (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    app           text NOT NULL,
    gateways      text[] NOT NULL,
    -- Where the gateway's side was read: its API, or an export.
    source        text NOT NULL,
    since         timestamptz NOT NULL,
    until         timestamptz NOT NULL,
    -- The only payout that was compared, where it was one.
    payout        text,
    complete      boolean NOT NULL,
    -- Those that no baseline accepts, and those that one does.
    differences   bigint NOT NULL,
    -- The time of the oldest of them: a later run that begins after it does not show that it is gone.
    oldest        timestamptz,
    accepted      bigint NOT NULL,
    -- The number of objects of each verdict, and the totals of each gateway and currency.
    counts        jsonb NOT NULL,
    totals        jsonb NOT NULL,
    digest        bytea NOT NULL,
    -- session_user: inside a definer function current_user is the owner and would name the wrong one.
    database_role text NOT NULL DEFAULT session_user,
    -- Who ran it, as bursar knows them: operator, os_user, host.
    actor         jsonb NOT NULL,
    CONSTRAINT reconciliations_gateways_check CHECK (pg_catalog.cardinality(gateways) > 0),
    CONSTRAINT reconciliations_source_check CHECK (source IN ('api', 'export')),
    CONSTRAINT reconciliations_range_check CHECK (since < until),
    CONSTRAINT reconciliations_counts_check CHECK (differences >= 0 AND accepted >= 0),
    CONSTRAINT reconciliations_oldest_check CHECK ((differences > 0) = (oldest IS NOT NULL)),
    CONSTRAINT reconciliations_json_check CHECK (
        pg_catalog.jsonb_typeof(counts) = 'object' AND pg_catalog.jsonb_typeof(totals) = 'array'
        AND pg_catalog.jsonb_typeof(actor) = 'object'),
    CONSTRAINT reconciliations_digest_check CHECK (pg_catalog.octet_length(digest) = 32)
);

CREATE INDEX idx_reconciliations_app ON bursar.reconciliations (app, id);

CREATE TRIGGER reconciliations_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.reconciliations
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();

-- Records a run. An auditor may: to compare with the gateway is what an auditor does, and the row names the login. Support
-- may not, because it also refunds, and would vouch for itself.
CREATE FUNCTION bursar.record_reconciliation(
    p_app         text,
    p_gateways    text[],
    p_source      text,
    p_since       timestamptz,
    p_until       timestamptz,
    p_payout      text,
    p_complete    boolean,
    p_differences bigint,
    p_oldest      timestamptz,
    p_accepted    bigint,
    p_counts      jsonb,
    p_totals      jsonb,
    p_digest      bytea,
    p_actor       jsonb
) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO bursar.reconciliations
        (app, gateways, source, since, until, payout, complete, differences, oldest, accepted, counts, totals, digest, actor)
    VALUES
        (p_app, p_gateways, p_source, p_since, p_until, p_payout, p_complete, p_differences, p_oldest, p_accepted, p_counts, p_totals,
         p_digest, COALESCE(p_actor, '{}'))
    RETURNING id
$$;

SELECT bursar.close_to_strangers();

GRANT SELECT ON bursar.reconciliations TO bursar_auditor, bursar_operator;
GRANT EXECUTE ON FUNCTION bursar.record_reconciliation(
    text, text[], text, timestamptz, timestamptz, text, boolean, bigint, timestamptz, bigint, jsonb, jsonb, bytea, jsonb)
    TO bursar_auditor, bursar_operator;
