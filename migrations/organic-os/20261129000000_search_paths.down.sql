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
