-- Whoever writes can no longer be the victim of a deadlock with a run that makes partitions, however slow the server is
-- at that moment. What it makes, and what it returns, is as it was.
CREATE OR REPLACE FUNCTION public.make_wellness_partitions(p_ahead integer DEFAULT 12, p_back integer DEFAULT 0)
RETURNS TABLE (partition_name text, entries_moved bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '300ms' AS $$
DECLARE
    v_until  constant timestamptz := pg_catalog.clock_timestamp() + INTERVAL '10 s';
    v_this   constant timestamp := pg_catalog.date_trunc('month', pg_catalog.statement_timestamp() AT TIME ZONE 'UTC');
    v_wanted date[];
    v_month  date;
BEGIN
    IF COALESCE(p_ahead NOT BETWEEN 0 AND 120, true) OR COALESCE(p_back NOT BETWEEN 0 AND 120, true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('months ahead and back are numbers from 0 to 120, not %s and %s',
                                        COALESCE(p_ahead::text, 'null'), COALESCE(p_back::text, 'null'));
    END IF;

    v_wanted := ARRAY(SELECT (v_this + pg_catalog.make_interval(months => m))::date
                        FROM pg_catalog.generate_series(-p_back, p_ahead) AS m);

    -- The first lock keeps other runs out and nobody else. The others come only where there is something to do. Whoever
    -- is about to enter something has to wait before a partition is chosen for it: an entry that is already on its way to
    -- DEFAULT would be refused there once its month has a partition. A new partition refers to users, which locks that
    -- table too. Whoever holds one of these and wants another would be in a deadlock with a run that waits for a lock
    -- while it keeps one. So a run waits, and not for long, for the first only, with nothing that is in anybody's way.
    -- It has the others at once or lets go of everything and begins again.
    LOOP
        BEGIN
            LOCK TABLE ONLY public.wellness_entries IN SHARE UPDATE EXCLUSIVE MODE;
            IF NOT EXISTS (SELECT FROM public.wellness_entries_default)
               AND NOT EXISTS (SELECT FROM pg_catalog.unnest(v_wanted) AS m WHERE NOT public.has_wellness_partition(m)) THEN
                RETURN;
            END IF;
            LOCK TABLE ONLY public.wellness_entries IN ACCESS EXCLUSIVE MODE;
            LOCK TABLE public.wellness_entries_default IN ACCESS EXCLUSIVE MODE NOWAIT;
            LOCK TABLE public.users IN SHARE ROW EXCLUSIVE MODE NOWAIT;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF pg_catalog.clock_timestamp() > v_until THEN
                RAISE lock_not_available USING
                    MESSAGE = 'partitions could not be made, because the tables were in use all the time',
                    HINT = 'Try again when no transaction stays open for long.';
            END IF;
            PERFORM pg_catalog.pg_sleep(0.05 + 0.1 * pg_catalog.random());
        END;
    END LOOP;

    FOR v_month IN
        SELECT m FROM pg_catalog.unnest(v_wanted) AS m
        UNION
        SELECT pg_catalog.date_trunc('month', e.date::timestamp)::date FROM public.wellness_entries_default e
        ORDER BY 1
    LOOP
        CONTINUE WHEN public.has_wellness_partition(v_month);
        partition_name := 'wellness_entries_' || pg_catalog.to_char(v_month, 'YYYY_MM');
        EXECUTE pg_catalog.format(
            'CREATE TABLE public.%I (LIKE public.wellness_entries INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            partition_name);
        EXECUTE pg_catalog.format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition_name);
        EXECUTE pg_catalog.format(
            'REVOKE ALL ON TABLE public.%I FROM PUBLIC, anon, authenticated, service_role', partition_name);
        EXECUTE pg_catalog.format(
            'WITH moved AS (DELETE FROM public.wellness_entries_default WHERE date >= %L AND date < %L RETURNING *)
             INSERT INTO public.%I SELECT * FROM moved',
            v_month, (v_month + INTERVAL '1 month')::date, partition_name);
        GET DIAGNOSTICS entries_moved = ROW_COUNT;
        EXECUTE pg_catalog.format(
            'ALTER TABLE public.wellness_entries ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            partition_name, v_month, (v_month + INTERVAL '1 month')::date);
        RETURN NEXT;
    END LOOP;
END
$$;
