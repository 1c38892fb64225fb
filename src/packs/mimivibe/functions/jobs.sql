-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs, with its owner's rights.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. The version changes with
-- every change of the row.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = '' AS $$
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
LANGUAGE plpgsql SECURITY INVOKER SET search_path = '' AS $$
DECLARE
    v_status text;
    v_over   boolean;
    v_was    jsonb;
BEGIN
    SELECT j.status::text,
           COALESCE(j.started_at, j.created_at) + pg_catalog.make_interval(secs => COALESCE(j.visibility_timeout_secs, 60))
               < pg_catalog.clock_timestamp()
      INTO v_status, v_over
      FROM public.jobs j
     WHERE j.id = p_job::uuid;
    IF (CASE p_action WHEN 'retry' THEN v_status IN ('failed', 'dlq')
                      WHEN 'cancel' THEN v_status IN ('queued', 'failed')
                      WHEN 'release' THEN v_status = 'processing' AND v_over
                      WHEN 'delete' THEN v_status <> 'processing' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_status);
    END IF;
    IF p_action IN ('retry', 'release') THEN
        -- Taking attempts back would contradict their rows, and one more than max_attempts is not allowed.
        UPDATE public.jobs j
           SET status = 'queued'::public.job_status, next_retry_at = NULL, completed_at = NULL, started_at = NULL,
               worker_id = NULL, max_attempts = GREATEST(j.max_attempts, j.attempts + 1)
         WHERE j.id = p_job::uuid;
    ELSIF p_action = 'cancel' THEN
        UPDATE public.jobs j
           SET status = 'dlq'::public.job_status, next_retry_at = NULL, worker_id = NULL,
               completed_at = pg_catalog.clock_timestamp(), last_error_at = pg_catalog.clock_timestamp(),
               last_error = pg_catalog.concat('cancelled: ', p_reason)
         WHERE j.id = p_job::uuid;
    ELSIF p_action = 'delete' THEN
        SELECT pg_catalog.to_jsonb(j) || pg_catalog.jsonb_build_object('job_attempts',
                   COALESCE((SELECT pg_catalog.jsonb_agg(a ORDER BY a.attempt_number)
                               FROM public.job_attempts a WHERE a.job_id = j.id), '[]'))
          INTO v_was
          FROM public.jobs j
         WHERE j.id = p_job::uuid;
        DELETE FROM public.jobs j WHERE j.id = p_job::uuid;
    ELSE
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('jobs are not changed by %s', p_action);
    END IF;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN v_was;
END
$$;
