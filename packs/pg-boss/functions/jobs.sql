-- What `bursar jobs` writes with. pg-boss has no functions for it in the database: these do what its own methods do.
-- Nobody calls these but bursar.change_jobs and bursar.change_queue, with their owner's rights.
-- Statements that fire triggers run under bursar.application_path, with every name and operator qualified, and everything
-- else under the path of bursar's own functions.

-- The queue of a job: the primary key begins with it, so jobs of two queues may have one id. Nothing says which of them is
-- meant, so neither is changed.
CREATE OR REPLACE FUNCTION bursar.pgboss_queue_of(p_job text) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_names text[];
BEGIN
    SELECT array_agg(f.name ORDER BY f.name) INTO v_names
      FROM pgboss.queue q
     CROSS JOIN LATERAL (SELECT j.name FROM pgboss.job j WHERE j.name = q.name AND j.id = p_job::uuid LIMIT 1) f;
    IF cardinality(v_names) > 1 THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE =
            format('%s jobs have this id, in the queues %s', cardinality(v_names), array_to_string(v_names, ', '));
    END IF;
    RETURN v_names[1];
END
$$;

CREATE OR REPLACE FUNCTION bursar.hold_job(p_job text) RETURNS TABLE (version text, held boolean)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_name text := bursar.pgboss_queue_of(p_job);
BEGIN
    SELECT j.xmin::text, true INTO version, held FROM pgboss.job j WHERE j.name = v_name AND j.id = p_job::uuid FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT j.xmin::text, false INTO version, held FROM pgboss.job j WHERE j.name = v_name AND j.id = p_job::uuid;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    END IF;
END
$$;

-- The path for statements that fire triggers: one look for all jobs of a call.
CREATE OR REPLACE FUNCTION bursar.pgboss_path(p_deletes boolean) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_path text := pg_catalog.current_setting('bursar.job_path', true);
BEGIN
    IF COALESCE(v_path, '') = '' THEN
        SELECT a.path INTO v_path FROM bursar.application_path(p_deletes, VARIADIC ARRAY['pgboss.job'::pg_catalog.regclass]) a;
        PERFORM pg_catalog.set_config('bursar.job_path', v_path, true);
    END IF;
    RETURN v_path;
END
$$;

