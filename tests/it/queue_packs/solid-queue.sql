-- The tables of Solid Queue 1, and jobs as it leaves them: each execution is in the table of how the job stands.
CREATE TABLE solid_queue_jobs (id bigserial PRIMARY KEY, queue_name varchar NOT NULL, class_name varchar NOT NULL, arguments text, priority integer NOT NULL DEFAULT 0,
    active_job_id varchar, scheduled_at timestamp(6), finished_at timestamp(6), concurrency_key varchar, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_ready_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL UNIQUE REFERENCES solid_queue_jobs ON DELETE CASCADE,
    queue_name varchar NOT NULL, priority integer NOT NULL DEFAULT 0, created_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_scheduled_executions (LIKE solid_queue_ready_executions INCLUDING ALL, scheduled_at timestamp(6) NOT NULL,
    FOREIGN KEY (job_id) REFERENCES solid_queue_jobs ON DELETE CASCADE);
CREATE TABLE solid_queue_blocked_executions (LIKE solid_queue_ready_executions INCLUDING ALL, concurrency_key varchar NOT NULL, expires_at timestamp(6) NOT NULL,
    FOREIGN KEY (job_id) REFERENCES solid_queue_jobs ON DELETE CASCADE);
CREATE TABLE solid_queue_claimed_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL UNIQUE REFERENCES solid_queue_jobs ON DELETE CASCADE,
    process_id bigint, created_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_failed_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL UNIQUE REFERENCES solid_queue_jobs ON DELETE CASCADE,
    error text, created_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_processes (id bigint PRIMARY KEY, kind varchar NOT NULL, last_heartbeat_at timestamp(6) NOT NULL, supervisor_id bigint, pid integer NOT NULL,
    hostname varchar, metadata text, created_at timestamp(6) NOT NULL, name varchar NOT NULL);
CREATE TABLE solid_queue_pauses (id bigserial PRIMARY KEY, queue_name varchar NOT NULL UNIQUE, created_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_semaphores (id bigserial PRIMARY KEY, key varchar NOT NULL UNIQUE, value integer NOT NULL DEFAULT 1, expires_at timestamp(6) NOT NULL,
    created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_recurring_tasks (id bigserial PRIMARY KEY, key varchar NOT NULL UNIQUE, schedule varchar NOT NULL, command varchar(2048), class_name varchar,
    arguments text, queue_name varchar, priority integer DEFAULT 0, static boolean NOT NULL DEFAULT true, description text,
    created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_recurring_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL UNIQUE REFERENCES solid_queue_jobs ON DELETE CASCADE,
    task_key varchar NOT NULL, run_at timestamp(6) NOT NULL, created_at timestamp(6) NOT NULL);
CREATE INDEX ON solid_queue_jobs (finished_at);
INSERT INTO solid_queue_recurring_tasks (key, schedule, class_name, created_at, updated_at) VALUES ('nightly', 'every day at 3am', 'NightlyJob', now(), now());

CREATE FUNCTION add(n integer, word text, kind text DEFAULT 'mail', ago interval DEFAULT '1 minute') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_now   timestamp := now() AT TIME ZONE 'UTC';
    v_limit text := CASE WHEN word IN ('limited', 'waiting') THEN 'Mail/account 7' END;
BEGIN
    IF word NOT IN ('queued', 'limited', 'scheduled', 'waiting') THEN
        INSERT INTO solid_queue_processes (id, kind, last_heartbeat_at, pid, metadata, created_at, name)
        VALUES (1, 'Worker', v_now - interval '10 s', 11, '{"polling_interval":0.1,"queues":"default,slow","thread_pool_size":3}', v_now - interval '1 d', 'worker-1'),
               (2, 'Worker', v_now - interval '1 h', 12, '{"polling_interval":0.1,"queues":"*","thread_pool_size":3}', v_now - interval '1 d', 'worker-2'),
               (3, 'Dispatcher', v_now, 13, '{"batch_size":500}', v_now, 'dispatcher-1')
        ON CONFLICT (id) DO NOTHING;
    END IF;
    INSERT INTO solid_queue_jobs (id, queue_name, class_name, arguments, active_job_id, scheduled_at, finished_at, concurrency_key, created_at, updated_at)
    VALUES (n, 'default', kind, '{"job_class":"Mail","arguments":[{"to":1}],"executions":3,"exception_executions":{"[E]":3}}', gen_random_uuid(),
            CASE word WHEN 'scheduled' THEN v_now + interval '1 h' ELSE v_now - ago END, CASE word WHEN 'done' THEN v_now - interval '20 s' END,
            v_limit, v_now - ago, v_now - ago);
    CASE word
        WHEN 'queued', 'limited' THEN INSERT INTO solid_queue_ready_executions (job_id, queue_name, created_at) VALUES (n, 'default', v_now - ago);
        WHEN 'scheduled' THEN INSERT INTO solid_queue_scheduled_executions (job_id, queue_name, created_at, scheduled_at) VALUES (n, 'default', v_now - ago, v_now + interval '1 h');
        WHEN 'waiting' THEN INSERT INTO solid_queue_blocked_executions (job_id, queue_name, created_at, concurrency_key, expires_at)
                            VALUES (n, 'default', v_now - ago, v_limit, v_now + interval '3 min');
        WHEN 'held' THEN INSERT INTO solid_queue_claimed_executions (job_id, process_id, created_at) VALUES (n, 1, v_now - interval '30 s');
        WHEN 'gone' THEN INSERT INTO solid_queue_claimed_executions (job_id, process_id, created_at) VALUES (n, 2, v_now - interval '2 h');
        WHEN 'dead' THEN INSERT INTO solid_queue_failed_executions (job_id, error, created_at)
                         VALUES (n, '{"exception_class":"RuntimeError","message":"no address ' || n || '","backtrace":["a.rb:1"]}', v_now - interval '20 s');
        ELSE NULL;
    END CASE;
    IF v_limit IS NOT NULL THEN
        INSERT INTO solid_queue_semaphores (key, value, expires_at, created_at, updated_at) VALUES (v_limit, 0, v_now + interval '3 min', v_now, v_now) ON CONFLICT DO NOTHING;
    END IF;
END $$;
CREATE FUNCTION job(n integer) RETURNS text LANGUAGE sql AS 'SELECT n::text';
CREATE FUNCTION clear() RETURNS void LANGUAGE sql AS 'TRUNCATE solid_queue_jobs, solid_queue_processes, solid_queue_semaphores CASCADE';
CREATE FUNCTION row_of(n integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT to_jsonb(j) || jsonb_build_object('executions', concat_ws(' ',
               (SELECT 'ready' FROM solid_queue_ready_executions e WHERE e.job_id = n), (SELECT 'scheduled' FROM solid_queue_scheduled_executions e WHERE e.job_id = n),
               (SELECT 'blocked ' || (e.expires_at <= now() AT TIME ZONE 'UTC') FROM solid_queue_blocked_executions e WHERE e.job_id = n),
               (SELECT 'claimed' FROM solid_queue_claimed_executions e WHERE e.job_id = n), (SELECT 'failed ' || e.error FROM solid_queue_failed_executions e WHERE e.job_id = n)),
           'semaphore', (SELECT s.value FROM solid_queue_semaphores s WHERE s.key = j.concurrency_key))
      FROM solid_queue_jobs j WHERE id = n $$;
