-- What support and operators see: who paid what, and what became of it in the wallet. Every row of three tables, and of
-- each no column more than finding a payment and an account needs: no readings, no cards, no jobs, nothing that the
-- gateway sent along. Neither role writes anything; what they change, they change through functions of bursar's schema.

-- The two are roles of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_support')
       AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_operator') THEN
        CREATE POLICY users_support ON public.users
            FOR SELECT TO bursar_support, bursar_operator USING (true);
        CREATE POLICY payments_support ON public.payments
            FOR SELECT TO bursar_support, bursar_operator USING (true);
        CREATE POLICY wallet_transactions_support ON public.wallet_transactions
            FOR SELECT TO bursar_support, bursar_operator USING (true);

        GRANT USAGE ON SCHEMA public TO bursar_support, bursar_operator;
        GRANT SELECT (id, email, name, star_balance, coin_balance, tier, created_at)
            ON public.users TO bursar_support, bursar_operator;
        GRANT SELECT (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, currency, status, package_type,
                      stars_purchased, stars_bonus, stars_total, error_code, error_message, created_at, updated_at)
            ON public.payments TO bursar_support, bursar_operator;
        GRANT SELECT ON public.wallet_transactions TO bursar_support, bursar_operator;
    END IF;
END
$$;
