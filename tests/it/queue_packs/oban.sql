-- The table of Oban, from its migration 11 on, and jobs as its basic engine leaves them.
CREATE TYPE oban_job_state AS ENUM ('available', 'suspended', 'scheduled', 'executing', 'retryable', 'completed', 'discarded', 'cancelled');
CREATE TABLE oban_jobs (id bigserial PRIMARY KEY, state oban_job_state NOT NULL DEFAULT 'available', queue text NOT NULL DEFAULT 'default',
    worker text NOT NULL, args jsonb NOT NULL DEFAULT '{}', errors jsonb[] NOT NULL DEFAULT '{}', attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL DEFAULT 20, inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
    scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()), attempted_at timestamp, completed_at timestamp, attempted_by text[],
    discarded_at timestamp, priority integer NOT NULL DEFAULT 0, tags text[] DEFAULT '{}', meta jsonb DEFAULT '{}', cancelled_at timestamp,
    CHECK (attempt BETWEEN 0 AND max_attempts));
CREATE INDEX ON oban_jobs (state, queue, priority, scheduled_at, id);

CREATE FUNCTION add(n integer, word text, kind text DEFAULT 'mail', ago interval DEFAULT '1 minute') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_state text := CASE word WHEN 'queued' THEN 'available' WHEN 'waiting' THEN 'suspended' WHEN 'held' THEN 'executing' WHEN 'gone' THEN 'executing'
                              WHEN 'worn' THEN 'executing' WHEN 'failed' THEN 'retryable' WHEN 'done' THEN 'completed' WHEN 'dead' THEN 'discarded' ELSE word END;
    v_now   timestamp := now() AT TIME ZONE 'UTC';
    v_begun timestamp := v_now - CASE WHEN word IN ('gone', 'worn') THEN interval '2 h' ELSE '30 s' END;
BEGIN
    INSERT INTO oban_jobs (id, state, worker, args, attempt, max_attempts, attempted_at, attempted_by, inserted_at, scheduled_at, completed_at, discarded_at,
                           cancelled_at, errors)
    VALUES (n, v_state::oban_job_state, kind, '{"to": 1}',
            CASE WHEN word IN ('dead', 'worn') THEN 3 WHEN v_state IN ('available', 'scheduled', 'suspended', 'cancelled') THEN 0 ELSE 1 END, 3,
            CASE WHEN v_state NOT IN ('available', 'scheduled', 'suspended', 'cancelled') THEN v_begun END,
            CASE WHEN v_state NOT IN ('available', 'scheduled', 'suspended', 'cancelled') THEN ARRAY['node-' || CASE word WHEN 'gone' THEN 2 WHEN 'worn' THEN 3 ELSE 1 END, 'uuid'] END,
            v_now - ago, v_now + CASE WHEN word IN ('scheduled', 'failed') THEN interval '1 h' ELSE -ago END,
            CASE word WHEN 'done' THEN v_now - interval '20 s' END, CASE word WHEN 'dead' THEN v_now - interval '20 s' END,
            CASE word WHEN 'cancelled' THEN v_now - interval '20 s' END,
            CASE WHEN word IN ('failed', 'dead') THEN ARRAY[jsonb_build_object('at', to_char(v_now - interval '20 s', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'attempt', CASE word WHEN 'dead' THEN 3 ELSE 1 END, 'error', '** (RuntimeError) no address ' || n)] ELSE '{}' END);
END $$;
CREATE FUNCTION job(n integer) RETURNS text LANGUAGE sql AS 'SELECT n::text';
CREATE FUNCTION clear() RETURNS void LANGUAGE sql AS 'TRUNCATE oban_jobs';
CREATE FUNCTION row_of(n integer) RETURNS jsonb LANGUAGE sql AS 'SELECT to_jsonb(j) FROM oban_jobs j WHERE id = n';
