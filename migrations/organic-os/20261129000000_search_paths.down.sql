-- Functions find names as they did before.

-- The bodies of before.

CREATE OR REPLACE FUNCTION public.keep_message_count() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM public.conversations c
          WHERE c.id IN (SELECT n.conversation_id FROM new_rows n)
          ORDER BY c.id
            FOR NO KEY UPDATE;
        UPDATE public.conversations c
           SET message_count = c.message_count + n.messages,
               updated_at = GREATEST(c.updated_at, n.last_at)
          FROM (SELECT r.conversation_id, pg_catalog.count(*) AS messages, pg_catalog.max(r.created_at) AS last_at
                  FROM new_rows r
                 GROUP BY r.conversation_id) AS n
         WHERE c.id = n.conversation_id;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM public.conversations c
          WHERE c.id IN (SELECT o.conversation_id FROM old_rows o)
          ORDER BY c.id
            FOR NO KEY UPDATE;
        UPDATE public.conversations c
           SET message_count = c.message_count - o.messages,
               updated_at = pg_catalog.clock_timestamp()
          FROM (SELECT r.conversation_id, pg_catalog.count(*) AS messages
                  FROM old_rows r
                 GROUP BY r.conversation_id) AS o
         WHERE c.id = o.conversation_id;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM public.conversations c
          WHERE c.id IN (SELECT n.conversation_id FROM new_rows n JOIN old_rows o ON o.id = n.id
                          WHERE o.conversation_id <> n.conversation_id
                         UNION ALL
                         SELECT o.conversation_id FROM new_rows n JOIN old_rows o ON o.id = n.id
                          WHERE o.conversation_id <> n.conversation_id)
          ORDER BY c.id
            FOR NO KEY UPDATE;
        UPDATE public.conversations c
           SET message_count = c.message_count + d.messages,
               updated_at = pg_catalog.clock_timestamp()
          FROM (SELECT r.conversation_id, pg_catalog.sum(r.change) AS messages
                  FROM (SELECT n.conversation_id, 1 AS change FROM new_rows n
                        UNION ALL
                        SELECT o.conversation_id, -1 FROM old_rows o) AS r
                 GROUP BY r.conversation_id
                HAVING pg_catalog.sum(r.change) <> 0) AS d
         WHERE c.id = d.conversation_id;
    ELSE
        UPDATE public.conversations c
           SET message_count = 0, updated_at = pg_catalog.clock_timestamp()
         WHERE c.message_count <> 0;
    END IF;
    RETURN NULL;
END
$$;

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

CREATE OR REPLACE FUNCTION public.get_wellness_stats(p_user_id uuid, p_days integer DEFAULT 30)
RETURNS TABLE (
    avg_sleep      numeric,
    avg_mood       numeric,
    avg_energy     numeric,
    avg_water      integer,
    avg_exercise   integer,
    avg_meditation integer,
    entries_count  bigint
)
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT s.avg_sleep, s.avg_mood, s.avg_energy, s.avg_water, s.avg_exercise, s.avg_meditation, s.entries_count
      FROM public.wellness_stats_on(p_user_id, p_days, public.user_today(p_user_id)) AS s
$$;

CREATE OR REPLACE FUNCTION public.get_wellness_streak(p_user_id uuid)
RETURNS TABLE (streak integer, last_entry date, total_entries bigint)
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT s.streak, s.last_entry, s.total_entries
      FROM public.wellness_streak_on(p_user_id, public.user_today(p_user_id)) AS s
$$;

DROP FUNCTION public.application_path(boolean, regclass[]);

ALTER FUNCTION public.update_updated_at_column() SET search_path = '';
ALTER FUNCTION public.refuse_unknown_time_zones() SET search_path = '';
ALTER FUNCTION public.user_today(uuid,timestamp with time zone) SET search_path = '';
ALTER FUNCTION public.refuse_future_wellness() SET search_path = '';
ALTER FUNCTION public.has_wellness_partition(date) SET search_path = '';
ALTER FUNCTION public.make_wellness_partitions(integer,integer) SET search_path = '';
ALTER FUNCTION public.wellness_stats_on(uuid,integer,date) SET search_path = '';
ALTER FUNCTION public.get_wellness_stats(uuid,integer) SET search_path = '';
ALTER FUNCTION public.wellness_streak_on(uuid,date) SET search_path = '';
ALTER FUNCTION public.get_wellness_streak(uuid) SET search_path = '';
ALTER FUNCTION public.begin_without_messages() SET search_path = '';

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
