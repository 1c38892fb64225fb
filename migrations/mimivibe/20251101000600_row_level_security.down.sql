-- Takes every grant and every policy away again: row security stays on without a policy and lets nobody read a row but
-- the owner. Revoking a table's privileges revokes those on its columns too. Usage of the schema public stays with the
-- roles of the API: on Supabase they had it before, and nothing else in that schema would work without it.

-- The auditor is a role of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        REVOKE ALL ON FUNCTION public.tier_for_invites(integer),
            public.wallet_entry_sign(public.transaction_type, public.currency, jsonb, uuid) FROM bursar_auditor;
        REVOKE ALL ON public.users, public.payments, public.user_payment_methods, public.tarot_readings,
            public.user_invites, public.wallet_transactions, public.jobs, public.job_attempts FROM bursar_auditor;
        REVOKE USAGE ON SCHEMA public FROM bursar_auditor;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION public.new_invite_code(), public.tier_for_invites(integer),
    public.invite_reward_for_tier(integer, public.user_tier), public.is_admin(uuid),
    public.user_can_access_reading(uuid, uuid) FROM authenticated, service_role;
REVOKE ALL ON public.users, public.payments, public.user_payment_methods, public.tarot_readings, public.user_invites,
    public.wallet_transactions, public.jobs, public.job_attempts FROM authenticated, service_role;

DROP POLICY job_attempts_service_role ON public.job_attempts;
DROP POLICY jobs_service_role ON public.jobs;
DROP POLICY wallet_transactions_service_role ON public.wallet_transactions;
DROP POLICY wallet_transactions_prevent_delete ON public.wallet_transactions;
DROP POLICY wallet_transactions_prevent_update ON public.wallet_transactions;
DROP POLICY wallet_transactions_prevent_insert ON public.wallet_transactions;
DROP POLICY wallet_transactions_view_own ON public.wallet_transactions;
DROP POLICY user_invites_service_role ON public.user_invites;
DROP POLICY user_invites_view_own ON public.user_invites;
DROP POLICY tarot_readings_service_role ON public.tarot_readings;
DROP POLICY tarot_readings_prevent_delete ON public.tarot_readings;
DROP POLICY tarot_readings_prevent_insert ON public.tarot_readings;
DROP POLICY tarot_readings_view_own ON public.tarot_readings;
DROP POLICY user_payment_methods_service_role ON public.user_payment_methods;
DROP POLICY user_payment_methods_delete_own ON public.user_payment_methods;
DROP POLICY user_payment_methods_update_own ON public.user_payment_methods;
DROP POLICY user_payment_methods_view_own ON public.user_payment_methods;
DROP POLICY payments_service_role ON public.payments;
DROP POLICY payments_prevent_delete ON public.payments;
DROP POLICY payments_prevent_update ON public.payments;
DROP POLICY payments_prevent_insert ON public.payments;
DROP POLICY payments_view_own ON public.payments;
DROP POLICY users_service_role ON public.users;
DROP POLICY users_prevent_delete ON public.users;
DROP POLICY users_update_own_profile ON public.users;
DROP POLICY users_view_own_profile ON public.users;
