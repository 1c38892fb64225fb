-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs and bursar.change_queue, with its owner's rights.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. The version changes with
-- every change of the row.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT j.xmin::text, true INTO version, held FROM public.good_jobs j WHERE j.id = p_job::uuid FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM public.good_jobs j WHERE j.id = p_job::uuid;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Changes a job that is held, as GoodJob does: retry as retry_job, cancel as discard_job, delete as destroy_job, and release
-- as the cleanup of a process that is gone.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job    uuid := p_job::uuid;
    v_row    public.good_jobs;
    v_word   text;
    v_over   boolean;
    v_now    timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_stamp  text := to_char(v_now, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    v_answer jsonb;
    v_path   text;
    v_done   boolean;
BEGIN
    SELECT * INTO v_row FROM public.good_jobs j WHERE j.id = v_job;
    v_over := COALESCE((SELECT p.updated_at < v_now - interval '5 minutes' FROM public.good_job_processes p WHERE p.id = v_row.locked_by_id), true);
    v_word := CASE WHEN v_row.finished_at IS NOT NULL AND v_row.error IS NULL THEN 'succeeded'
                   WHEN v_row.finished_at IS NOT NULL THEN 'discarded'
                   WHEN v_row.locked_by_id IS NOT NULL THEN 'running' ELSE 'queued' END;
    -- A worker that locks by advisory locks alone may be at it though its row does not say so.
    IF v_word = 'queued' AND NOT pg_try_advisory_xact_lock(('x' || substr(md5('good_jobs-' || v_job), 1, 16))::bit(64)::bigint) THEN
        RAISE SQLSTATE '55P03' USING MESSAGE = 'a worker has it';
    END IF;
    IF (CASE p_action WHEN 'retry' THEN v_word = 'discarded' OR v_word = 'queued' AND (v_row.error IS NOT NULL OR v_row.performed_at IS NOT NULL)
                      WHEN 'cancel' THEN v_word = 'queued'
                      WHEN 'release' THEN v_word = 'running' AND v_over
                      WHEN 'delete' THEN v_word <> 'running' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('it is %s', v_word);
    END IF;
    IF p_action = 'retry' THEN
        -- It keeps its place: GoodJob itself puts a job that is retried behind the others where it sorts by created_at.
        IF v_word = 'discarded' THEN
            v_row.serialized_params := v_row.serialized_params || jsonb_build_object(
                'executions', COALESCE((v_row.serialized_params ->> 'executions')::integer, 0) + 1, 'enqueued_at', v_stamp, 'scheduled_at', v_stamp);
            v_row.error_event := 3;
        END IF;
        -- A job that runs again says nothing of its cancelling any more.
        IF v_row.error LIKE 'GoodJob::Job::DiscardJobError: %' THEN
            v_row.error := NULL;
            v_row.error_event := NULL;
        END IF;
        v_row.scheduled_at := v_now;
        v_row.performed_at := NULL;
        v_row.finished_at := NULL;
    ELSIF p_action = 'cancel' THEN
        v_row.finished_at := v_now;
        v_row.error := concat('GoodJob::Job::DiscardJobError: ', p_reason);
        v_row.error_event := 5;
    ELSIF p_action = 'release' THEN
        v_row.locked_by_id := NULL;
        v_row.locked_at := NULL;
    END IF;
    IF p_action IN ('cancel', 'delete') AND v_row.batch_id IS NOT NULL THEN
        v_answer := jsonb_build_object('note', 'its batch goes on when another of its jobs ends');
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_action = 'delete',
                VARIADIC ARRAY['public.good_jobs'::regclass, 'public.good_job_executions'::regclass]) a;
        PERFORM set_config('bursar.job_path', v_path, true);
    END IF;
    IF p_action IN ('retry', 'cancel', 'release') THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.good_jobs j
           SET serialized_params = v_row.serialized_params, scheduled_at = v_row.scheduled_at, performed_at = v_row.performed_at,
               finished_at = v_row.finished_at, error = v_row.error, error_event = v_row.error_event,
               locked_by_id = v_row.locked_by_id, locked_at = v_row.locked_at, updated_at = v_now
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action = 'delete' THEN
        SELECT to_jsonb(v_row) || jsonb_build_object('good_job_executions',
                   COALESCE((SELECT jsonb_agg(e ORDER BY e.created_at) FROM public.good_job_executions e WHERE e.active_job_id = v_job), '[]'))
          INTO v_answer;
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.good_job_executions e WHERE e.active_job_id OPERATOR(pg_catalog.=) v_job;
        DELETE FROM public.good_jobs j WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSE
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('jobs are not changed by %s', p_action);
    END IF;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN v_answer;
END
$$;

-- Sets the time from which a job that is held may be taken, as reschedule_job does.
CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job  uuid := p_job::uuid;
    v_at   timestamp := p_at AT TIME ZONE 'UTC';
    v_now  timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_path text;
    v_done boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM public.good_jobs j WHERE j.id = v_job AND j.finished_at IS NULL AND j.locked_by_id IS NULL) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'it does not wait for its time';
    END IF;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.good_jobs'::regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.good_jobs j SET scheduled_at = v_at, updated_at = v_now WHERE j.id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;

-- Pauses a queue or resumes it, as GoodJob::Setting does.
CREATE OR REPLACE FUNCTION bursar.pause_queue(p_queue text, p_paused boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now    timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_pauses jsonb;
    v_queues jsonb;
    v_path   text;
    v_done   boolean;
BEGIN
    SELECT s.value INTO v_pauses FROM public.good_job_settings s WHERE s.key = 'pauses' FOR UPDATE;
    v_pauses := COALESCE(v_pauses, '{"queues": [], "job_classes": [], "labels": []}');
    v_queues := COALESCE(v_pauses -> 'queues', '[]');
    IF p_paused = (v_queues ? p_queue) THEN
        RETURN jsonb_build_object('note', CASE WHEN p_paused THEN 'it was paused already' ELSE 'it was not paused' END);
    END IF;
    v_pauses := v_pauses || jsonb_build_object('queues',
                                               CASE WHEN p_paused THEN v_queues || to_jsonb(p_queue) ELSE v_queues - p_queue END);
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.good_job_settings'::regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    INSERT INTO public.good_job_settings AS s (key, value, created_at, updated_at)
    VALUES ('pauses', v_pauses, v_now, v_now)
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = EXCLUDED.updated_at;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN CASE WHEN p_paused THEN jsonb_build_object('note', 'GoodJob looks at it where enable_pauses is on') END;
END
$$;
