-- What a repair leaves behind: the breaks that somebody answers for, and which of the packs' functions are installed.

-- An entry is never edited, so a break in the middle of a chain stays. An acknowledgement says that it is known, why, and
-- who answers for it; the audit then goes on from there. It speaks for one fingerprint, which is a digest of the facts:
-- when they change, the finding is back.
CREATE TABLE bursar.acknowledgements (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app           text NOT NULL,
    check_id      text NOT NULL,
    account       text NOT NULL,
    unit          text NOT NULL,
    entry_id      text NOT NULL,
    -- What the entry's running balance is more than the balance before it and its amount together. Null where the
    -- finding is not about a chain, or the entry has no amount.
    gap           numeric,
    fingerprint   text NOT NULL,
    reason        text NOT NULL,
    operator      text NOT NULL,
    -- session_user: inside a definer function current_user is the owner and would name the wrong one.
    database_role text NOT NULL DEFAULT session_user,
    at            timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    operation_id  uuid NOT NULL,
    CONSTRAINT acknowledgements_app_fingerprint_key UNIQUE (app, fingerprint),
    CONSTRAINT acknowledgements_reason_check CHECK (reason ~ '\S'),
    CONSTRAINT acknowledgements_operator_check CHECK (operator ~ '\S')
);

CREATE INDEX idx_acknowledgements_operation_id ON bursar.acknowledgements (operation_id);

CREATE TRIGGER acknowledgements_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.acknowledgements
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();

-- A file of functions is installed again when its text is no longer the one that was, so rows here are replaced.
CREATE TABLE bursar.pack_functions (
    app          text NOT NULL,
    file         text NOT NULL,
    checksum     text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (app, file)
);

-- Default privileges may have granted to the API roles by name, which revoking from PUBLIC would not undo.
REVOKE ALL ON TABLE bursar.acknowledgements, bursar.pack_functions FROM PUBLIC;
REVOKE ALL ON SEQUENCE bursar.acknowledgements_id_seq FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE bursar.acknowledgements, bursar.pack_functions FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON SEQUENCE bursar.acknowledgements_id_seq FROM %I', v_role);
    END LOOP;
END
$$;

GRANT SELECT ON bursar.acknowledgements, bursar.pack_functions TO bursar_auditor;
