-- Seals of the ledger, and the audits that were asked to be remembered. A seal says what every account's entries were up
-- to a point that nothing can arrive behind any more, and its root is one digest of all of it. These rows say where to
-- look; they prove nothing by themselves, because whoever may rewrite the ledger may rewrite them too. The root that is
-- kept outside the database does.

CREATE TABLE bursar.seals (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app               text NOT NULL,
    sealed_at         timestamptz NOT NULL,
    -- Which server numbered the arrivals; null where the role may not ask.
    system_identifier text,
    database          text NOT NULL,
    -- What says which entries are sealed: the transaction that wrote them, or, where that is not known, their time.
    mode              text NOT NULL,
    watermark         xid8,
    sealed_until      timestamptz,
    -- Whether the pack's column "content" is part of the digests.
    content           boolean NOT NULL,
    -- The newest seal, this one included, that stored every account: the state at this seal is, for each account, its
    -- newest row from that one on.
    base              bigint NOT NULL,
    accounts          bigint NOT NULL,
    entries           bigint NOT NULL,
    previous          bytea,
    root              bytea NOT NULL UNIQUE,
    database_role     text NOT NULL DEFAULT session_user,
    os_user           text,
    host              text,
    operator          text,
    CONSTRAINT seals_mode_check CHECK (mode IN ('arrival', 'time')),
    CONSTRAINT seals_bound_check CHECK (
        (mode = 'arrival') = (watermark IS NOT NULL) AND (mode = 'time') = (sealed_until IS NOT NULL)),
    CONSTRAINT seals_base_check CHECK (base <= id),
    CONSTRAINT seals_counts_check CHECK (accounts >= 0 AND entries >= 0),
    CONSTRAINT seals_root_check CHECK (octet_length(root) = 32 AND octet_length(previous) = 32)
);

CREATE INDEX idx_seals_app ON bursar.seals (app, id);

-- One row for an account and unit that changed since the seal before; the others keep the row that they have. Sealing
-- writes these before the seal itself, whose root comes last, so they cannot refer to it.
CREATE TABLE bursar.sealed_accounts (
    seal_id bigint NOT NULL,
    account text COLLATE "C" NOT NULL,
    unit    text COLLATE "C" NOT NULL,
    entries bigint NOT NULL,
    total   numeric NOT NULL,
    running numeric,
    digest  bytea NOT NULL,
    -- The seal comes first: a state is read as a range of seals.
    PRIMARY KEY (seal_id, account, unit),
    CONSTRAINT sealed_accounts_entries_check CHECK (entries > 0),
    CONSTRAINT sealed_accounts_digest_check CHECK (octet_length(digest) = 32)
);

CREATE TABLE bursar.audits (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at                timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    app               text NOT NULL,
    verdict           text NOT NULL,
    complete          boolean NOT NULL,
    depth             text NOT NULL,
    -- The seal that it trusted or verified, where it did.
    seal_id           bigint,
    snapshot          text NOT NULL,
    lsn               text,
    role              text NOT NULL,
    checks            integer NOT NULL,
    passed            integer NOT NULL,
    failed            integer NOT NULL,
    skipped           integer NOT NULL,
    incomplete        integer NOT NULL,
    errors            bigint NOT NULL,
    warnings          bigint NOT NULL,
    accepted          bigint NOT NULL,
    duration_ms       bigint NOT NULL,
    database_role     text NOT NULL DEFAULT session_user,
    os_user           text,
    host              text,
    operator          text,
    CONSTRAINT audits_verdict_check CHECK (verdict IN ('clean', 'violated', 'incomplete'))
);

CREATE INDEX idx_audits_at ON bursar.audits (at);

-- Statement triggers also refuse a change that would touch no row, and one that arrives through TRUNCATE ... CASCADE.
CREATE TRIGGER seals_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.seals
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();
CREATE TRIGGER sealed_accounts_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.sealed_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();
CREATE TRIGGER audits_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.audits
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();

-- Default privileges may have granted to the API roles by name, which revoking from PUBLIC would not undo.
REVOKE ALL ON TABLE bursar.seals, bursar.sealed_accounts, bursar.audits FROM PUBLIC;
REVOKE ALL ON SEQUENCE bursar.seals_id_seq, bursar.audits_id_seq FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE bursar.seals, bursar.sealed_accounts, bursar.audits FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON SEQUENCE bursar.seals_id_seq, bursar.audits_id_seq FROM %I', v_role);
    END LOOP;
END
$$;

GRANT SELECT ON bursar.seals, bursar.sealed_accounts, bursar.audits TO bursar_auditor;
