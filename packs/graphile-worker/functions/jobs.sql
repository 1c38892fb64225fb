-- What `bursar jobs` writes with: Graphile Worker's own functions where it has them, each called with exactly its types.
-- Nobody calls these but bursar.change_jobs, with its owner's rights.
-- Statements that fire triggers run under bursar.application_path, with every name and operator qualified, and everything
-- else under the path of bursar's own functions.
CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT j.xmin::text, true INTO version, held FROM graphile_worker._private_jobs j WHERE j.id = p_job::bigint FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM graphile_worker._private_jobs j WHERE j.id = p_job::bigint;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- The path for statements that fire triggers: one look for all jobs of a call.
CREATE OR REPLACE FUNCTION bursar.graphile_path(p_deletes boolean) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_path text := pg_catalog.current_setting('bursar.job_path', true);
BEGIN
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path
          FROM bursar.application_path(p_deletes, VARIADIC ARRAY['graphile_worker._private_jobs', 'graphile_worker._private_job_queues']::pg_catalog.regclass[]) a;
        PERFORM pg_catalog.set_config('bursar.job_path', v_path, true);
    END IF;
    RETURN v_path;
END
$$;

CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job    bigint := p_job::bigint;
    v_now    timestamptz := pg_catalog.clock_timestamp();
    v_error  text := pg_catalog.concat('cancelled: ', p_reason);
    v_locked timestamptz;
    v_worker text;
    v_queue  integer;
    v_over   boolean;
    v_out    boolean;
    v_tried  boolean;
    v_most   integer;
    v_was    text;
    v_tries  integer;
    v_own    graphile_worker._private_jobs;
    v_row    jsonb;
    v_path   text;
    v_done   boolean;
BEGIN
    SELECT j.locked_at, j.locked_by, j.job_queue_id, j.locked_at < v_now - interval '4 hours', j.attempts >= j.max_attempts,
           j.attempts > 0, GREATEST(j.max_attempts, j.attempts + 1), j.last_error
      INTO v_locked, v_worker, v_queue, v_over, v_out, v_tried, v_most, v_was
      FROM graphile_worker._private_jobs j
     WHERE j.id = v_job;
    SELECT * INTO v_own FROM graphile_worker._private_jobs j WHERE j.id = v_job;
    BEGIN
        v_row := to_jsonb(v_own);
    EXCEPTION WHEN untranslatable_character OR invalid_text_representation THEN
        -- jsonb cannot hold every text that json can, such as a NUL: the payload is kept as the text that it is.
        v_own.payload := to_json(v_own.payload::text);
        v_row := to_jsonb(v_own);
    END;
    IF (CASE p_action WHEN 'retry' THEN v_locked IS NULL AND (v_tried OR v_out)
                      WHEN 'cancel' THEN v_locked IS NULL AND NOT v_out
                      WHEN 'release' THEN v_over
                      WHEN 'delete' THEN v_locked IS NULL ELSE false END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE =
            CASE WHEN v_locked IS NOT NULL THEN 'it is locked' WHEN v_out THEN 'it has failed for good' ELSE 'it is queued' END;
    END IF;
    -- To give a job up is to use up its attempts: those that it made stand at the end of the reason until it is tried again.
    IF p_action = 'cancel' THEN
        v_error := concat(v_error, ' (after ', v_row ->> 'attempts', ' of ', v_row ->> 'max_attempts', ' attempts)');
    ELSIF p_action = 'retry' AND v_was LIKE 'cancelled: %' THEN
        v_tries := substring(v_was FROM ' \(after (\d{1,4}) of \d+ attempts\)$')::integer;
        v_most := GREATEST(COALESCE(substring(v_was FROM ' of (\d{1,4}) attempts\)$')::integer, v_most), v_tries + 1);
    END IF;
    v_path := bursar.graphile_path(p_action = 'delete');
    IF p_action = 'retry' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        IF v_was OPERATOR(pg_catalog.~~) 'cancelled: %' THEN
            UPDATE graphile_worker._private_jobs j SET last_error = NULL WHERE j.id OPERATOR(pg_catalog.=) v_job;
        END IF;
        PERFORM graphile_worker.reschedule_jobs(ARRAY[v_job]::pg_catalog.int8[], v_now, NULL::pg_catalog.int4, v_tries, v_most);
        v_done := FOUND;
    ELSIF p_action = 'cancel' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        PERFORM graphile_worker.permanently_fail_jobs(ARRAY[v_job]::pg_catalog.int8[], v_error);
        v_done := FOUND;
    ELSIF p_action = 'delete' THEN
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        PERFORM graphile_worker.complete_jobs(ARRAY[v_job]::pg_catalog.int8[]);
        v_done := FOUND;
    ELSE
        -- Its function for this, force_unlock_workers, takes every job of a worker away, also one that it is still at.
        v_error := CASE WHEN v_out THEN 'released: out of attempts, and its worker did not end it within its lease' ELSE v_was END;
        PERFORM pg_catalog.set_config('search_path', v_path, true);
        UPDATE graphile_worker._private_jobs j
           SET locked_at = NULL, locked_by = NULL, last_error = v_error,
               run_at = CASE WHEN j.run_at OPERATOR(pg_catalog.<) v_now THEN v_now ELSE j.run_at END
         WHERE j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
        UPDATE graphile_worker._private_job_queues q SET locked_at = NULL, locked_by = NULL
         WHERE q.id OPERATOR(pg_catalog.=) v_queue AND q.locked_by OPERATOR(pg_catalog.=) v_worker;
    END IF;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN CASE WHEN p_action = 'delete' THEN v_row
                WHEN p_action = 'release' AND v_out THEN jsonb_build_object('note', 'it is out of attempts, and is dead now') END;
END
$$;

CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job  bigint := p_job::bigint;
    v_done boolean;
BEGIN
    IF EXISTS (SELECT FROM graphile_worker._private_jobs j WHERE j.id = v_job AND (j.locked_at IS NOT NULL OR j.attempts >= j.max_attempts)) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'it is locked, or has failed for good';
    END IF;
    PERFORM pg_catalog.set_config('search_path', bursar.graphile_path(false), true);
    PERFORM graphile_worker.reschedule_jobs(ARRAY[v_job]::pg_catalog.int8[], p_at, NULL::pg_catalog.int4, NULL::pg_catalog.int4, NULL::pg_catalog.int4);
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;
