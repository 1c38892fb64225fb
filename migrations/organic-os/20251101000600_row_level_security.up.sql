-- Who may see and change what. Grants say which tables and columns a role reaches at all, policies say which rows of
-- them, and both are needed: without grants stock PostgreSQL refuses before it looks at a policy, and with too many a
-- policy is walked around, because TRUNCATE asks none. auth.uid() is called in a sub-select, so that it runs once a
-- statement and not once a row. Partitions have no policies and no grants: the way to them is through their parent.

CREATE POLICY users_read_own ON public.users
    FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY users_update_own ON public.users
    FOR UPDATE TO authenticated USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()));
CREATE POLICY users_service_role ON public.users
    TO service_role USING (true) WITH CHECK (true);

CREATE POLICY wellness_entries_read_own ON public.wellness_entries
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY wellness_entries_insert_own ON public.wellness_entries
    FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY wellness_entries_update_own ON public.wellness_entries
    FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY wellness_entries_delete_own ON public.wellness_entries
    FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY wellness_entries_service_role ON public.wellness_entries
    TO service_role USING (true) WITH CHECK (true);

CREATE POLICY module_progress_read_own ON public.module_progress
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY module_progress_insert_own ON public.module_progress
    FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY module_progress_update_own ON public.module_progress
    FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY module_progress_delete_own ON public.module_progress
    FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY module_progress_service_role ON public.module_progress
    TO service_role USING (true) WITH CHECK (true);

CREATE POLICY conversations_read_own ON public.conversations
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY conversations_insert_own ON public.conversations
    FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY conversations_update_own ON public.conversations
    FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY conversations_service_role ON public.conversations
    TO service_role USING (true) WITH CHECK (true);

CREATE POLICY messages_read_own ON public.messages
    FOR SELECT TO authenticated
    USING (EXISTS (SELECT FROM public.conversations c
                    WHERE c.id = messages.conversation_id AND c.user_id = (SELECT auth.uid())));
CREATE POLICY messages_insert_own ON public.messages
    FOR INSERT TO authenticated
    WITH CHECK (EXISTS (SELECT FROM public.conversations c
                         WHERE c.id = messages.conversation_id AND c.user_id = (SELECT auth.uid())));
CREATE POLICY messages_service_role ON public.messages
    TO service_role USING (true) WITH CHECK (true);

GRANT USAGE ON SCHEMA public TO authenticated, service_role;

-- Users, column by column. Not in their lists: ids and times, which the database gives; the address, which the sign-in
-- confirms; message_count, which the triggers keep; tokens_used, which the coach's own account is settled by. The owner
-- of an entry or a module is in the lists for changes, because an insert that turns into an update names every column
-- again; the policies keep it from going to anybody else.
GRANT SELECT ON public.users, public.wellness_entries, public.module_progress, public.conversations, public.messages
    TO authenticated;
GRANT UPDATE (full_name, avatar_url, timezone) ON public.users TO authenticated;
GRANT INSERT (user_id, date, sleep_hours, water_intake_ml, exercise_minutes, meditation_minutes, mood_score,
              energy_level, nutrition_notes),
      UPDATE (user_id, date, sleep_hours, water_intake_ml, exercise_minutes, meditation_minutes, mood_score,
              energy_level, nutrition_notes),
      DELETE
    ON public.wellness_entries TO authenticated;
GRANT INSERT (user_id, module_name, progress_percentage, completed_topics, current_focus, notes, last_activity),
      UPDATE (user_id, module_name, progress_percentage, completed_topics, current_focus, notes, last_activity),
      DELETE
    ON public.module_progress TO authenticated;
GRANT INSERT (user_id, module_name, topic), UPDATE (module_name, topic) ON public.conversations TO authenticated;
GRANT INSERT (conversation_id, role, content) ON public.messages TO authenticated;

-- These answer only about the caller, because they see what the caller's policies show.
GRANT EXECUTE ON FUNCTION public.user_today(uuid, timestamptz), public.wellness_stats_on(uuid, integer, date),
    public.get_wellness_stats(uuid, integer), public.wellness_streak_on(uuid, date), public.get_wellness_streak(uuid)
    TO authenticated, service_role;

-- The backend. It gives ids, takes people in and lets them go, and makes the partitions; what triggers keep it can no
-- more write than anyone.
GRANT SELECT, DELETE ON public.users, public.wellness_entries, public.module_progress, public.conversations,
    public.messages TO service_role;
GRANT INSERT (id, email, full_name, avatar_url, timezone), UPDATE (email, full_name, avatar_url, timezone)
    ON public.users TO service_role;
GRANT INSERT (id, user_id, date, sleep_hours, water_intake_ml, exercise_minutes, meditation_minutes, mood_score,
              energy_level, nutrition_notes),
      UPDATE (user_id, date, sleep_hours, water_intake_ml, exercise_minutes, meditation_minutes, mood_score,
              energy_level, nutrition_notes)
    ON public.wellness_entries TO service_role;
GRANT INSERT (id, user_id, module_name, progress_percentage, completed_topics, current_focus, notes, last_activity),
      UPDATE (user_id, module_name, progress_percentage, completed_topics, current_focus, notes, last_activity)
    ON public.module_progress TO service_role;
GRANT INSERT (id, user_id, module_name, topic), UPDATE (module_name, topic) ON public.conversations TO service_role;
GRANT INSERT (id, conversation_id, role, content, tokens_used), UPDATE (content, tokens_used)
    ON public.messages TO service_role;
GRANT EXECUTE ON FUNCTION public.make_wellness_partitions(integer, integer), public.has_wellness_partition(date)
    TO service_role;

-- The auditor is a role of another set of migrations, which may not be installed here.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        GRANT USAGE ON SCHEMA public TO bursar_auditor;
        GRANT SELECT ON public.users, public.wellness_entries, public.wellness_entries_default, public.module_progress,
            public.conversations, public.messages TO bursar_auditor;
    END IF;
END
$$;
