-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs, with its owner's rights.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. The version changes with
-- every change of the row.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT j.xmin::text, true INTO version, held FROM public.oban_jobs j WHERE j.id = p_job::bigint FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM public.oban_jobs j WHERE j.id = p_job::bigint;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Changes a job that is held, as Oban's basic engine does: retry_job, cancel_job, delete_job, and rescue_jobs for a
-- release, with an error where it gives the job up.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job     bigint := p_job::bigint;
    v_row     public.oban_jobs;
    v_status  text;
    v_now     timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_answer  jsonb;
    v_path    text;
    v_done    boolean;
BEGIN
    SELECT * INTO v_row FROM public.oban_jobs j WHERE j.id = v_job;
    v_status := v_row.state::text;
    IF (CASE p_action WHEN 'retry' THEN v_status IN ('retryable', 'discarded', 'cancelled')
                      WHEN 'cancel' THEN v_status IN ('available', 'scheduled', 'suspended', 'retryable')
                      WHEN 'release' THEN v_status = 'executing' AND v_row.attempted_at < v_now - interval '1 hour'
                      WHEN 'delete' THEN v_status <> 'executing' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('it is %s', v_status);
    END IF;
    IF p_action = 'retry' THEN
        v_row.state := 'available';
        v_row.max_attempts := GREATEST(v_row.max_attempts, v_row.attempt + 1);
        v_row.scheduled_at := v_now;
        v_row.completed_at := NULL;
        v_row.cancelled_at := NULL;
        v_row.discarded_at := NULL;
    ELSIF p_action = 'cancel' THEN
        v_row.state := 'cancelled';
        v_row.cancelled_at := v_now;
    ELSIF p_action = 'release' AND v_row.attempt < v_row.max_attempts THEN
        v_row.state := 'available';
    ELSIF p_action = 'release' THEN
        v_row.state := 'discarded';
        v_row.discarded_at := v_now;
        v_row.errors := array_append(v_row.errors, jsonb_build_object(
            'at', to_char(v_now, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'attempt', v_row.attempt,
            'error', 'released: out of attempts, and its worker did not end it within its lease'));
        v_answer := jsonb_build_object('note', 'it is out of attempts, and is dead now');
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_action = 'delete', VARIADIC ARRAY['public.oban_jobs'::regclass]) a;
        PERFORM set_config('bursar.job_path', v_path, true);
    END IF;
    IF p_action IN ('retry', 'cancel', 'release') THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.oban_jobs j
           SET state = v_row.state, max_attempts = v_row.max_attempts, scheduled_at = v_row.scheduled_at,
               completed_at = v_row.completed_at, cancelled_at = v_row.cancelled_at, discarded_at = v_row.discarded_at, errors = v_row.errors
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action = 'delete' THEN
        v_answer := to_jsonb(v_row);
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.oban_jobs j WHERE j.id OPERATOR(pg_catalog.=) v_job;
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

-- Sets the time from which a job that is held may be taken. Oban makes a scheduled job available at its time.
CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job   bigint := p_job::bigint;
    v_at    timestamp := p_at AT TIME ZONE 'UTC';
    v_state public.oban_job_state;
    v_path  text;
    v_done  boolean;
BEGIN
    SELECT j.state INTO v_state FROM public.oban_jobs j WHERE j.id = v_job;
    IF v_state NOT IN ('available', 'scheduled', 'retryable') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('it is %s', v_state);
    END IF;
    v_state := CASE v_state WHEN 'available' THEN 'scheduled' ELSE v_state END;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.oban_jobs'::regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.oban_jobs j SET state = v_state, scheduled_at = v_at WHERE j.id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;
