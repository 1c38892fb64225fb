-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs, with its owner's rights.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. The version changes with
-- every change of the row.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT t.xmin::text, true INTO version, held FROM public.ai_tasks t WHERE t.id = p_job::uuid FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT t.xmin::text, false INTO version, held FROM public.ai_tasks t WHERE t.id = p_job::uuid;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Changes a task that is held, and logs it as every change of a task is. What it was is returned where it is deleted.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_task    public.ai_tasks;
    v_status  text := CASE p_action WHEN 'retry' THEN 'pending' WHEN 'cancel' THEN 'failed' END;
    v_details jsonb;
    v_error   text;
    v_log     text := CASE p_action WHEN 'retry' THEN 'task.retried' WHEN 'cancel' THEN 'task.cancelled' ELSE 'task.deleted' END;
    v_user    uuid;
    v_path    text;
    v_done    boolean;
BEGIN
    SELECT * INTO STRICT v_task FROM public.ai_tasks t WHERE t.id = p_job::uuid;
    -- Whoever asks, it has to stand so that this can be done.
    IF (CASE p_action WHEN 'retry' THEN v_task.status = 'failed'
                      WHEN 'cancel' THEN v_task.status = 'pending'
                      WHEN 'delete' THEN v_task.status <> 'in_progress' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_task.status);
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := pg_catalog.current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_action = 'delete',
                VARIADIC ARRAY['public.ai_tasks'::pg_catalog.regclass, 'public.activity_logs'::pg_catalog.regclass]) a;
        PERFORM pg_catalog.set_config('bursar.job_path', v_path, true);
    END IF;
    v_user := (SELECT c.user_id FROM public.ai_clones c WHERE c.id = v_task.clone_id);
    IF v_status IS NOT NULL THEN
        v_details := pg_catalog.jsonb_build_object('previous_state', v_task.status, 'new_state', v_status,
                                                   'changed_fields', pg_catalog.jsonb_build_array('status'));
        -- A task that runs again says nothing of its cancelling any more.
        v_error := CASE WHEN p_action = 'cancel' THEN pg_catalog.concat('cancelled: ', p_reason)
                        WHEN v_task.error_message LIKE 'cancelled: %' THEN NULL
                        ELSE v_task.error_message END;
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.ai_tasks t
           SET status = v_status, completed_at = NULL, error_message = v_error
         WHERE t.id OPERATOR(pg_catalog.=) v_task.id;
        v_done := FOUND;
    ELSIF p_action = 'delete' THEN
        v_details := '{}';
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.ai_tasks t WHERE t.id OPERATOR(pg_catalog.=) v_task.id;
        v_done := FOUND;
    ELSE
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('tasks are not changed by %s', p_action);
    END IF;
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    INSERT INTO public.activity_logs (log_type, entity_id, action, details, created_at, user_id)
    VALUES ('task', v_task.id, v_log, v_details, pg_catalog.clock_timestamp(), v_user);
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    RETURN CASE p_action WHEN 'delete' THEN pg_catalog.to_jsonb(v_task) END;
END
$$;
