-- What `bursar jobs` writes with. Nobody calls these but bursar.change_jobs and bursar.change_queue, with its owner's rights.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Holds a job until the end of the transaction, where nobody else does: no row is no such job. The version changes with
-- every change of the row.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT j.xmin::text, true INTO version, held FROM public.river_job j WHERE j.id = p_job::bigint FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM public.river_job j WHERE j.id = p_job::bigint;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Changes a job that is held, as River's client does: retry as JobRetry, cancel as JobCancel, delete as JobDelete, and
-- release as its rescuer, but to be taken at once.
CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job     bigint := p_job::bigint;
    v_row     public.river_job;
    v_status  text;
    v_now     timestamptz := clock_timestamp();
    v_stamp   text := to_char(v_now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    v_state   public.river_job_state;
    v_ended   timestamptz;
    v_due     timestamptz;
    v_most    smallint;
    v_errors  jsonb[];
    v_meta    jsonb;
    v_answer  jsonb;
    v_path    text;
    v_done    boolean;
BEGIN
    SELECT * INTO v_row FROM public.river_job j WHERE j.id = v_job;
    v_status := v_row.state::text;
    IF (CASE p_action WHEN 'retry' THEN v_status IN ('retryable', 'discarded', 'cancelled')
                      WHEN 'cancel' THEN v_status IN ('available', 'scheduled', 'pending', 'retryable')
                      WHEN 'release' THEN v_status = 'running' AND v_row.attempted_at < v_now - interval '1 hour'
                      WHEN 'delete' THEN v_status <> 'running' ELSE true END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('it is %s', v_status);
    END IF;
    v_state := 'available';
    v_due := v_now;
    v_most := v_row.max_attempts;
    v_errors := v_row.errors;
    v_meta := v_row.metadata;
    IF p_action = 'retry' THEN
        v_most := CASE WHEN v_row.attempt = v_most THEN v_most + 1 ELSE v_most END;
        -- It would be cancelled when its worker dies.
        v_meta := v_meta - 'cancel_attempted_at';
    ELSIF p_action = 'cancel' THEN
        v_state := 'cancelled';
        v_ended := v_now;
        v_due := v_row.scheduled_at;
        v_meta := jsonb_set(v_meta, '{cancel_attempted_at}', to_jsonb(v_stamp), true);
    ELSIF p_action = 'release' THEN
        v_errors := array_append(v_errors, jsonb_build_object('at', v_stamp, 'attempt', v_row.attempt, 'trace', '',
            'error', 'released: its worker did not end it within its lease'));
        v_meta := v_meta || jsonb_build_object('river:rescue_count',
            CASE jsonb_typeof(v_meta -> 'river:rescue_count') WHEN 'number' THEN (v_meta ->> 'river:rescue_count')::integer ELSE 0 END + 1);
        IF v_meta ? 'cancel_attempted_at' THEN
            v_state := 'cancelled';
            v_answer := jsonb_build_object('note', 'it was to be cancelled, and is now');
        ELSIF v_row.attempt >= v_most THEN
            v_state := 'discarded';
            v_answer := jsonb_build_object('note', 'it is out of attempts, and is dead now');
        END IF;
        IF v_state <> 'available' THEN
            v_ended := v_now;
            v_due := v_row.scheduled_at;
        END IF;
    END IF;
    -- One look for all jobs of a call: bursar.change_jobs has emptied this setting, whatever its caller had put there.
    v_path := current_setting('bursar.job_path', true);
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_action = 'delete', VARIADIC ARRAY['public.river_job'::regclass]) a;
        PERFORM set_config('bursar.job_path', v_path, true);
    END IF;
    IF p_action IN ('retry', 'cancel', 'release') THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE public.river_job j
           SET state = v_state, finalized_at = v_ended, scheduled_at = v_due, max_attempts = v_most, errors = v_errors, metadata = v_meta
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
    ELSIF p_action = 'delete' THEN
        v_answer := to_jsonb(v_row);
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        DELETE FROM public.river_job j WHERE j.id OPERATOR(pg_catalog.=) v_job;
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

-- Sets the time from which a job that is held may be taken. Its leader makes a scheduled job available at its time.
CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job   bigint := p_job::bigint;
    v_state public.river_job_state;
    v_path  text;
    v_done  boolean;
BEGIN
    SELECT j.state INTO v_state FROM public.river_job j WHERE j.id = v_job;
    IF v_state NOT IN ('available', 'scheduled', 'retryable') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = format('it is %s', v_state);
    END IF;
    v_state := CASE v_state WHEN 'available' THEN 'scheduled' ELSE v_state END;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.river_job'::regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.river_job j SET state = v_state, scheduled_at = p_at WHERE j.id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;

-- Pauses a queue or resumes it, and tells the clients, which would learn of it at their next look otherwise.
CREATE OR REPLACE FUNCTION bursar.pause_queue(p_queue text, p_paused boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now   timestamptz := now();
    v_since timestamptz;
    v_path  text;
    v_done  boolean;
BEGIN
    SELECT q.paused_at INTO v_since FROM public.river_queue q WHERE q.name = p_queue;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'River knows no such queue: no client has worked on it lately';
    ELSIF p_paused = (v_since IS NOT NULL) THEN
        RETURN jsonb_build_object('note', CASE WHEN p_paused THEN 'it was paused already' ELSE 'it was not paused' END);
    END IF;
    v_since := CASE WHEN p_paused THEN v_now END;
    SELECT a.path INTO v_path FROM bursar.application_path(false, VARIADIC ARRAY['public.river_queue'::regclass]) a;
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    UPDATE public.river_queue q SET paused_at = v_since, updated_at = v_now WHERE q.name OPERATOR(pg_catalog.=) p_queue;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    PERFORM pg_notify('public.river_control',
                      json_build_object('action', CASE WHEN p_paused THEN 'pause' ELSE 'resume' END, 'queue', p_queue)::text);
    RETURN NULL;
END
$$;
