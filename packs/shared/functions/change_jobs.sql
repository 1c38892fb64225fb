-- What changes jobs, whatever the application: each is held without waiting for it, compared with how it stood when the
-- change was planned, and changed by the pack's own function. One that raises an error of whatever kind there is skipped
-- with the server's words, and the others are changed all the same. Only what concerns the whole run ends it: the server
-- has no room or goes down, the statement is cancelled, or a table, a column or a right is missing for every job. The
-- operator log has them in the same transaction. It runs with its owner's rights, so that a member of bursar_operator needs
-- none on the tables.
--
-- The action reschedule needs the pack's bursar.reschedule_job, and the time in the parameters, as "at".
--
-- A job that was cancelled is kept in bursar.cancelled_jobs. The action retry skips it, and retry_cancelled does not.
DROP FUNCTION IF EXISTS bursar.change_jobs(text, text[], text[], text);

CREATE OR REPLACE FUNCTION bursar.change_jobs(
    p_action     text,
    p_jobs       text[],
    p_versions   text[],
    p_reason     text,
    p_actor      jsonb,
    p_command    text,
    p_parameters jsonb,
    p_operation  uuid
) RETURNS TABLE (job text, outcome text, note text, deleted text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_version text;
    v_held    boolean;
    v_action  text := CASE p_action WHEN 'retry_cancelled' THEN 'retry' ELSE p_action END;
    v_done    text[] := '{}';
    -- How many failed by what is missing in the schema or in the rights, and the last such error.
    v_missing int := 0;
    v_state   text;
    v_message text;
BEGIN
    -- The pack's functions keep here what bursar.application_path says, for the jobs of this call. A caller's own value must
    -- not be there.
    PERFORM pg_catalog.set_config('bursar.job_path', '', true);
    FOR v_at IN 1 .. pg_catalog.cardinality(p_jobs) LOOP
        job := p_jobs[v_at];
        deleted := NULL;
        BEGIN
            SELECT h.version, h.held INTO v_version, v_held FROM bursar.hold_job(job) h;
            IF NOT FOUND THEN
                outcome := 'conflict';
                note := 'it is not there any more';
            ELSIF NOT v_held THEN
                outcome := 'conflict';
                note := 'another session holds it';
            ELSIF v_version IS DISTINCT FROM p_versions[v_at] THEN
                outcome := 'conflict';
                note := 'it has changed since it was looked at';
            ELSIF p_action = 'retry' AND EXISTS (SELECT FROM bursar.cancelled_jobs c WHERE c.job_key = bursar.id_key(p_jobs[v_at])) THEN
                outcome := 'skipped';
                note := 'an operator cancelled it';
            ELSE
                IF v_action = 'reschedule' THEN
                    deleted := bursar.reschedule_job(job, (p_parameters ->> 'at')::timestamptz)::text;
                ELSE
                    deleted := bursar.change_job(job, v_action, p_reason)::text;
                END IF;
                IF v_action = 'cancel' THEN
                    INSERT INTO bursar.cancelled_jobs AS c (job_key, job) VALUES (bursar.id_key(p_jobs[v_at]), p_jobs[v_at])
                    ON CONFLICT (job_key) DO UPDATE
                       SET job = EXCLUDED.job, cancelled_at = EXCLUDED.cancelled_at, cancelled_by = EXCLUDED.cancelled_by;
                ELSIF v_action IN ('retry', 'delete') THEN
                    DELETE FROM bursar.cancelled_jobs c WHERE c.job_key = bursar.id_key(p_jobs[v_at]);
                END IF;
                outcome := 'done';
                note := NULL;
                -- What else became of a job that is still there.
                IF v_action <> 'delete' AND deleted IS NOT NULL THEN
                    note := deleted::jsonb ->> 'note';
                    deleted := NULL;
                END IF;
                v_done := v_done || job;
            END IF;
        EXCEPTION WHEN OTHERS OR ASSERT_FAILURE THEN
            -- No resources, the server going down, its own disk, and triggers of somebody who is not trusted are nothing
            -- that one row does.
            IF pg_catalog.left(SQLSTATE, 2) IN ('53', '57', '58') OR SQLSTATE = 'BR004' THEN
                RAISE;
            END IF;
            -- Somebody else was faster.
            outcome := CASE WHEN SQLSTATE IN ('40001', '40P01', '55P03') THEN 'conflict' ELSE 'skipped' END;
            note := SQLERRM;
            deleted := NULL;
            IF pg_catalog.left(SQLSTATE, 2) = '42' THEN
                v_missing := v_missing + 1;
                v_state := SQLSTATE;
                v_message := SQLERRM;
            END IF;
        END;
        RETURN NEXT;
    END LOOP;
    IF v_missing > 0 AND v_missing = pg_catalog.cardinality(p_jobs) THEN
        RAISE EXCEPTION USING ERRCODE = v_state, MESSAGE = v_message;
    END IF;
    PERFORM pg_catalog.set_config('bursar.job_path', '', true);
    IF pg_catalog.cardinality(v_done) > 0 THEN
        PERFORM bursar.log_operation(
            p_actor, p_command, p_parameters || pg_catalog.jsonb_build_object('jobs', pg_catalog.to_jsonb(v_done)), p_reason,
            pg_catalog.format('%s of %s done', pg_catalog.cardinality(v_done), pg_catalog.cardinality(p_jobs)), p_operation);
    END IF;
END
$$;

GRANT EXECUTE ON FUNCTION bursar.change_jobs(text, text[], text[], text, jsonb, text, jsonb, uuid) TO bursar_operator;

-- What pauses and resumes a queue and runs a schedule, whatever the application: by the pack's own function, and with a row
-- in the operator log in the same transaction. It runs with its owner's rights, so that a member of bursar_operator needs
-- none on the tables. What the pack refuses with BR002 is skipped, with its words, and is not in the log.
CREATE OR REPLACE FUNCTION bursar.change_queue(
    p_action     text,
    p_name       text,
    p_reason     text,
    p_actor      jsonb,
    p_command    text,
    p_parameters jsonb,
    p_operation  uuid
) RETURNS TABLE (outcome text, note text, job text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_answer jsonb;
BEGIN
    PERFORM pg_catalog.set_config('bursar.job_path', '', true);
    BEGIN
        -- Statements of their own, because a pack may have one function and not the other.
        IF p_action = 'pause' THEN
            v_answer := bursar.pause_queue(p_name, true);
        ELSIF p_action = 'resume' THEN
            v_answer := bursar.pause_queue(p_name, false);
        ELSIF p_action = 'run_schedule' THEN
            v_answer := bursar.run_schedule(p_name);
        ELSE
            RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('queues are not changed by %s', p_action);
        END IF;
        outcome := 'done';
        note := v_answer ->> 'note';
        job := v_answer ->> 'job';
    EXCEPTION WHEN SQLSTATE 'BR002' THEN
        outcome := 'skipped';
        note := SQLERRM;
    END;
    PERFORM pg_catalog.set_config('bursar.job_path', '', true);
    IF outcome = 'done' THEN
        PERFORM bursar.log_operation(p_actor, p_command, p_parameters, p_reason, 'done', p_operation);
    END IF;
    RETURN NEXT;
END
$$;

GRANT EXECUTE ON FUNCTION bursar.change_queue(text, text, text, jsonb, text, jsonb, uuid) TO bursar_operator;
