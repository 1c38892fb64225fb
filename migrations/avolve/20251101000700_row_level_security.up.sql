-- Who may see and change what. Grants say which tables and columns a role reaches at all, policies say which rows of
-- them, and both are needed: without grants stock PostgreSQL refuses before it looks at a policy, and with too many a
-- policy is walked around, because TRUNCATE asks none. Phases, balances and the ledger are written by functions only.
--
-- Policies that forbid are RESTRICTIVE: a permissive one that is never true is undone by the next that is. auth.uid() is
-- called in a sub-select, so that it runs once a statement and not once a row.

-- Accounts
CREATE POLICY users_own ON public.users
    TO authenticated USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()));
CREATE POLICY users_service_role ON public.users
    TO service_role USING (true) WITH CHECK (true);

-- Profiles are public.
CREATE POLICY profiles_view_all ON public.profiles
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY profiles_update_own ON public.profiles
    FOR UPDATE TO authenticated USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()));
CREATE POLICY profiles_service_role ON public.profiles
    TO service_role USING (true) WITH CHECK (true);

-- Roles. What a role permits is read through get_custom_claims only.
CREATE POLICY user_roles_view_own ON public.user_roles
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY user_roles_service_role ON public.user_roles
    TO service_role USING (true) WITH CHECK (true);
CREATE POLICY role_permissions_service_role ON public.role_permissions
    TO service_role USING (true) WITH CHECK (true);

-- Progress
CREATE POLICY user_progress_view_own ON public.user_progress
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY user_progress_service_role ON public.user_progress
    TO service_role USING (true) WITH CHECK (true);

-- Transitions. The function that records them runs as the table's owner, whom row security does not concern, so the
-- policies that forbid hold for everyone else.
CREATE POLICY phase_transitions_view_own ON public.phase_transitions
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY phase_transitions_prevent_insert ON public.phase_transitions
    AS RESTRICTIVE FOR INSERT WITH CHECK (false);
CREATE POLICY phase_transitions_prevent_update ON public.phase_transitions
    AS RESTRICTIVE FOR UPDATE USING (false);
CREATE POLICY phase_transitions_prevent_delete ON public.phase_transitions
    AS RESTRICTIVE FOR DELETE USING (false);
CREATE POLICY phase_transitions_service_role ON public.phase_transitions
    FOR SELECT TO service_role USING (true);

-- Consent is given by the user themselves, never for them, and not taken out of the record.
CREATE POLICY user_consent_view_own ON public.user_consent
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY user_consent_insert_own ON public.user_consent
    FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY user_consent_prevent_update ON public.user_consent
    AS RESTRICTIVE FOR UPDATE USING (false);
CREATE POLICY user_consent_prevent_delete ON public.user_consent
    AS RESTRICTIVE FOR DELETE USING (false);
CREATE POLICY user_consent_service_role ON public.user_consent
    FOR SELECT TO service_role USING (true);

-- Tokens
CREATE POLICY token_types_view_all ON public.token_types
    FOR SELECT TO authenticated USING (true);
CREATE POLICY token_types_service_role ON public.token_types
    TO service_role USING (true) WITH CHECK (true);
CREATE POLICY token_balances_view_own ON public.token_balances
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY token_balances_prevent_insert ON public.token_balances
    AS RESTRICTIVE FOR INSERT WITH CHECK (false);
CREATE POLICY token_balances_prevent_update ON public.token_balances
    AS RESTRICTIVE FOR UPDATE USING (false);
CREATE POLICY token_balances_prevent_delete ON public.token_balances
    AS RESTRICTIVE FOR DELETE USING (false);
CREATE POLICY token_balances_service_role ON public.token_balances
    FOR SELECT TO service_role USING (true);
CREATE POLICY token_transactions_view_own ON public.token_transactions
    FOR SELECT TO authenticated
    USING (from_user_id = (SELECT auth.uid()) OR to_user_id = (SELECT auth.uid()));
CREATE POLICY token_transactions_prevent_insert ON public.token_transactions
    AS RESTRICTIVE FOR INSERT WITH CHECK (false);
CREATE POLICY token_transactions_prevent_update ON public.token_transactions
    AS RESTRICTIVE FOR UPDATE USING (false);
CREATE POLICY token_transactions_prevent_delete ON public.token_transactions
    AS RESTRICTIVE FOR DELETE USING (false);
CREATE POLICY token_transactions_service_role ON public.token_transactions
    FOR SELECT TO service_role USING (true);

