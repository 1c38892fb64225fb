-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs and bursar.change_queue, with its owner's rights.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Holds a job and its execution until the end of the transaction, where nobody else does: no row is no such job. A worker
-- passes over an execution that is held. The version is as jobs.sql has it.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job      bigint := p_job::bigint;
    v_finished boolean;
    v_word     text;
    v_place    bigint;
BEGIN
    SELECT j.xmin::text, true, j.finished_at IS NOT NULL INTO version, held, v_finished
      FROM public.solid_queue_jobs j
     WHERE j.id = v_job
       FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM public.solid_queue_jobs j WHERE j.id = v_job;
        IF FOUND THEN
            RETURN NEXT;
        END IF;
        RETURN;
    END IF;
    FOREACH v_word IN ARRAY ARRAY['ready', 'scheduled', 'blocked', 'claimed', 'failed'] LOOP
        EXECUTE format('SELECT e.id FROM public.solid_queue_%s_executions e WHERE e.job_id = $1', v_word) INTO v_place USING v_job;
        IF v_place IS NOT NULL THEN
            EXECUTE format('SELECT e.id FROM public.solid_queue_%s_executions e WHERE e.job_id = $1 FOR UPDATE SKIP LOCKED', v_word)
               INTO v_place USING v_job;
            held := v_place IS NOT NULL;
            EXIT;
        END IF;
        v_word := NULL;
    END LOOP;
    version := concat(version, ' ', COALESCE(v_word, CASE WHEN v_finished THEN 'finished' ELSE 'lost' END), ' ', v_place);
    RETURN NEXT;
END
$$;

-- Changes a job that is held, as Solid Queue does: retry as that of a failed execution, release as that of a claimed one, and
-- delete as a discard. It keeps no cancelled jobs, so cancel makes it one that failed, with the reason. What a limit of
-- concurrency allows is known to the application only: such a job is put where the dispatcher looks at the limit.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job    bigint := p_job::bigint;
    v_row    public.solid_queue_jobs;
    v_word   text;
    v_over   boolean;
    v_next   bigint;
    v_now    timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_due    boolean;
    v_error  text := concat('{"exception_class":"Cancelled","message":', to_json(concat('cancelled: ', p_reason)), ',"backtrace":[]}');
    v_answer jsonb;
    v_path   text;
    v_done   boolean := true;
    v_left   boolean := false;
