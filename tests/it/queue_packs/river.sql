-- The tables of River, from its migration 6 on, and jobs as its client leaves them.
CREATE TYPE river_job_state AS ENUM ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled');
CREATE TABLE river_job (id bigserial PRIMARY KEY, state river_job_state NOT NULL DEFAULT 'available', attempt smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL, attempted_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(), finalized_at timestamptz,
    scheduled_at timestamptz NOT NULL DEFAULT now(), priority smallint NOT NULL DEFAULT 1, args jsonb NOT NULL, attempted_by text[], errors jsonb[],
    kind text NOT NULL, metadata jsonb NOT NULL DEFAULT '{}', queue text NOT NULL DEFAULT 'default', tags varchar(255)[] NOT NULL DEFAULT '{}',
    unique_key bytea, unique_states bit(8),
    CHECK ((finalized_at IS NOT NULL) = (state IN ('cancelled', 'completed', 'discarded'))));
CREATE TABLE river_queue (name text PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), metadata jsonb NOT NULL DEFAULT '{}',
    paused_at timestamptz, updated_at timestamptz NOT NULL);
CREATE INDEX ON river_job (state, queue, priority, scheduled_at, id);
CREATE INDEX ON river_job (state, finalized_at) WHERE finalized_at IS NOT NULL;
INSERT INTO river_queue (name, updated_at) VALUES ('default', now());

CREATE FUNCTION add(n integer, word text, kind text DEFAULT 'mail', ago interval DEFAULT '1 minute') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_state text := CASE word WHEN 'queued' THEN 'available' WHEN 'waiting' THEN 'pending' WHEN 'held' THEN 'running' WHEN 'gone' THEN 'running'
                              WHEN 'worn' THEN 'running' WHEN 'failed' THEN 'retryable' WHEN 'done' THEN 'completed' WHEN 'dead' THEN 'discarded' ELSE word END;
    v_begun timestamptz := now() - CASE WHEN word IN ('gone', 'worn') THEN interval '2 h' ELSE '30 s' END;
BEGIN
    INSERT INTO river_job (id, state, attempt, max_attempts, attempted_at, created_at, finalized_at, scheduled_at, args, attempted_by, errors, kind)
    VALUES (n, v_state::river_job_state,
            CASE WHEN word IN ('dead', 'worn') THEN 3 WHEN v_state IN ('available', 'scheduled', 'pending', 'cancelled') THEN 0 ELSE 1 END, 3,
            CASE WHEN v_state NOT IN ('available', 'scheduled', 'pending', 'cancelled') THEN v_begun END, now() - ago,
            CASE WHEN v_state IN ('completed', 'discarded', 'cancelled') THEN now() - interval '20 s' END,
            now() + CASE WHEN word IN ('scheduled', 'failed') THEN interval '1 h' ELSE -ago END, '{"to": 1}',
            CASE WHEN v_state NOT IN ('available', 'scheduled', 'pending', 'cancelled') THEN ARRAY['client-' || CASE word WHEN 'gone' THEN 2 WHEN 'worn' THEN 3 ELSE 1 END] END,
            CASE WHEN word IN ('failed', 'dead') THEN ARRAY[jsonb_build_object('at', now() - interval '20 s', 'attempt', CASE word WHEN 'dead' THEN 3 ELSE 1 END,
                                                                              'error', 'no address ' || n, 'trace', '')] END, kind);
END $$;
CREATE FUNCTION job(n integer) RETURNS text LANGUAGE sql AS 'SELECT n::text';
CREATE FUNCTION clear() RETURNS void LANGUAGE sql AS 'TRUNCATE river_job';
CREATE FUNCTION row_of(n integer) RETURNS jsonb LANGUAGE sql AS 'SELECT to_jsonb(j) FROM river_job j WHERE id = n';
