-- Takes what support and operators see away again.

-- The two are roles of another set of migrations. Where they were missing when the file beside this one ran, it made
-- nothing, and they may have come since; so the policies may be missing.
DROP POLICY IF EXISTS payments_support ON public.payments;
DROP POLICY IF EXISTS users_support ON public.users;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_support')
       AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_operator') THEN
        REVOKE ALL ON public.users, public.payments FROM bursar_support, bursar_operator;
        REVOKE USAGE ON SCHEMA public FROM bursar_support, bursar_operator;
    END IF;
END
$$;
