-- Takes every grant and every policy away again: row security stays on without a policy and lets nobody read a row but
-- the owner. Revoking a table's privileges revokes those on its columns too. Usage of the schema public stays with the
-- roles of the API: on Supabase they had it before, and nothing else in that schema would work without it.

-- The auditor is a role of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        REVOKE ALL ON public.users, public.wellness_entries, public.wellness_entries_default, public.module_progress,
            public.conversations, public.messages FROM bursar_auditor;
        REVOKE USAGE ON SCHEMA public FROM bursar_auditor;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION public.make_wellness_partitions(integer, integer), public.has_wellness_partition(date),
    public.user_today(uuid, timestamptz), public.wellness_stats_on(uuid, integer, date),
    public.get_wellness_stats(uuid, integer), public.wellness_streak_on(uuid, date), public.get_wellness_streak(uuid)
    FROM authenticated, service_role;
REVOKE ALL ON public.users, public.wellness_entries, public.module_progress, public.conversations, public.messages
    FROM authenticated, service_role;

DROP POLICY messages_service_role ON public.messages;
DROP POLICY messages_insert_own ON public.messages;
DROP POLICY messages_read_own ON public.messages;
DROP POLICY conversations_service_role ON public.conversations;
DROP POLICY conversations_update_own ON public.conversations;
DROP POLICY conversations_insert_own ON public.conversations;
DROP POLICY conversations_read_own ON public.conversations;
DROP POLICY module_progress_service_role ON public.module_progress;
DROP POLICY module_progress_delete_own ON public.module_progress;
DROP POLICY module_progress_update_own ON public.module_progress;
DROP POLICY module_progress_insert_own ON public.module_progress;
DROP POLICY module_progress_read_own ON public.module_progress;
DROP POLICY wellness_entries_service_role ON public.wellness_entries;
DROP POLICY wellness_entries_delete_own ON public.wellness_entries;
DROP POLICY wellness_entries_update_own ON public.wellness_entries;
DROP POLICY wellness_entries_insert_own ON public.wellness_entries;
DROP POLICY wellness_entries_read_own ON public.wellness_entries;
DROP POLICY users_service_role ON public.users;
DROP POLICY users_update_own ON public.users;
DROP POLICY users_read_own ON public.users;
