-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs, with its owner's rights.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. The version changes with
-- every change of the row.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT j.xmin::text, true INTO version, held FROM public.jobs j WHERE j.id = p_job::uuid FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM public.jobs j WHERE j.id = p_job::uuid;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Changes a job that is held, where it stands so that this can be done, whoever asks. What it was is returned where it is
-- deleted.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job    uuid := p_job::uuid;
    v_status text;
    v_over   boolean;
    v_max    integer;
    v_now    timestamptz := pg_catalog.clock_timestamp();
    v_error  text := pg_catalog.concat('cancelled: ', p_reason);
    v_was    jsonb;
    v_path   text;
    v_done   boolean;
    v_last   text;
    v_last_at timestamptz;
    v_out    boolean;
BEGIN
    -- Taking attempts back would contradict their rows, and one more than max_attempts is not allowed.
    -- A job that runs again says nothing of its cancelling any more.
    SELECT j.status::text, GREATEST(j.max_attempts, j.attempts + 1), j.attempts >= j.max_attempts,
           CASE WHEN j.last_error LIKE 'cancelled: %' THEN NULL ELSE j.last_error END,
           CASE WHEN j.last_error LIKE 'cancelled: %' THEN NULL ELSE j.last_error_at END,
           COALESCE(j.started_at, j.created_at) + pg_catalog.make_interval(secs => COALESCE(j.visibility_timeout_secs, 60))
               < pg_catalog.clock_timestamp()
      INTO v_status, v_max, v_out, v_last, v_last_at, v_over
      FROM public.jobs j
     WHERE j.id = v_job;
    IF (CASE p_action WHEN 'retry' THEN v_status IN ('failed', 'dlq')
                      WHEN 'cancel' THEN v_status IN ('queued', 'failed')
                      WHEN 'release' THEN v_status = 'processing' AND v_over
                      WHEN 'delete' THEN v_status <> 'processing' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_status);
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := pg_catalog.current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_action = 'delete',
                                                               VARIADIC ARRAY['public.jobs'::pg_catalog.regclass]) a;
        PERFORM pg_catalog.set_config('bursar.job_path', v_path, true);
    END IF;
    IF p_action = 'release' AND v_out THEN
        -- One more attempt each time would let a job that kills its worker do so for ever.
        v_error := 'released: out of attempts, and its worker did not end it within its lease';
        v_was := pg_catalog.jsonb_build_object('note', 'it is out of attempts, and is dead now');
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.jobs j
           SET status = 'dlq'::public.job_status, next_retry_at = NULL, worker_id = NULL, completed_at = v_now,
               last_error_at = v_now, last_error = v_error
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action IN ('retry', 'release') THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.jobs j
           SET status = 'queued'::public.job_status, next_retry_at = NULL, completed_at = NULL, started_at = NULL,
               worker_id = NULL, max_attempts = v_max, last_error = v_last, last_error_at = v_last_at
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action = 'cancel' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.jobs j
           SET status = 'dlq'::public.job_status, next_retry_at = NULL, worker_id = NULL, completed_at = v_now,
               last_error_at = v_now, last_error = v_error
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action = 'delete' THEN
        SELECT pg_catalog.to_jsonb(j) || pg_catalog.jsonb_build_object('job_attempts',
                   COALESCE((SELECT pg_catalog.jsonb_agg(a ORDER BY a.attempt_number)
                               FROM public.job_attempts a WHERE a.job_id = j.id), '[]'))
          INTO v_was
          FROM public.jobs j
         WHERE j.id = v_job;
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.jobs j WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSE
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('jobs are not changed by %s', p_action);
    END IF;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN v_was;
END
$$;
