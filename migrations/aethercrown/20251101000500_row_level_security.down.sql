-- Takes every grant and every policy away again: row security stays on without a policy and lets nobody read a row but
-- the owner. Revoking a table's privileges revokes those on its columns too. Usage of the schema public stays with the
-- roles of the API: on Supabase they had it before, and nothing else in that schema would work without it.

-- The auditor is a role of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        REVOKE ALL ON public.users, public.ai_clones, public.ai_tasks, public.payments, public.activity_logs
            FROM bursar_auditor;
        REVOKE USAGE ON SCHEMA public FROM bursar_auditor;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION public.maintain_activity_logs_partitions(integer) FROM service_role;
REVOKE ALL ON public.users, public.ai_clones, public.ai_tasks, public.payments, public.activity_logs
    FROM authenticated, service_role;

DROP POLICY logs_service_role ON public.activity_logs;
DROP POLICY payments_service_role ON public.payments;
DROP POLICY tasks_service_role ON public.ai_tasks;
DROP POLICY task_select_clone ON public.ai_tasks;
DROP POLICY clones_service_role ON public.ai_clones;
DROP POLICY clone_select_own ON public.ai_clones;
DROP POLICY users_service_role ON public.users;
DROP POLICY user_select_own ON public.users;
