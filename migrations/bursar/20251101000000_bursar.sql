-- bursar's own schema: the three roles it hands rights to, its settings, the log of what operators did, the record of
-- migrations, and what the application's schema looked like after the last of them. It knows nothing about any
-- application, so it can be installed beside a schema that bursar did not make. Everything is in one file because the
-- runner records this very migration in these tables, in the migration's own transaction.

CREATE SCHEMA IF NOT EXISTS bursar;

COMMENT ON SCHEMA bursar IS 'Settings, operator log and migration records of the bursar command-line tool.';

-- Roles belong to the whole cluster. Another database may be migrated at this moment, so a role that is missing now may
-- exist a moment later (42710 or 23505), and two changes to one role collide as XX000, which only a retry gets past.
DO $$
DECLARE
    v_role  text;
    v_tries constant integer := 20;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['bursar_auditor', 'bursar_support', 'bursar_operator'] LOOP
        FOR v_try IN 1..v_tries LOOP
            EXIT WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role);
            BEGIN
                EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', v_role);
                EXIT;
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    EXIT;
                WHEN insufficient_privilege THEN
                    RAISE insufficient_privilege USING
                        MESSAGE = pg_catalog.format('role "%s" is missing and "%s" may not create it', v_role, current_user),
                        HINT = pg_catalog.format('Let a role with CREATEROLE run: CREATE ROLE %I NOLOGIN;', v_role);
                WHEN internal_error THEN
                    IF v_try = v_tries THEN
                        RAISE;
                    END IF;
                    PERFORM pg_catalog.pg_sleep(0.02 * v_try);
            END;
        END LOOP;
    END LOOP;

    -- An audit that row security filters would pass on the rows it happens to see. Not every role may give BYPASSRLS
    -- away (before PostgreSQL 16 only a superuser), and everything else works without it.
    FOR v_try IN 1..v_tries LOOP
        EXIT WHEN (SELECT rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor');
        BEGIN
            ALTER ROLE bursar_auditor BYPASSRLS;
            EXIT;
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'bursar_auditor has no BYPASSRLS, because "%" may not give it; a superuser can: ALTER ROLE bursar_auditor BYPASSRLS;',
                    current_user;
                EXIT;
            WHEN internal_error THEN
                IF v_try = v_tries THEN
                    RAISE;
                END IF;
                PERFORM pg_catalog.pg_sleep(0.02 * v_try);
        END;
    END LOOP;
END
$$;

-- Says no to a change of rows that are evidence. Which table and which command is in the message, because the caller may
-- have meant another one and reached this through a cascade.
CREATE FUNCTION bursar.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE restrict_violation USING
        MESSAGE = pg_catalog.format('%I.%I is append-only: %s is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP),
        HINT = 'Add a row that corrects the earlier one.',
        SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME;
END
$$;

-- Settings live in the database so that no flag or configuration file can walk around them. Names are a closed list:
-- a misspelt "protect" that is silently kept would leave a database open.
CREATE TABLE bursar.settings (
    name       text PRIMARY KEY,
    value      text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    updated_by text NOT NULL DEFAULT session_user,
    CONSTRAINT settings_name_check CHECK (name IN ('protected', 'refund_limit')),
    CONSTRAINT settings_protected_check CHECK (name <> 'protected' OR value IN ('true', 'false')),
    CONSTRAINT settings_refund_limit_check CHECK (name <> 'refund_limit' OR pg_catalog.btrim(value) <> '')
);

-- One row for every write that changed application data, added in that write's own transaction: there is no change
-- without its row and no row without its change.
CREATE TABLE bursar.operations (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation_id  uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    at            timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- session_user: inside a definer function current_user is the owner and would name the wrong one.
    database_role text NOT NULL DEFAULT session_user,
    os_user       text,
    host          text,
    operator      text,
    command       text NOT NULL,
    parameters    jsonb,
    reason        text,
    outcome       text
);

CREATE INDEX idx_operations_operation_id ON bursar.operations (operation_id);
CREATE INDEX idx_operations_at ON bursar.operations (at);

-- A statement trigger also refuses a change that would touch no row, and one that arrives through TRUNCATE ... CASCADE.
CREATE TRIGGER operations_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.operations
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();

-- What the runner knows about a run and sqlx's history table has no column for. A run that stops half way is updated
-- when it goes on, so unlike the operator log this table is not append-only. It refers to nothing: a row must be
-- possible inside the transaction of the migration that it describes, this one included.
CREATE TABLE bursar.migration_runs (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    set_name         text NOT NULL,
    version          bigint NOT NULL,
    description      text,
    checksum         bytea,
    sql_text         text,
    statements_done  integer,
    statements_total integer,
    direction        text NOT NULL DEFAULT 'up',
    database_role    text NOT NULL DEFAULT session_user,
    os_user          text,
    host             text,
    started_at       timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at      timestamptz,
    duration_ms      bigint,
    success          boolean,
    CONSTRAINT migration_runs_direction_check CHECK (direction IN ('up', 'down')),
    CONSTRAINT migration_runs_statements_check CHECK (statements_done >= 0 AND statements_total >= 0)
);

CREATE INDEX idx_migration_runs_set_version ON bursar.migration_runs (set_name, version);

-- The definitions that hold an application's rules, as they stood right after the last migration. The audit compares
-- them with the catalog and can tell a trigger that was dropped by hand from one that never was.
CREATE TABLE bursar.schema_objects (
    set_name   text NOT NULL,
    kind       text NOT NULL,
    relation   text NOT NULL,
    object     text NOT NULL,
    definition text,
    PRIMARY KEY (set_name, kind, relation, object),
    CONSTRAINT schema_objects_kind_check CHECK (kind IN ('trigger', 'constraint', 'rls', 'policy', 'grant'))
);

-- Nobody but the owner reaches anything here until it is granted below. Default privileges may have granted to the API
-- roles by name, which revoking from PUBLIC would not undo. Row security stays off on purpose: access is all or nothing
-- for a role, and an auditor without BYPASSRLS must still be able to read.
REVOKE ALL ON SCHEMA bursar FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA bursar FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA bursar FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA bursar FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA bursar FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA bursar FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM %I', v_role);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA bursar TO bursar_auditor, bursar_support, bursar_operator;
GRANT SELECT ON bursar.settings TO bursar_auditor, bursar_support, bursar_operator;
-- All tables, so that the runner's history, which is older than this file, is readable too.
GRANT SELECT ON ALL TABLES IN SCHEMA bursar TO bursar_auditor;
