-- Who may see and change what. Grants say which tables and columns a role reaches at all, policies say which rows of
-- them, and both are needed: without grants stock PostgreSQL refuses before it looks at a policy, and with too many a
-- policy is walked around, because TRUNCATE asks none. A user reads what is theirs and changes two columns of their
-- profile and two of their cards; everything else is done by the backend, and every balance by a wallet function.
--
-- Policies that forbid are RESTRICTIVE: a permissive one that is never true is undone by the next that is. auth.uid() is
-- called in a sub-select, so that it runs once a statement and not once a row.

-- Users
CREATE POLICY users_view_own_profile ON public.users
    FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY users_update_own_profile ON public.users
    FOR UPDATE TO authenticated USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()));
CREATE POLICY users_prevent_delete ON public.users
    AS RESTRICTIVE FOR DELETE TO anon, authenticated USING (false);
CREATE POLICY users_service_role ON public.users
    TO service_role USING (true) WITH CHECK (true);

-- Payments
CREATE POLICY payments_view_own ON public.payments
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY payments_prevent_insert ON public.payments
    AS RESTRICTIVE FOR INSERT TO anon, authenticated WITH CHECK (false);
CREATE POLICY payments_prevent_update ON public.payments
    AS RESTRICTIVE FOR UPDATE TO anon, authenticated USING (false);
CREATE POLICY payments_prevent_delete ON public.payments
    AS RESTRICTIVE FOR DELETE TO anon, authenticated USING (false);
CREATE POLICY payments_service_role ON public.payments
    TO service_role USING (true) WITH CHECK (true);

-- Saved cards. They are added by the backend, which knows the gateway's token.
CREATE POLICY user_payment_methods_view_own ON public.user_payment_methods
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY user_payment_methods_update_own ON public.user_payment_methods
    FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY user_payment_methods_delete_own ON public.user_payment_methods
    FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY user_payment_methods_service_role ON public.user_payment_methods
    TO service_role USING (true) WITH CHECK (true);

-- Readings. Users may not insert them: a reading comes with its debit, from wallet_reading.
CREATE POLICY tarot_readings_view_own ON public.tarot_readings
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY tarot_readings_prevent_insert ON public.tarot_readings
    AS RESTRICTIVE FOR INSERT TO anon, authenticated WITH CHECK (false);
CREATE POLICY tarot_readings_prevent_delete ON public.tarot_readings
    AS RESTRICTIVE FOR DELETE TO anon, authenticated USING (false);
CREATE POLICY tarot_readings_service_role ON public.tarot_readings
    TO service_role USING (true) WITH CHECK (true);

-- Invites: both sides see one.
CREATE POLICY user_invites_view_own ON public.user_invites
    FOR SELECT TO authenticated
    USING (inviter_id = (SELECT auth.uid()) OR invitee_id = (SELECT auth.uid()));
CREATE POLICY user_invites_service_role ON public.user_invites
    TO service_role USING (true) WITH CHECK (true);

-- The ledger. The wallet functions run as its owner, whom row security does not concern, so these hold for everyone.
CREATE POLICY wallet_transactions_view_own ON public.wallet_transactions
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY wallet_transactions_prevent_insert ON public.wallet_transactions
    AS RESTRICTIVE FOR INSERT WITH CHECK (false);
CREATE POLICY wallet_transactions_prevent_update ON public.wallet_transactions
    AS RESTRICTIVE FOR UPDATE USING (false);
CREATE POLICY wallet_transactions_prevent_delete ON public.wallet_transactions
    AS RESTRICTIVE FOR DELETE USING (false);
CREATE POLICY wallet_transactions_service_role ON public.wallet_transactions
    FOR SELECT TO service_role USING (true);

-- Jobs are the backend's own.
CREATE POLICY jobs_service_role ON public.jobs
    TO service_role USING (true) WITH CHECK (true);
CREATE POLICY job_attempts_service_role ON public.job_attempts
    TO service_role USING (true) WITH CHECK (true);

GRANT USAGE ON SCHEMA public TO authenticated, service_role;

GRANT SELECT ON public.users, public.payments, public.user_payment_methods, public.tarot_readings, public.user_invites,
    public.wallet_transactions TO authenticated;
GRANT UPDATE (name, picture_url) ON public.users TO authenticated;
GRANT UPDATE (is_default, is_active), DELETE ON public.user_payment_methods TO authenticated;

-- Both answer only about the caller, because they see what the caller's policies show.
GRANT EXECUTE ON FUNCTION public.is_admin(uuid), public.user_can_access_reading(uuid, uuid) TO authenticated;

-- The backend, column by column: it must be able to run the application and unable to make a star. Balances, tiers and
-- counts are not in its lists, neither is what a payment is worth once it exists, nor the status of an invite; readings
-- are added by wallet_reading.
GRANT SELECT ON public.users, public.payments, public.user_payment_methods, public.tarot_readings, public.user_invites,
    public.wallet_transactions, public.jobs, public.job_attempts TO service_role;
GRANT INSERT (id, external_id, external_provider, email, name, picture_url, invite_code, invited_by, last_login_at),
      UPDATE (external_id, external_provider, email, name, picture_url, invited_by, last_login_at)
    ON public.users TO service_role;
GRANT INSERT (id, user_id, stripe_payment_intent_id, stripe_charge_id, stripe_metadata, amount, currency, status,
              package_type, stars_purchased, stars_bonus, error_code, error_message),
      UPDATE (stripe_payment_intent_id, stripe_charge_id, stripe_metadata, status, error_code, error_message)
    ON public.payments TO service_role;
GRANT INSERT, UPDATE, DELETE ON public.user_payment_methods TO service_role;
GRANT UPDATE (question_analysis, tarot_reading, processing_time_ms, job_attempts, metadata)
    ON public.tarot_readings TO service_role;
GRANT INSERT (id, inviter_id, invitee_id, invite_code, coin_reward, metadata, expires_at),
      UPDATE (invitee_id, metadata, expires_at)
    ON public.user_invites TO service_role;
GRANT INSERT, UPDATE ON public.jobs, public.job_attempts TO service_role;
GRANT EXECUTE ON FUNCTION public.new_invite_code(), public.tier_for_invites(integer),
    public.invite_reward_for_tier(integer, public.user_tier), public.is_admin(uuid),
    public.user_can_access_reading(uuid, uuid) TO service_role;

-- The auditor is a role of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        GRANT USAGE ON SCHEMA public TO bursar_auditor;
        GRANT SELECT ON public.users, public.payments, public.user_payment_methods, public.tarot_readings,
            public.user_invites, public.wallet_transactions, public.jobs, public.job_attempts TO bursar_auditor;
        GRANT EXECUTE ON FUNCTION public.tier_for_invites(integer),
            public.wallet_entry_sign(public.transaction_type, public.currency, jsonb, uuid) TO bursar_auditor;
    END IF;
END
$$;
