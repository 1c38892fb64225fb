-- What people did, by month. A row goes to the partition of its month; one whose month has none is caught by DEFAULT,
-- so that a maintenance task that did not run never stops the application.

CREATE TABLE public.activity_logs (
    id         uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    user_id    uuid REFERENCES auth.users (id),
    action     text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    -- A key of a partitioned table has to contain what it is partitioned by.
    PRIMARY KEY (id, created_at),
    CONSTRAINT activity_logs_action_check CHECK (action ~ '\S')
) PARTITION BY RANGE (created_at);

CREATE INDEX idx_activity_logs_user_created ON public.activity_logs (user_id, created_at DESC);
CREATE INDEX idx_activity_logs_created_at ON public.activity_logs (created_at DESC);

CREATE TABLE public.activity_logs_default PARTITION OF public.activity_logs DEFAULT;

ALTER TABLE public.activity_logs ENABLE ROW LEVEL SECURITY;
-- Partitions inherit neither row security nor grants: a statement that names one asks the partition alone.
ALTER TABLE public.activity_logs_default ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.activity_logs, public.activity_logs_default FROM PUBLIC, anon, authenticated, service_role;

-- Makes the partition of one month, in UTC, and moves the rows there that DEFAULT caught. Returns whether it was made.
CREATE FUNCTION public.create_activity_log_partition(p_month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_month date := pg_catalog.date_trunc('month', p_month::timestamp)::date;
    v_from  timestamptz;
    v_to    timestamptz;
    v_name  text;
BEGIN
    IF COALESCE(p_month NOT BETWEEN '2000-01-01'::date AND '2199-12-31'::date, true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a month between 2000 and 2199 is needed';
    END IF;
    v_from := v_month::timestamp AT TIME ZONE 'UTC';
    v_to := (v_month::timestamp + interval '1 month') AT TIME ZONE 'UTC';
    v_name := 'activity_logs_y' || pg_catalog.to_char(v_month, 'YYYY"m"MM');

    -- Two runs at once would make the same table.
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('create_activity_log_partition', 0));
    IF EXISTS (SELECT FROM pg_catalog.pg_inherits i
                 JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'public.activity_logs'::regclass AND c.relname = v_name) THEN
        RETURN false;
    END IF;

    -- A partition cannot be added over rows of its range that DEFAULT holds, and none may arrive between moving them and
    -- adding it. Writers of other partitions wait only for the moment of attaching.
    LOCK TABLE public.activity_logs_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE pg_catalog.format(
        'CREATE TABLE public.%I (LIKE public.activity_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
    EXECUTE pg_catalog.format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', v_name);
    EXECUTE pg_catalog.format('REVOKE ALL ON TABLE public.%I FROM PUBLIC, anon, authenticated, service_role', v_name);
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        EXECUTE pg_catalog.format('GRANT SELECT ON TABLE public.%I TO bursar_auditor', v_name);
    END IF;
    EXECUTE pg_catalog.format(
        'WITH moved AS (DELETE FROM ONLY public.activity_logs_default d
                         WHERE d.created_at >= %1$L AND d.created_at < %2$L RETURNING d.*)
         INSERT INTO public.%3$I (id, user_id, action, created_at) SELECT id, user_id, action, created_at FROM moved',
        v_from, v_to, v_name);
    EXECUTE pg_catalog.format(
        'ALTER TABLE public.activity_logs ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to);
    RETURN true;
END
$$;

-- Makes the partitions of this month and of so many after it, and of every month of which DEFAULT caught rows. Returns
-- how many were made. It is meant to run every day; the months ahead are what it may miss without harm.
CREATE FUNCTION public.ensure_activity_log_partitions(p_months_ahead integer DEFAULT 3) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_this  timestamp := pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC');
    v_month date;
    v_made  integer := 0;
BEGIN
    IF COALESCE(p_months_ahead NOT BETWEEN 0 AND 120, true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'between 0 and 120 months can be made ahead';
    END IF;
    -- A row that is dated absurdly stays in DEFAULT instead of getting a partition of its own.
    FOR v_month IN
        SELECT m::date FROM pg_catalog.generate_series(v_this, v_this + pg_catalog.make_interval(months => p_months_ahead), interval '1 month') AS m
        UNION
        SELECT pg_catalog.date_trunc('month', d.created_at AT TIME ZONE 'UTC')::date
          FROM ONLY public.activity_logs_default d
         WHERE d.created_at >= '2000-01-01 00:00+00' AND d.created_at < pg_catalog.clock_timestamp() + interval '10 years'
         ORDER BY 1
    LOOP
        v_made := v_made + public.create_activity_log_partition(v_month)::integer;
    END LOOP;
    RETURN v_made;
END
$$;

REVOKE ALL ON FUNCTION public.create_activity_log_partition(date), public.ensure_activity_log_partitions(integer)
    FROM PUBLIC, anon, authenticated, service_role;

-- From the first month of the application on, so that history that is brought along finds its place.
DO $$
BEGIN
    PERFORM public.create_activity_log_partition(m::date)
       FROM pg_catalog.generate_series('2025-01-01'::timestamp, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', interval '1 month') AS m;
    PERFORM public.ensure_activity_log_partitions();
END
$$;
