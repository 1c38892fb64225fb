-- Functions find names as they did before.

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
