-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs and bursar.change_queue, with its owner's rights.
-- Statements that fire triggers of pgqueuer run under bursar.application_path, with every name and operator qualified, and
-- everything else under the path of bursar's own functions.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. One that has ended is a row
-- of the log. The version is as jobs.sql has it.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT concat('q ', p.xmin::text), true INTO version, held FROM public.pgqueuer p WHERE p.id = p_job::bigint FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT concat('q ', p.xmin::text), false INTO version, held FROM public.pgqueuer p WHERE p.id = p_job::bigint;
    END IF;
    IF NOT FOUND THEN
        SELECT concat('log ', l.id), true INTO version, held
          FROM public.pgqueuer_log l
         WHERE l.job_id = p_job::bigint AND l.status IN ('successful', 'exception', 'canceled')
         ORDER BY l.id DESC
         LIMIT 1
           FOR UPDATE SKIP LOCKED;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Changes a job that is held, as pgqueuer's own queries do: requeue_jobs, retry_job for a release, mark_job_as_cancelled,
-- and the deletion of an entrypoint for that of a job. Each writes the log too.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job      bigint := p_job::bigint;
    v_row      public.pgqueuer;
    v_word     text;
    v_attempts integer;
    v_now      timestamptz := pg_catalog.clock_timestamp();
    v_answer   jsonb;
    v_log      public.pgqueuer_status;
    v_path     text;
    v_done     boolean := false;
BEGIN
    SELECT * INTO v_row FROM public.pgqueuer p WHERE p.id = v_job;
    IF NOT FOUND THEN
        IF p_action <> 'delete' THEN
            RAISE SQLSTATE 'BR002' USING MESSAGE = 'pgqueuer has deleted it, and its log has no payload: the application has to add it again';
        END IF;
        SELECT pg_catalog.jsonb_build_object('pgqueuer_log', pg_catalog.jsonb_agg(l ORDER BY l.id)) INTO v_answer
          FROM public.pgqueuer_log l
         WHERE l.job_id = v_job;
        DELETE FROM public.pgqueuer_log l WHERE l.job_id = v_job;
        RETURN v_answer;
    END IF;
    v_word := CASE WHEN v_row.status = 'queued' AND v_row.attempts > 0 THEN 'retrying' ELSE v_row.status::text END;
    IF (CASE p_action WHEN 'retry' THEN v_word IN ('failed', 'retrying')
                      WHEN 'cancel' THEN v_word IN ('queued', 'retrying')
                      WHEN 'release' THEN v_word = 'picked' AND v_row.heartbeat < v_now - interval '30 seconds'
                      WHEN 'delete' THEN v_word <> 'picked' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_word);
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := pg_catalog.current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_action IN ('delete', 'cancel'),
                VARIADIC ARRAY['public.pgqueuer'::pg_catalog.regclass, 'public.pgqueuer_log'::pg_catalog.regclass]) a;
        PERFORM pg_catalog.set_config('bursar.job_path', v_path, true);
    END IF;
    IF p_action IN ('retry', 'release') THEN
        -- Whoever repairs what it fails by lets it begin anew; a worker that died made an attempt.
        v_attempts := CASE p_action WHEN 'retry' THEN 0 ELSE v_row.attempts + 1 END;
        v_log := 'queued';
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.pgqueuer p
           SET status = 'queued'::public.pgqueuer_status, execute_after = v_now, updated = v_now, attempts = v_attempts,
               queue_manager_id = NULL
         WHERE p.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action IN ('cancel', 'delete') THEN
        IF p_action = 'delete' THEN
            v_answer := pg_catalog.to_jsonb(v_row);
        END IF;
        v_log := CASE p_action WHEN 'cancel' THEN 'canceled' ELSE 'deleted' END;
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.pgqueuer p WHERE p.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSE
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('jobs are not changed by %s', p_action);
    END IF;
    IF v_done THEN
        INSERT INTO public.pgqueuer_log (job_id, status, entrypoint, priority)
        VALUES (v_job, v_log, v_row.entrypoint, v_row.priority);
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
    v_job  bigint := p_job::bigint;
    v_path text;
    v_done boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM public.pgqueuer p WHERE p.id = v_job AND p.status = 'queued') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'it is not queued';
    END IF;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.pgqueuer'::pg_catalog.regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.pgqueuer p SET execute_after = p_at WHERE p.id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;

-- Makes a schedule due. The worker that has it adds its job.
CREATE OR REPLACE FUNCTION bursar.run_schedule(p_name text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_schedule bigint;
    v_now      timestamptz := pg_catalog.now();
    v_path     text;
    v_done     boolean;
BEGIN
    SELECT s.id INTO v_schedule
      FROM public.pgqueuer_schedules s
     WHERE pg_catalog.concat(s.entrypoint, ' ', s.expression) = p_name AND s.status = 'queued';
    IF v_schedule IS NULL THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'there is no such schedule that waits for its time';
    END IF;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.pgqueuer_schedules'::pg_catalog.regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.pgqueuer_schedules s SET next_run = v_now WHERE s.id OPERATOR(pg_catalog.=) v_schedule;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN pg_catalog.jsonb_build_object('note', 'it is due now, and a worker that has it runs it');
END
$$;
