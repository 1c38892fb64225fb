-- What support and operators see: who paid what. Every row of two tables, and of each no column more than finding a
-- payment needs: no password hash, no clones, no tasks, no logs. Neither role writes anything; what they change, they
-- change through functions of bursar's schema.

-- The two are roles of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_support')
       AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_operator') THEN
        CREATE POLICY users_support ON public.users
            FOR SELECT TO bursar_support, bursar_operator USING (true);
        CREATE POLICY payments_support ON public.payments
            FOR SELECT TO bursar_support, bursar_operator USING (true);

        GRANT USAGE ON SCHEMA public TO bursar_support, bursar_operator;
        GRANT SELECT (id, email, name, role, created_at) ON public.users TO bursar_support, bursar_operator;
        -- The metadata holds the customer's name, where the payment belongs to no user, and no secret.
        GRANT SELECT (id, order_id, amount, currency, status, payment_method, metadata, created_at, user_id)
            ON public.payments TO bursar_support, bursar_operator;
    END IF;
END
$$;
