-- Functions find names as they did before.

-- The bodies of before.

CREATE OR REPLACE FUNCTION public.create_activity_logs_partition(p_day date) RETURNS bigint
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

DROP FUNCTION public.application_path(boolean, regclass[]);

ALTER FUNCTION public.update_updated_at_column() SET search_path = '';
ALTER FUNCTION public.create_activity_logs_partition(date) SET search_path = '';
ALTER FUNCTION public.maintain_activity_logs_partitions(integer) SET search_path = '';

-- Elsewhere auth.uid() belongs to the sign-in service; the one that an earlier migration made is known by its path.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_proc p
                WHERE p.oid = pg_catalog.to_regprocedure('auth.uid()') AND p.proconfig = ARRAY['search_path=pg_catalog, pg_temp']) THEN
        ALTER FUNCTION auth.uid() SET search_path = '';
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'auth.uid() belongs to another role, and stays as it is';
END
$$;
