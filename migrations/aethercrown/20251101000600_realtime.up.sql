-- Clients follow four tables as they change. Supabase sends what is in this publication, and to each subscriber only
-- the rows that their policies show; elsewhere there is no such publication, and then there is nothing to do.
-- Partitions that are made later belong to it through their parent.

DO $$
DECLARE
    v_table text;
BEGIN
    -- A publication of all tables has these already, and adding one to it is an error.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'supabase_realtime' AND NOT puballtables) THEN
        RETURN;
    END IF;
    FOREACH v_table IN ARRAY ARRAY['ai_clones', 'ai_tasks', 'payments', 'activity_logs'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_publication p
                                JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
                               WHERE p.pubname = 'supabase_realtime'
                                 AND r.prrelid = pg_catalog.to_regclass('public.' || v_table));
        EXECUTE pg_catalog.format('ALTER PUBLICATION supabase_realtime ADD TABLE public.%I', v_table);
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the tables cannot be added to the publication supabase_realtime (%)', SQLERRM;
END
$$;
