-- The policies of this application ask auth.uid() who is calling and speak of the roles anon, authenticated and
-- service_role. Supabase has all of them and stock PostgreSQL none, so whatever is missing is created here. What is
-- already there is left exactly as it is, its grants included: on Supabase this file changes nothing but who may touch the
-- runner's own table.

-- Roles belong to the whole cluster. Another database may be migrated at this moment, so a role that is missing now may
-- exist a moment later (42710 or 23505), and two changes to one role collide as XX000, which only a retry gets past.
DO $$
DECLARE
    v_role  text;
    v_tries constant integer := 20;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
        FOR v_try IN 1..v_tries LOOP
            EXIT WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role);
            BEGIN
                -- The backend's role reads past row security where the migrating role can give that away. Where it
                -- cannot, the policies for service_role let it work all the same.
                IF v_role = 'service_role' THEN
                    BEGIN
                        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT BYPASSRLS', v_role);
                    EXCEPTION WHEN insufficient_privilege THEN
                        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', v_role);
                    END;
                ELSE
                    EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', v_role);
                END IF;
                EXIT;
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    EXIT;
                WHEN insufficient_privilege THEN
                    RAISE insufficient_privilege USING
                        MESSAGE = pg_catalog.format('role "%s" is missing and "%s" may not create it', v_role, current_user),
                        HINT = pg_catalog.format('Let a role with CREATEROLE run: CREATE ROLE %I NOLOGIN NOINHERIT;', v_role);
                WHEN internal_error THEN
                    IF v_try = v_tries THEN
                        RAISE;
                    END IF;
                    PERFORM pg_catalog.pg_sleep(0.02 * v_try);
            END;
        END LOOP;
    END LOOP;
END
$$;

DO $$
BEGIN
    IF pg_catalog.to_regnamespace('auth') IS NULL THEN
        CREATE SCHEMA auth;
        REVOKE ALL ON SCHEMA auth FROM PUBLIC;
        GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
    END IF;

    IF pg_catalog.to_regclass('auth.users') IS NULL THEN
        CREATE TABLE auth.users (
            id         uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
            email      text,
            created_at timestamptz DEFAULT pg_catalog.now(),
            updated_at timestamptz DEFAULT pg_catalog.now()
        );
        ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON TABLE auth.users FROM PUBLIC, anon, authenticated, service_role;
    END IF;

    IF pg_catalog.to_regprocedure('auth.uid()') IS NULL THEN
        -- A subject need not be a UUID, so a claim that cannot be read means "nobody" instead of an error in the middle of
        -- a policy. PostgreSQL 15 cannot ask whether a text is JSON without trying. The whole document is parsed, because
        -- a pattern would also find a "sub" that the caller wrote into a nested part of it.
        CREATE FUNCTION auth.uid() RETURNS uuid
        LANGUAGE plpgsql STABLE SET search_path = '' AS $body$
        BEGIN
            RETURN (NULLIF(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
        EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
            RETURN NULL;
        END
        $body$;
        REVOKE ALL ON FUNCTION auth.uid() FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION auth.uid() TO anon, authenticated, service_role;
    END IF;
END
$$;

-- The record of migrations lies in public, where default privileges may have given it to the API roles: whoever could
-- empty it could make the next run apply everything again. It is there before the first migration runs.
DO $$
BEGIN
    IF pg_catalog.to_regclass('public._sqlx_migrations') IS NOT NULL THEN
        REVOKE ALL ON TABLE public._sqlx_migrations FROM PUBLIC, anon, authenticated, service_role;
    END IF;
END
$$;