CREATE OR REPLACE FUNCTION bursar.change_job(p_job text, p_action text, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job    uuid := p_job::uuid;
    v_name   text := bursar.pgboss_queue_of(p_job);
    v_now    timestamptz := pg_catalog.clock_timestamp();
    v_row    jsonb;
    v_status text;
    v_to     text;
    v_output jsonb;
    v_limit  integer;
    v_keep   timestamptz;
    v_lease  timestamptz;
    v_out    boolean;
    v_done   boolean;
BEGIN
    SELECT to_jsonb(j), j.state::text, j.output, j.retry_limit, j.retry_count >= j.retry_limit,
           -- Versions differ in these columns.
           LEAST(j.started_on + COALESCE((to_jsonb(j) ->> 'expire_in')::interval,
                                         make_interval(secs => (to_jsonb(j) ->> 'expire_seconds')::integer)),
                 (to_jsonb(j) ->> 'heartbeat_on')::timestamptz + make_interval(secs => (to_jsonb(j) ->> 'heartbeat_seconds')::integer)),
           -- It is kept for as long from now as it was from its time.
           GREATEST(j.keep_until, v_now + (j.keep_until - j.start_after))
      INTO v_row, v_status, v_output, v_limit, v_out, v_lease, v_keep
      FROM pgboss.job j
     WHERE j.name = v_name AND j.id = v_job;
    IF (CASE p_action WHEN 'retry' THEN v_status IN ('retry', 'failed', 'cancelled')
                      WHEN 'cancel' THEN v_status IN ('created', 'retry')
                      WHEN 'release' THEN v_status = 'active' AND v_lease < v_now
                      WHEN 'delete' THEN v_status <> 'active' ELSE false END) IS NOT TRUE THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_status);
    END IF;
    IF p_action = 'release' AND v_out AND v_row ->> 'dead_letter' IS NOT NULL THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE =
            'it is out of attempts: pg-boss itself fails it while it runs, and sends it to its dead letter queue';
    END IF;
    IF p_action = 'delete' THEN
        PERFORM pg_catalog.set_config('search_path', bursar.pgboss_path(true), true);
        DELETE FROM pgboss.job j WHERE j.name OPERATOR(pg_catalog.=) v_name AND j.id OPERATOR(pg_catalog.=) v_job;
        v_done := FOUND;
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        IF NOT v_done THEN
            RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
        END IF;
        RETURN v_row;
    END IF;
    -- As retry(), resume(), cancel() and the timeout of an active job.
    v_to := CASE p_action WHEN 'cancel' THEN 'cancelled'
                          WHEN 'release' THEN CASE WHEN v_out THEN 'failed' ELSE 'retry' END
                          ELSE CASE v_status WHEN 'cancelled' THEN 'created' ELSE 'retry' END END;
    IF p_action = 'cancel' THEN
        v_output := jsonb_build_object('message', concat('cancelled: ', p_reason));
    ELSIF p_action = 'release' THEN
        v_output := jsonb_build_object('message', CASE WHEN v_out THEN 'released: out of attempts, and its worker did not end it within its lease'
                                                       ELSE 'released: its worker did not end it within its lease' END);
    ELSIF v_output ->> 'message' LIKE 'cancelled: %' THEN
        v_output := NULL;
    END IF;
    IF v_to = 'retry' AND v_out THEN
        v_limit := (v_row ->> 'retry_count')::integer + 1;
    END IF;
    PERFORM pg_catalog.set_config('search_path', bursar.pgboss_path(false), true);
    UPDATE pgboss.job j
       SET state = v_to::pgboss.job_state,
           output = v_output,
           retry_limit = v_limit,
           start_after = CASE WHEN v_to OPERATOR(pg_catalog.=) ANY ('{created,retry}'::pg_catalog.text[]) THEN v_now ELSE j.start_after END,
           keep_until = CASE WHEN v_to OPERATOR(pg_catalog.=) ANY ('{created,retry}'::pg_catalog.text[]) THEN v_keep ELSE j.keep_until END,
           completed_on = CASE WHEN v_to OPERATOR(pg_catalog.=) ANY ('{created,retry}'::pg_catalog.text[]) THEN NULL ELSE v_now END
     WHERE j.name OPERATOR(pg_catalog.=) v_name AND j.id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    IF p_action = 'release' AND v_out THEN
        RETURN jsonb_build_object('note', 'it is out of attempts, and is dead now');
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION bursar.reschedule_job(p_job text, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_job    uuid := p_job::uuid;
    v_name   text := bursar.pgboss_queue_of(p_job);
    v_status text;
    v_keep   timestamptz;
    v_done   boolean;
BEGIN
    SELECT j.state::text, GREATEST(j.keep_until, p_at + (j.keep_until - j.start_after)) INTO v_status, v_keep
      FROM pgboss.job j WHERE j.name = v_name AND j.id = v_job;
    IF v_status NOT IN ('created', 'retry') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('it is %s', v_status);
    END IF;
    PERFORM pg_catalog.set_config('search_path', bursar.pgboss_path(false), true);
    UPDATE pgboss.job j SET start_after = p_at, keep_until = v_keep
     WHERE j.name OPERATOR(pg_catalog.=) v_name AND j.id OPERATOR(pg_catalog.=) v_job;
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept it as it was';
    END IF;
    RETURN NULL;
END
$$;

-- pg-boss adds the job of a schedule by way of a queue of its own. A process that runs schedules does the rest.
CREATE OR REPLACE FUNCTION bursar.run_schedule(p_name text) RETURNS jsonb
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_data jsonb;
    v_path text;
    v_done boolean;
BEGIN
    SELECT COALESCE(s.options, '{}') || jsonb_build_object('name', s.name, 'data', s.data, 'options', s.options)
           || CASE WHEN to_jsonb(s) ? 'key' THEN jsonb_build_object('key', to_jsonb(s) ->> 'key') ELSE '{}' END
      INTO v_data
      FROM pgboss.schedule s
     WHERE concat(s.name, '/' || NULLIF(to_jsonb(s) ->> 'key', '')) = p_name;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'there is no such schedule';
    END IF;
    IF NOT EXISTS (SELECT FROM pgboss.queue q WHERE q.name = '__pgboss__send-it') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'no process has ever run schedules in this database';
    END IF;
    v_path := bursar.pgboss_path(false);
    PERFORM pg_catalog.set_config('search_path', v_path, true);
    INSERT INTO pgboss.job (name, data, policy)
    SELECT q.name, v_data, q.policy FROM pgboss.queue q WHERE q.name OPERATOR(pg_catalog.=) '__pgboss__send-it';
    v_done := FOUND;
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT v_done THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a trigger or a policy of the application kept its job out';
    END IF;
    RETURN jsonb_build_object('note', 'a process that runs schedules adds its job within seconds');
END
$$;
