-- Who may see and change what. Grants say which tables and columns a role reaches at all, policies say which rows of
-- them, and both are needed: without grants stock PostgreSQL refuses before it looks at a policy, and with too many a
-- policy is walked around, because TRUNCATE asks none. Users read what is theirs and change nothing: everything is done
-- by the backend. Payments and logs have no policy for users and stay closed to them.
--
-- auth.uid() is called in a sub-select, so that it runs once a statement and not once a row.

CREATE POLICY user_select_own ON public.users
    FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY users_service_role ON public.users
    TO service_role USING (true) WITH CHECK (true);

CREATE POLICY clone_select_own ON public.ai_clones
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY clones_service_role ON public.ai_clones
    TO service_role USING (true) WITH CHECK (true);

CREATE POLICY task_select_clone ON public.ai_tasks
    FOR SELECT TO authenticated
    USING (clone_id IN (SELECT c.id FROM public.ai_clones c WHERE c.user_id = (SELECT auth.uid())));
CREATE POLICY tasks_service_role ON public.ai_tasks
    TO service_role USING (true) WITH CHECK (true);

CREATE POLICY payments_service_role ON public.payments
    TO service_role USING (true) WITH CHECK (true);
CREATE POLICY logs_service_role ON public.activity_logs
    TO service_role USING (true) WITH CHECK (true);

GRANT USAGE ON SCHEMA public TO authenticated, service_role;

-- Every column but password_hash, so that no leak of any role can hand the hashes out.
GRANT SELECT (id, email, name, role, created_at, updated_at, last_login) ON public.users TO authenticated, service_role;
GRANT SELECT ON public.ai_clones, public.ai_tasks TO authenticated, service_role;
GRANT SELECT ON public.payments, public.activity_logs TO service_role;

-- The backend, column by column: what a payment is worth, whose it is and which order it belongs to stay as they were
-- written, and what was logged is neither changed nor dated by whoever logs it.
GRANT INSERT (id, email, name, role, last_login), UPDATE (email, name, role, last_login)
    ON public.users TO service_role;
GRANT INSERT, UPDATE, DELETE ON public.ai_clones TO service_role;
GRANT INSERT, UPDATE ON public.ai_tasks TO service_role;
GRANT INSERT (id, order_id, amount, currency, status, description, payment_method, metadata, completed_at, user_id),
      UPDATE (status, description, payment_method, metadata, completed_at)
    ON public.payments TO service_role;
GRANT INSERT (id, log_type, entity_id, action, details, level, user_id) ON public.activity_logs TO service_role;
GRANT EXECUTE ON FUNCTION public.maintain_activity_logs_partitions(integer) TO service_role;

-- The auditor is a role of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        GRANT USAGE ON SCHEMA public TO bursar_auditor;
        GRANT SELECT (id, email, name, role, created_at, updated_at, last_login) ON public.users TO bursar_auditor;
        GRANT SELECT ON public.ai_clones, public.ai_tasks, public.payments, public.activity_logs TO bursar_auditor;
    END IF;
END
$$;
