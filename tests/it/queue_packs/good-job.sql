-- The tables of GoodJob 4, and jobs as it leaves them.
CREATE TABLE good_jobs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), queue_name text, priority integer, serialized_params jsonb, scheduled_at timestamp(6),
    performed_at timestamp(6), finished_at timestamp(6), error text, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL, active_job_id uuid,
    concurrency_key text, cron_key text, cron_at timestamp(6), batch_id uuid, batch_callback_id uuid, executions_count integer, job_class text,
    error_event smallint, labels text[], locked_by_id uuid, locked_at timestamp(6), lock_type smallint);
CREATE TABLE good_job_executions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL,
    active_job_id uuid NOT NULL, job_class text, queue_name text, serialized_params jsonb, scheduled_at timestamp(6), finished_at timestamp(6), error text,
    error_event smallint, process_id uuid, duration interval);
CREATE TABLE good_job_processes (id uuid PRIMARY KEY, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL, state jsonb, lock_type smallint);
CREATE TABLE good_job_settings (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL,
    key text UNIQUE, value jsonb);
CREATE INDEX ON good_jobs (priority, created_at) WHERE finished_at IS NULL;
CREATE INDEX ON good_jobs (created_at);
CREATE INDEX ON good_jobs (scheduled_at) WHERE finished_at IS NULL;
CREATE INDEX ON good_jobs (queue_name, scheduled_at) WHERE finished_at IS NULL;
CREATE INDEX ON good_jobs (locked_by_id) WHERE locked_by_id IS NOT NULL;
CREATE INDEX ON good_jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX ON good_job_executions (active_job_id, created_at);
CREATE INDEX ON good_job_executions (process_id, created_at);

CREATE FUNCTION worker(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT format('%s-0000-4000-8000-000000000000', lpad(n::text, 8, 'a'))::uuid $$;
CREATE FUNCTION job(n integer) RETURNS text LANGUAGE sql AS $$ SELECT format('%s-0000-4000-8000-000000000000', lpad(n::text, 8, '0')) $$;
CREATE FUNCTION add(n integer, word text, kind text DEFAULT 'mail', ago interval DEFAULT '1 minute') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_now   timestamp := now() AT TIME ZONE 'UTC';
    v_begun timestamp := v_now - CASE word WHEN 'gone' THEN interval '2 h' ELSE '30 s' END;
    v_taken boolean := word NOT IN ('queued', 'scheduled', 'blocked', 'cancelled');
    v_ended timestamp := CASE WHEN v_taken AND word NOT IN ('held', 'gone', 'interrupted') OR word = 'cancelled' THEN v_now - interval '20 s' END;
    v_error text := CASE WHEN word IN ('failed', 'dead') THEN 'RuntimeError: no address ' || n WHEN word = 'cancelled' THEN 'GoodJob::Job::DiscardJobError: by hand' END;
BEGIN
    INSERT INTO good_job_processes (id, created_at, updated_at, state)
    SELECT p.* FROM (VALUES (worker(1), v_now - interval '1 d', v_now - interval '5 s', '{"schedulers": [{"queues": "default,mailers"}, {"queues": "+slow"}]}'::jsonb),
           (worker(2), v_now - interval '1 d', v_now - interval '1 h', '{"schedulers": [{"queues": "*"}]}')) p (id, created_at, updated_at, state)
     WHERE v_taken
    ON CONFLICT (id) DO NOTHING;
    INSERT INTO good_jobs (id, active_job_id, queue_name, priority, serialized_params, job_class, created_at, updated_at, scheduled_at, performed_at, finished_at,
                           error, error_event, executions_count, locked_by_id, locked_at, labels)
    VALUES (job(n)::uuid, job(n)::uuid, 'default', 0, jsonb_build_object('executions', CASE word WHEN 'failed' THEN 1 ELSE 0 END, 'arguments', '[{"to": 1}]'::jsonb), kind,
            v_now - ago, v_now - interval '20 s', CASE WHEN word IN ('scheduled', 'failed') THEN v_now + interval '1 h' ELSE v_now - ago END,
            CASE WHEN v_taken AND word <> 'failed' THEN v_begun END, CASE WHEN word <> 'failed' THEN v_ended END, v_error,
            CASE word WHEN 'failed' THEN 3 WHEN 'dead' THEN 1 WHEN 'cancelled' THEN 5 END, v_taken::integer,
            CASE word WHEN 'held' THEN worker(1) WHEN 'gone' THEN worker(2) END, CASE WHEN word IN ('held', 'gone') THEN v_begun END,
            CASE word WHEN 'blocked' THEN ARRAY['import'] END);
    IF v_taken THEN
        INSERT INTO good_job_executions (created_at, updated_at, active_job_id, job_class, finished_at, error, process_id)
        VALUES (v_begun, v_now, job(n)::uuid, kind, v_ended, v_error, worker(CASE word WHEN 'gone' THEN 2 ELSE 1 END));
    END IF;
    INSERT INTO good_job_settings (created_at, updated_at, key, value)
    VALUES (v_now, v_now, 'pauses', '{"queues": [], "job_classes": [], "labels": ["import"]}') ON CONFLICT (key) DO NOTHING;
END $$;
CREATE FUNCTION clear() RETURNS void LANGUAGE sql AS 'TRUNCATE good_jobs, good_job_executions, good_job_processes';
CREATE FUNCTION row_of(n integer) RETURNS jsonb LANGUAGE sql AS 'SELECT to_jsonb(j) FROM good_jobs j WHERE id = job(n)::uuid';