-- Activity is the backend's own. The partitions have no policy, so they are reached through their parent only.
CREATE POLICY activity_logs_service_role ON public.activity_logs
    TO service_role USING (true) WITH CHECK (true);

GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;

GRANT SELECT ON public.profiles TO anon;

GRANT SELECT ON public.users, public.profiles, public.user_roles, public.user_progress, public.phase_transitions,
    public.user_consent, public.token_types, public.token_balances, public.token_transactions TO authenticated;
-- An account is opened and, as long as nothing hangs on it, closed by its owner. The address is the sign-in service's,
-- which has verified it.
GRANT INSERT (id), DELETE ON public.users TO authenticated;
GRANT UPDATE (username, full_name, avatar_url) ON public.profiles TO authenticated;
GRANT INSERT (user_id, interaction_type, status, terms) ON public.user_consent TO authenticated;
GRANT EXECUTE ON FUNCTION public.get_custom_claims(uuid),
    public.phase_after(public.experience_phase),
    public.validate_phase_transition(uuid, text, public.experience_phase),
    public.transition_phase(uuid, text, public.experience_phase),
    public.record_consent(uuid, text, text[]),
    public.transfer_tokens(uuid, uuid, numeric, text),
    public.get_user_progress_stats(uuid), public.get_user_consent_stats(uuid) TO authenticated;

-- The backend, column by column: it must be able to run the application and unable to make a balance or a phase without
-- its record. Consent it only reads.
GRANT SELECT ON public.users, public.profiles, public.user_roles, public.role_permissions, public.user_progress,
    public.phase_transitions, public.user_consent, public.token_types, public.token_balances, public.token_transactions,
    public.activity_logs, public.user_progress_stats, public.user_consent_stats TO service_role;
GRANT INSERT (id, email), UPDATE (email) ON public.users TO service_role;
GRANT INSERT (id, username, full_name, avatar_url), UPDATE (username, full_name, avatar_url), DELETE
    ON public.profiles TO service_role;
GRANT INSERT (user_id, role), DELETE ON public.user_roles TO service_role;
GRANT INSERT (role, permission), DELETE ON public.role_permissions TO service_role;
GRANT INSERT (id, user_id, pillar, progress), UPDATE (progress) ON public.user_progress TO service_role;
GRANT INSERT (token_type, title, category), UPDATE (title, category) ON public.token_types TO service_role;
GRANT INSERT (id, user_id, action) ON public.activity_logs TO service_role;
GRANT EXECUTE ON FUNCTION public.get_custom_claims(uuid),
    public.phase_after(public.experience_phase),
    public.validate_phase_transition(uuid, text, public.experience_phase),
    public.transition_phase(uuid, text, public.experience_phase),
    public.mint_tokens(uuid, numeric, text), public.burn_tokens(uuid, numeric, text),
    public.create_activity_log_partition(date), public.ensure_activity_log_partitions(integer),
    public.refresh_user_stats(),
    public.get_user_progress_stats(uuid), public.get_user_consent_stats(uuid) TO service_role;

-- What people watch while it changes. Row security applies to what is sent to them.
DO $$
DECLARE
    v_table text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'supabase_realtime' AND NOT puballtables) THEN
        RETURN;
    END IF;
    FOREACH v_table IN ARRAY ARRAY['profiles', 'user_progress', 'token_balances'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_publication_tables
                        WHERE pubname = 'supabase_realtime' AND schemaname = 'public' AND tablename = v_table) THEN
            EXECUTE pg_catalog.format('ALTER PUBLICATION supabase_realtime ADD TABLE public.%I', v_table);
        END IF;
    END LOOP;
END
$$;

-- The auditor is a role of another set of migrations, which may not be installed here. The partitions that are made
-- later are granted where they are made.
DO $$
DECLARE
    v_partition regclass;
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        GRANT USAGE ON SCHEMA public TO bursar_auditor;
        GRANT SELECT ON public.users, public.profiles, public.user_roles, public.role_permissions, public.user_progress,
            public.phase_transitions, public.user_consent, public.token_types, public.token_balances,
            public.token_transactions, public.activity_logs, public.user_progress_stats, public.user_consent_stats
            TO bursar_auditor;
        FOR v_partition IN
            SELECT i.inhrelid::regclass FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'public.activity_logs'::regclass
        LOOP
            EXECUTE pg_catalog.format('GRANT SELECT ON %s TO bursar_auditor', v_partition);
        END LOOP;
    END IF;
END
$$;
