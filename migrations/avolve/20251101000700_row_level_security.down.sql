-- Takes every grant and every policy away again: row security stays on without a policy and lets nobody read a row but
-- the owner. Revoking a table's privileges revokes those on its columns too. Usage of the schema public stays with the
-- roles of the API: on Supabase they had it before, and nothing else in that schema would work without it.

-- The auditor is a role of another set of migrations, which may not be installed here. The partitions of months stay
-- readable to it: the function that makes them grants that, and was there before.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        REVOKE ALL ON public.users, public.profiles, public.user_roles, public.role_permissions, public.user_progress,
            public.phase_transitions, public.user_consent, public.token_types, public.token_balances,
            public.token_transactions, public.activity_logs, public.activity_logs_default, public.user_progress_stats,
            public.user_consent_stats FROM bursar_auditor;
        REVOKE USAGE ON SCHEMA public FROM bursar_auditor;
    END IF;
END
$$;

-- There is no such publication everywhere, and somebody may have taken a table out of it since.
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['token_balances', 'user_progress', 'profiles'] LOOP
        IF EXISTS (SELECT FROM pg_catalog.pg_publication p
                     JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
                    WHERE p.pubname = 'supabase_realtime'
                      AND r.prrelid = pg_catalog.to_regclass('public.' || v_table)) THEN
            EXECUTE pg_catalog.format('ALTER PUBLICATION supabase_realtime DROP TABLE public.%I', v_table);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION public.get_custom_claims(uuid),
    public.phase_after(public.experience_phase),
    public.validate_phase_transition(uuid, text, public.experience_phase),
    public.transition_phase(uuid, text, public.experience_phase),
    public.record_consent(uuid, text, text[]),
    public.transfer_tokens(uuid, uuid, numeric, text),
    public.mint_tokens(uuid, numeric, text), public.burn_tokens(uuid, numeric, text),
    public.create_activity_log_partition(date), public.ensure_activity_log_partitions(integer),
    public.refresh_user_stats(),
    public.get_user_progress_stats(uuid), public.get_user_consent_stats(uuid) FROM authenticated, service_role;
REVOKE ALL ON public.users, public.profiles, public.user_roles, public.role_permissions, public.user_progress,
    public.phase_transitions, public.user_consent, public.token_types, public.token_balances, public.token_transactions,
    public.activity_logs, public.user_progress_stats, public.user_consent_stats FROM anon, authenticated, service_role;

DROP POLICY activity_logs_service_role ON public.activity_logs;
DROP POLICY token_transactions_service_role ON public.token_transactions;
DROP POLICY token_transactions_prevent_delete ON public.token_transactions;
DROP POLICY token_transactions_prevent_update ON public.token_transactions;
DROP POLICY token_transactions_prevent_insert ON public.token_transactions;
DROP POLICY token_transactions_view_own ON public.token_transactions;
DROP POLICY token_balances_service_role ON public.token_balances;
DROP POLICY token_balances_prevent_delete ON public.token_balances;
DROP POLICY token_balances_prevent_update ON public.token_balances;
DROP POLICY token_balances_prevent_insert ON public.token_balances;
DROP POLICY token_balances_view_own ON public.token_balances;
DROP POLICY token_types_service_role ON public.token_types;
DROP POLICY token_types_view_all ON public.token_types;
DROP POLICY user_consent_service_role ON public.user_consent;
DROP POLICY user_consent_prevent_delete ON public.user_consent;
DROP POLICY user_consent_prevent_update ON public.user_consent;
DROP POLICY user_consent_insert_own ON public.user_consent;
DROP POLICY user_consent_view_own ON public.user_consent;
DROP POLICY phase_transitions_service_role ON public.phase_transitions;
DROP POLICY phase_transitions_prevent_delete ON public.phase_transitions;
DROP POLICY phase_transitions_prevent_update ON public.phase_transitions;
DROP POLICY phase_transitions_prevent_insert ON public.phase_transitions;
DROP POLICY phase_transitions_view_own ON public.phase_transitions;
DROP POLICY user_progress_service_role ON public.user_progress;
DROP POLICY user_progress_view_own ON public.user_progress;
DROP POLICY role_permissions_service_role ON public.role_permissions;
DROP POLICY user_roles_service_role ON public.user_roles;
DROP POLICY user_roles_view_own ON public.user_roles;
DROP POLICY profiles_service_role ON public.profiles;
DROP POLICY profiles_update_own ON public.profiles;
DROP POLICY profiles_view_all ON public.profiles;
DROP POLICY users_service_role ON public.users;
DROP POLICY users_own ON public.users;
