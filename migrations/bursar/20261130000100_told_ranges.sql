-- What a comparison with a gateway tells: the time of which every object has a verdict, and the newest difference. A file
-- may cover less than was asked for, and what is too young has no verdict yet, so the range that was asked for says neither
-- up to when the payments were compared, nor that an earlier difference is gone.

ALTER TABLE bursar.reconciliations
    -- None in the rows of before: they told the range that they were asked for.
    ADD COLUMN told tstzrange,
    -- The time of the newest difference that was left open. None in the rows of before: it may be as late as their end.
    ADD COLUMN newest timestamptz CONSTRAINT reconciliations_newest_check CHECK (newest >= oldest);

DROP FUNCTION bursar.record_reconciliation(
    text, text[], text, timestamptz, timestamptz, text, boolean, bigint, timestamptz, bigint, jsonb, jsonb, bytea, jsonb);

-- Records a run. An auditor may: to compare with the gateway is what an auditor does, and the row names the login. Support
-- may not, because it also refunds, and would vouch for itself.
CREATE FUNCTION bursar.record_reconciliation(
    p_app         text,
    p_gateways    text[],
    p_source      text,
    p_since       timestamptz,
    p_until       timestamptz,
    p_told_since  timestamptz,
    p_told_until  timestamptz,
    p_payout      text,
    p_complete    boolean,
    p_differences bigint,
    p_oldest      timestamptz,
    p_newest      timestamptz,
    p_accepted    bigint,
    p_counts      jsonb,
    p_totals      jsonb,
    p_digest      bytea,
    p_actor       jsonb
) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO bursar.reconciliations
        (app, gateways, source, since, until, told, payout, complete, differences, oldest, newest, accepted, counts, totals, digest,
         actor)
    VALUES
        (p_app, p_gateways, p_source, p_since, p_until,
         CASE WHEN p_told_since < p_told_until THEN tstzrange(p_told_since, p_told_until) ELSE 'empty' END,
         p_payout, p_complete, p_differences, p_oldest, p_newest, p_accepted, p_counts, p_totals, p_digest,
         COALESCE(p_actor, '{}'))
    RETURNING id
$$;

SELECT bursar.close_to_strangers();

GRANT EXECUTE ON FUNCTION bursar.record_reconciliation(
    text, text[], text, timestamptz, timestamptz, timestamptz, timestamptz, text, boolean, bigint, timestamptz, timestamptz,
    bigint, jsonb, jsonb, bytea, jsonb)
    TO bursar_auditor, bursar_operator;
