-- Takes the four tables out of Supabase's publication, where there is one. Whoever may not change the publication could
-- not have added them to it, so what is in it then is somebody else's doing and stays.

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['activity_logs', 'payments', 'ai_tasks', 'ai_clones'] LOOP
        IF EXISTS (SELECT FROM pg_catalog.pg_publication p
                     JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
                    WHERE p.pubname = 'supabase_realtime'
                      AND r.prrelid = pg_catalog.to_regclass('public.' || v_table)) THEN
            EXECUTE pg_catalog.format('ALTER PUBLICATION supabase_realtime DROP TABLE public.%I', v_table);
        END IF;
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the tables cannot be taken out of the publication supabase_realtime (%)', SQLERRM;
END
$$;