BEGIN
    SELECT * INTO v_row FROM public.solid_queue_jobs j WHERE j.id = v_job;
    v_word := CASE WHEN EXISTS (SELECT FROM public.solid_queue_ready_executions e WHERE e.job_id = v_job) THEN 'ready'
                   WHEN EXISTS (SELECT FROM public.solid_queue_scheduled_executions e WHERE e.job_id = v_job) THEN 'scheduled'
                   WHEN EXISTS (SELECT FROM public.solid_queue_blocked_executions e WHERE e.job_id = v_job) THEN 'blocked'
                   WHEN EXISTS (SELECT FROM public.solid_queue_claimed_executions e WHERE e.job_id = v_job) THEN 'claimed'
                   WHEN EXISTS (SELECT FROM public.solid_queue_failed_executions e WHERE e.job_id = v_job) THEN 'failed'
                   WHEN v_row.finished_at IS NOT NULL THEN 'finished' ELSE 'lost' END;
    SELECT COALESCE(p.last_heartbeat_at < v_now - interval '5 minutes', true) INTO v_over
      FROM public.solid_queue_claimed_executions e LEFT JOIN public.solid_queue_processes p ON p.id = e.process_id
     WHERE e.job_id = v_job;
    IF (CASE p_action WHEN 'retry' THEN v_word IN ('failed', 'lost')
                      WHEN 'cancel' THEN v_word IN ('ready', 'scheduled', 'blocked')
                      WHEN 'release' THEN v_word = 'claimed' AND v_over
                      WHEN 'delete' THEN v_word <> 'claimed' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('it is %s', v_word);
    END IF;
    v_due := COALESCE(v_row.scheduled_at <= v_now, true);
    IF p_action = 'retry' AND v_word = 'failed' THEN
        BEGIN
            v_row.arguments := v_row.arguments::jsonb || '{"executions": 0, "exception_executions": {}}';
        EXCEPTION WHEN untranslatable_character OR invalid_text_representation THEN
            -- jsonb cannot hold every text that JSON can, such as a NUL: the numbers are set where they stand last, behind the
            -- arguments.
            v_row.arguments := regexp_replace(regexp_replace(v_row.arguments, '^(.*"executions":) *\d+', '\10'),
                                              '^(.*"exception_executions":) *\{[^{}]*\}', '\1{}');
        END;
    END IF;
    IF p_action = 'retry' AND v_due AND v_row.concurrency_key IS NOT NULL THEN
        v_answer := jsonb_build_object('note', 'it has a limit, so the dispatcher begins it at its next look at those that are blocked');
    ELSIF p_action = 'delete' THEN
        v_answer := to_jsonb(v_row);
    END IF;
    -- A ready job has a place of its limit, which the next one gets.
    IF p_action IN ('cancel', 'delete') AND v_word = 'ready' AND v_row.concurrency_key IS NOT NULL THEN
        SELECT e.id INTO v_next
          FROM public.solid_queue_blocked_executions e
         WHERE e.concurrency_key = v_row.concurrency_key
         ORDER BY e.priority, e.job_id
         LIMIT 1
           FOR UPDATE SKIP LOCKED;
    ELSE
        v_row.concurrency_key := CASE WHEN p_action = 'retry' THEN v_row.concurrency_key END;
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(true, VARIADIC ARRAY[
            'public.solid_queue_jobs'::regclass, 'public.solid_queue_ready_executions'::regclass,
            'public.solid_queue_scheduled_executions'::regclass, 'public.solid_queue_blocked_executions'::regclass,
            'public.solid_queue_claimed_executions'::regclass, 'public.solid_queue_failed_executions'::regclass,
            'public.solid_queue_semaphores'::regclass]) a;
        PERFORM set_config('bursar.job_path', v_path, true);
    END IF;
    IF p_action = 'retry' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.solid_queue_jobs j
           SET arguments = v_row.arguments, updated_at = v_now
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
        IF NOT v_due THEN
            INSERT INTO public.solid_queue_scheduled_executions (job_id, queue_name, priority, scheduled_at, created_at)
            VALUES (v_job, v_row.queue_name, v_row.priority, v_row.scheduled_at, v_now);
        ELSIF v_row.concurrency_key IS NOT NULL THEN
            INSERT INTO public.solid_queue_blocked_executions (job_id, queue_name, priority, concurrency_key, expires_at, created_at)
            VALUES (v_job, v_row.queue_name, v_row.priority, v_row.concurrency_key, v_now, v_now);
        ELSE
            INSERT INTO public.solid_queue_ready_executions (job_id, queue_name, priority, created_at)
            VALUES (v_job, v_row.queue_name, v_row.priority, v_now);
        END IF;
        v_done := v_done AND FOUND;
        DELETE FROM public.solid_queue_failed_executions e WHERE e.job_id OPERATOR(pg_catalog.=) v_job;
    ELSIF p_action = 'release' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        INSERT INTO public.solid_queue_ready_executions (job_id, queue_name, priority, created_at)
        VALUES (v_job, v_row.queue_name, v_row.priority, v_now);
        v_done := FOUND;
        DELETE FROM public.solid_queue_claimed_executions e WHERE e.job_id OPERATOR(pg_catalog.=) v_job;
    ELSIF p_action = 'cancel' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        INSERT INTO public.solid_queue_failed_executions (job_id, error, created_at) VALUES (v_job, v_error, v_now);
        v_done := FOUND;
        DELETE FROM public.solid_queue_ready_executions e WHERE e.job_id OPERATOR(pg_catalog.=) v_job;
        DELETE FROM public.solid_queue_scheduled_executions e WHERE e.job_id OPERATOR(pg_catalog.=) v_job;
        DELETE FROM public.solid_queue_blocked_executions e WHERE e.job_id OPERATOR(pg_catalog.=) v_job;
    ELSIF p_action = 'delete' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.solid_queue_jobs j WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSE
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('jobs are not changed by %s', p_action);
    END IF;
    IF p_action IN ('cancel', 'delete') AND v_row.concurrency_key IS NOT NULL THEN
        UPDATE public.solid_queue_semaphores s
           SET value = s.value OPERATOR(pg_catalog.+) 1
         WHERE s.key OPERATOR(pg_catalog.=) v_row.concurrency_key;
        UPDATE public.solid_queue_blocked_executions e SET expires_at = v_now WHERE e.id OPERATOR(pg_catalog.=) v_next;
    END IF;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    -- The place that it leaves says how it stands as much as the one that it gets.
    IF p_action IN ('retry', 'release', 'cancel') AND v_word <> 'lost' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM public.solid_queue_%s_executions e WHERE e.job_id = $1)', v_word) INTO v_left USING v_job;
    END IF;
    IF v_left OR NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN v_answer;
END
$$;

-- Sets the time of a job that is held and waits for it. One that is ready has left the table that has times.
CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job  bigint := p_job::bigint;
    v_at   timestamp := p_at AT TIME ZONE 'UTC';
    v_now  timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_path text;
    v_done boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM public.solid_queue_scheduled_executions e WHERE e.job_id = v_job) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'it does not wait for its time';
    END IF;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY[
        'public.solid_queue_jobs'::regclass, 'public.solid_queue_scheduled_executions'::regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.solid_queue_jobs j SET scheduled_at = v_at, updated_at = v_now WHERE j.id OPERATOR(pg_catalog.=) v_job;
    UPDATE public.solid_queue_scheduled_executions e SET scheduled_at = v_at WHERE e.job_id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;

-- Pauses a queue or resumes it.
CREATE OR REPLACE FUNCTION bursar.pause_queue(p_queue text, p_paused boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now  timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_path text;
    v_done boolean;
BEGIN
    IF p_paused = EXISTS (SELECT FROM public.solid_queue_pauses p WHERE p.queue_name = p_queue) THEN
        RETURN jsonb_build_object('note', CASE WHEN p_paused THEN 'it was paused already' ELSE 'it was not paused' END);
    END IF;
    SELECT a.path INTO v_path FROM bursar.application_path(true, VARIADIC ARRAY['public.solid_queue_pauses'::regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    IF p_paused THEN
        INSERT INTO public.solid_queue_pauses (queue_name, created_at) VALUES (p_queue, v_now) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM public.solid_queue_pauses p WHERE p.queue_name OPERATOR(pg_catalog.=) p_queue;
    END IF;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;
