-- The people of the application, the day that it is for each of them, and the trigger function that every later table
-- uses. Row security is switched on and all grants are taken away in the file that creates a table, so that there is
-- no moment between two migrations at which the table is open.

-- Keeps updated_at on every table that has it, whatever the statement sets. The clock and not the start of the
-- transaction, so that two changes in one transaction can be told apart.
CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := pg_catalog.clock_timestamp();
    RETURN NEW;
END
$$;

CREATE TABLE public.users (
    id         uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    email      text NOT NULL UNIQUE,
    full_name  text,
    avatar_url text,
    -- A name of the time zone database. Null means UTC, like the default.
    timezone   text DEFAULT 'UTC',
    created_at timestamptz DEFAULT pg_catalog.now(),
    updated_at timestamptz DEFAULT pg_catalog.now()
);

CREATE TRIGGER update_users_updated_at
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Says no to a time zone that the time zone database does not name. Only names count: the server also takes
-- abbreviations and offsets, which know no daylight saving, and reads almost any other word with a number as an offset
-- of its own, so "Mars/Base1" would quietly be an hour behind UTC. It is a trigger and not a CHECK because that database
-- changes with the server, and a check that no longer agrees with a row that was right when it was written would keep a
-- backup from being restored. The view of all zones takes tens of milliseconds to read, so it is read once a statement,
-- and not at all when nobody's zone changes.
CREATE FUNCTION public.refuse_unknown_time_zones() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_zone text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT n.timezone INTO v_zone
          FROM (SELECT DISTINCT r.timezone FROM new_rows r WHERE r.timezone <> 'UTC') AS n
         WHERE n.timezone NOT IN (SELECT z.name FROM pg_catalog.pg_timezone_names z)
         LIMIT 1;
    ELSIF EXISTS (SELECT FROM new_rows n LEFT JOIN old_rows o ON o.id = n.id AND o.timezone = n.timezone
                   WHERE n.timezone <> 'UTC' AND o.id IS NULL) THEN
        SELECT n.timezone INTO v_zone
          FROM (SELECT DISTINCT r.timezone
                  FROM new_rows r LEFT JOIN old_rows o ON o.id = r.id AND o.timezone = r.timezone
                 WHERE r.timezone <> 'UTC' AND o.id IS NULL) AS n
         WHERE n.timezone NOT IN (SELECT z.name FROM pg_catalog.pg_timezone_names z)
         LIMIT 1;
    END IF;
    IF v_zone IS NOT NULL THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('there is no time zone "%s"', v_zone),
            HINT = 'Use a name of the time zone database, such as Europe/Berlin.',
            SCHEMA = 'public', TABLE = 'users', COLUMN = 'timezone';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER refuse_unknown_time_zones_insert
    AFTER INSERT ON public.users REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_unknown_time_zones();
CREATE TRIGGER refuse_unknown_time_zones_update
    AFTER UPDATE ON public.users REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_unknown_time_zones();

-- The date at a moment where a user lives. Whoever is unknown, has no zone, or has one that the server no longer
-- knows, lives by UTC: a zone that was abolished must not keep somebody from writing down how they slept. Row security
-- applies to the caller, so a signed-in user learns nothing about where others live.
CREATE FUNCTION public.user_today(p_user_id uuid, p_at timestamptz DEFAULT pg_catalog.statement_timestamp()) RETURNS date
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
    v_zone text;
BEGIN
    IF p_at IS NULL OR NOT pg_catalog.isfinite(p_at) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a moment is needed to tell the date';
    END IF;
    SELECT u.timezone INTO v_zone FROM public.users u WHERE u.id = p_user_id;
    BEGIN
        RETURN (p_at AT TIME ZONE COALESCE(v_zone, 'UTC'))::date;
    EXCEPTION WHEN invalid_parameter_value THEN
        RETURN (p_at AT TIME ZONE 'UTC')::date;
    END;
END
$$;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.users FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.update_updated_at_column(), public.refuse_unknown_time_zones(),
    public.user_today(uuid, timestamptz)
    FROM PUBLIC, anon, authenticated, service_role;
