-- What happened, in one table that is partitioned by month of UTC: activity_logs_2025_01 and so on. The key holds the
-- partitioning column, as PostgreSQL demands; an id is therefore unique within its instant. Rows of a month that has no
-- partition go to the default one, so that a forgotten month never refuses a row.

CREATE TABLE public.activity_logs (
    id         uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    log_type   varchar(50) NOT NULL,
    -- No foreign key: what is logged may be of any type, and the log outlives it.
    entity_id  uuid NOT NULL,
    action     varchar(255) NOT NULL,
    details    jsonb DEFAULT '{}',
    level      varchar(50) NOT NULL DEFAULT 'info',
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    user_id    uuid REFERENCES public.users (id) ON DELETE SET NULL,
    PRIMARY KEY (id, created_at),
    CONSTRAINT activity_logs_level_check CHECK (level::text IN ('debug', 'info', 'warning', 'error', 'critical')),
    CONSTRAINT activity_logs_details_check CHECK (pg_catalog.jsonb_typeof(details) = 'object')
) PARTITION BY RANGE (created_at);

CREATE INDEX idx_logs_type ON public.activity_logs (log_type);
CREATE INDEX idx_logs_entity_id ON public.activity_logs (entity_id);
CREATE INDEX idx_logs_level ON public.activity_logs (level);
CREATE INDEX idx_logs_created_at ON public.activity_logs (created_at DESC);
CREATE INDEX idx_logs_user_id ON public.activity_logs (user_id);
CREATE INDEX idx_logs_details ON public.activity_logs USING gin (details);

CREATE TABLE public.activity_logs_default PARTITION OF public.activity_logs DEFAULT;

-- Row security and grants of a partition are its own: whoever names a partition walks around those of the parent.
ALTER TABLE public.activity_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.activity_logs_default ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON TABLE public.activity_logs, public.activity_logs_default FROM PUBLIC, anon, authenticated, service_role;

-- Makes the partition of the month that holds a day and moves the rows of that month out of the default partition,
-- because a partition cannot be added over them. Returns how many rows were moved, or null where nothing was made. Only
-- the function below calls it, and it is granted to nobody.
CREATE FUNCTION public.create_activity_logs_partition(p_day date) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' SET lock_timeout = '300ms' AS $$
DECLARE
    v_from  date := pg_catalog.date_trunc('month', p_day::timestamp)::date;
    v_until date := (pg_catalog.date_trunc('month', p_day::timestamp) + INTERVAL '1 month')::date;
    v_name  name := 'activity_logs_' || pg_catalog.to_char(v_from, 'YYYY_MM');
    -- With the offset written out, a bound means the same whatever the session's time zone is.
    v_low   text := pg_catalog.to_char(v_from, 'YYYY-MM-DD') || ' 00:00:00+00';
    v_high  text := pg_catalog.to_char(v_until, 'YYYY-MM-DD') || ' 00:00:00+00';
    v_moved bigint;
    v_tries constant integer := 40;
BEGIN
    IF p_day IS NULL OR p_day NOT BETWEEN '1970-01-01' AND '9999-11-30' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('%s is no day that a partition can be made for', COALESCE(p_day::text, 'null'));
    END IF;

    -- Two calls at once take turns here, and the second one finds what the first one made. Nobody else waits for this.
    LOCK TABLE ONLY public.activity_logs IN SHARE UPDATE EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM pg_catalog.pg_inherits i
                WHERE i.inhparent = 'public.activity_logs'::regclass
                  AND i.inhrelid = pg_catalog.to_regclass('public.' || v_name)) THEN
        RETURN NULL;
    END IF;

    -- A month that was detached and kept must not stand in the way of the months to come.
    IF pg_catalog.to_regclass('public.' || v_name) IS NOT NULL THEN
        RAISE WARNING 'public.% is no partition of public.activity_logs, so its month is passed over', v_name;
        RETURN NULL;
    END IF;

    -- Attaching needs both of these, users for the foreign key. Whoever uses the two in the other order would wait in a
    -- circle with us, and PostgreSQL would end one of us after a second; so we wait for less than that, let go of both
    -- and try again.
    FOR v_try IN 1..v_tries LOOP
        BEGIN
            LOCK TABLE public.users IN SHARE ROW EXCLUSIVE MODE;
            LOCK TABLE public.activity_logs_default IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF v_try = v_tries THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.05 + 0.1 * pg_catalog.random());
    END LOOP;

    EXECUTE pg_catalog.format(
        'CREATE TABLE public.%I (LIKE public.activity_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
    EXECUTE pg_catalog.format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', v_name);
    EXECUTE pg_catalog.format('REVOKE ALL ON TABLE public.%I FROM PUBLIC, anon, authenticated, service_role', v_name);
    EXECUTE pg_catalog.format(
        'WITH moved AS (
             DELETE FROM public.activity_logs_default d WHERE d.created_at >= %L AND d.created_at < %L RETURNING *)
         INSERT INTO public.%I SELECT * FROM moved', v_low, v_high, v_name);
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    -- Attaching makes the indexes and the foreign key that the parent has.
    EXECUTE pg_catalog.format(
        'ALTER TABLE public.activity_logs ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        v_name, v_low, v_high);
    RETURN v_moved;
END
$$;

-- Makes the partitions of this month and of the months ahead, and of every month that the default partition caught rows
-- of; to be called once a day or so. Returns the partitions that it made. It runs with the rights of its owner, because
-- only the owner of a table can add a partition, and the caller decides nothing but how far ahead. It gives up rather
-- than let everybody queue behind it: nothing is lost, and the next call does the work. A row of a missing month that
-- is being inserted just then may be refused once with 23514.
CREATE FUNCTION public.maintain_activity_logs_partitions(p_months_ahead integer DEFAULT 3)
RETURNS TABLE (partition_name text, moved_rows bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '10s' AS $$
DECLARE
    v_this  date := pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date;
    v_month date;
BEGIN
    IF p_months_ahead IS NULL OR p_months_ahead NOT BETWEEN 0 AND 120 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format(
                '%s is no number of months from 0 to 120', COALESCE(p_months_ahead::text, 'null'));
    END IF;

    -- Before the default partition is read, or two calls would each hold what the other one needs.
    LOCK TABLE ONLY public.activity_logs IN SHARE UPDATE EXCLUSIVE MODE;
    FOR v_month IN
        SELECT (v_this + pg_catalog.make_interval(months => n))::date
          FROM pg_catalog.generate_series(0, p_months_ahead) AS n
         UNION
        SELECT pg_catalog.date_trunc('month', d.created_at AT TIME ZONE 'UTC')::date
          FROM public.activity_logs_default d
         WHERE d.created_at >= '1970-01-01 00:00:00+00' AND d.created_at < '9999-12-01 00:00:00+00'
         ORDER BY 1
    LOOP
        moved_rows := public.create_activity_logs_partition(v_month);
        IF moved_rows IS NOT NULL THEN
            partition_name := 'activity_logs_' || pg_catalog.to_char(v_month, 'YYYY_MM');
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION public.create_activity_logs_partition(date), public.maintain_activity_logs_partitions(integer)
    FROM PUBLIC, anon, authenticated, service_role;

-- The past year too, so that a history that is loaded finds its months.
SELECT public.create_activity_logs_partition((month.first + pg_catalog.make_interval(months => n))::date)
  FROM pg_catalog.date_trunc('month', pg_catalog.now() AT TIME ZONE 'UTC') AS month (first),
       pg_catalog.generate_series(-12, 3) AS n;
