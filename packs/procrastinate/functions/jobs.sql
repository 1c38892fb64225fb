-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs and bursar.change_queue, with its owner's rights.
-- Statements that fire triggers of procrastinate run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. The version changes with
-- every change of the row.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT j.xmin::text, true INTO version, held FROM public.procrastinate_jobs j WHERE j.id = p_job::bigint FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM public.procrastinate_jobs j WHERE j.id = p_job::bigint;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Changes a job that is held, as procrastinate's own functions do: retry and release as procrastinate_retry_job_v2, cancel
-- as procrastinate_cancel_job_v1. These differ between versions, so the statements stand here. Its trigger writes the event.
-- A release leaves no attempt, because no worker ended one, and aborts a job whose abort was asked for.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job      bigint := p_job::bigint;
    v_status   text;
    v_attempts integer;
    v_abort    boolean;
    v_over     boolean;
    v_now      timestamptz := pg_catalog.clock_timestamp();
    v_answer   jsonb;
    v_path     text;
    v_done     boolean;
    v_other    bigint;
    v_lock     text;
BEGIN
    SELECT j.status::text, j.attempts, j.abort_requested,
           COALESCE((SELECT w.last_heartbeat < v_now - interval '30 seconds'
                       FROM public.procrastinate_workers w WHERE w.id = j.worker_id), true)
      INTO v_status, v_attempts, v_abort, v_over
      FROM public.procrastinate_jobs j
     WHERE j.id = v_job;
    IF (CASE p_action WHEN 'retry' THEN v_status IN ('failed', 'cancelled', 'aborted') OR v_status = 'todo' AND v_attempts > 0
                      WHEN 'cancel' THEN v_status = 'todo'
                      WHEN 'release' THEN v_status = 'doing' AND v_over
                      WHEN 'delete' THEN v_status <> 'doing' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_status);
    END IF;
    -- Of the jobs with one queueing lock, one may be todo.
    IF v_status <> 'todo' AND (p_action = 'retry' OR p_action = 'release' AND NOT v_abort) THEN
        SELECT o.id, o.queueing_lock INTO v_other, v_lock
          FROM public.procrastinate_jobs j
          JOIN public.procrastinate_jobs o ON o.queueing_lock = j.queueing_lock AND o.status = 'todo' AND o.id <> j.id
         WHERE j.id = v_job;
        IF FOUND THEN
            RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format(
                'job %s is todo and has its queueing lock %s, which one todo job may have: cancel that one first, or leave the work to it', v_other, v_lock);
        END IF;
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := pg_catalog.current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_action = 'delete',
                                                               VARIADIC ARRAY['public.procrastinate_jobs'::pg_catalog.regclass,
                                                                              'public.procrastinate_events'::pg_catalog.regclass]) a;
        PERFORM pg_catalog.set_config('bursar.job_path', v_path, true);
    END IF;
    IF p_action = 'release' AND v_abort THEN
        v_answer := pg_catalog.jsonb_build_object('note', 'its abort was asked for, so it is aborted now');
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.procrastinate_jobs j
           SET status = 'aborted'::public.procrastinate_job_status
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action IN ('retry', 'release') THEN
        -- procrastinate counts an attempt here; a job that was cancelled, or only waits for its next one, made none.
        v_attempts := v_attempts + CASE WHEN v_status IN ('failed', 'doing') THEN 1 ELSE 0 END;
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.procrastinate_jobs j
           SET status = 'todo'::public.procrastinate_job_status, attempts = v_attempts, scheduled_at = v_now,
               abort_requested = false
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
        IF p_action = 'release' THEN
            -- The trigger takes it for an attempt that a worker ended. It is what an operator did.
            UPDATE public.procrastinate_events e
               SET type = 'retried'::public.procrastinate_job_event_type
             WHERE e.job_id OPERATOR(pg_catalog.=) v_job AND e.at OPERATOR(pg_catalog.=) pg_catalog.now()
               AND e.type OPERATOR(pg_catalog.=) 'deferred_for_retry'::public.procrastinate_job_event_type;
        END IF;
    ELSIF p_action = 'cancel' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.procrastinate_jobs j
           SET status = 'cancelled'::public.procrastinate_job_status
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action = 'delete' THEN
        SELECT pg_catalog.to_jsonb(j) || pg_catalog.jsonb_build_object('procrastinate_events',
                   COALESCE((SELECT pg_catalog.jsonb_agg(e ORDER BY e.id)
                               FROM public.procrastinate_events e WHERE e.job_id = j.id), '[]'))
          INTO v_answer
          FROM public.procrastinate_jobs j
         WHERE j.id = v_job;
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.procrastinate_jobs j WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSE
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('jobs are not changed by %s', p_action);
    END IF;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN v_answer;
END
$$;

-- Sets the time from which a job that is held may be taken.
CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job    bigint := p_job::bigint;
    v_status text;
    v_path   text;
    v_done   boolean;
BEGIN
    SELECT j.status::text INTO v_status FROM public.procrastinate_jobs j WHERE j.id = v_job;
    IF v_status IS DISTINCT FROM 'todo' THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_status);
    END IF;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.procrastinate_jobs'::pg_catalog.regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.procrastinate_jobs j SET scheduled_at = p_at WHERE j.id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;
