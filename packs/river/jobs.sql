-- reads: river_job
-- One row per job. A job has no heartbeat: River rescues one that has run for an hour, unless the client says otherwise, so
-- that is its lease. A pending job is held back by a workflow or by the application. What has come due is no worker's until
-- the leader of the clients has made it available. An available one is taken whatever its attempts, so it has no maximum where
-- it has made as many. Each word is a query of its own, so that an index finds its jobs.
SELECT j.id AS job_id,
       j.kind,
       j.word AS status,
       j.queue,
       j.priority,
       CASE WHEN j.overdue THEN 'the leader of River''s clients, which makes it available' END AS blocked_by,
       encode(j.unique_key, 'hex') AS unique_key,
       j.attempt AS attempts,
       CASE WHEN j.word NOT IN ('available', 'scheduled', 'pending', 'retryable') OR j.attempt < j.max_attempts THEN j.max_attempts END AS max_attempts,
       CASE WHEN j.word NOT IN ('available', 'scheduled') THEN
           j.attempted_by[array_upper(j.attempted_by, 1)] END AS worker,
       j.created_at,
       j.scheduled_at,
       CASE WHEN j.word = 'retryable' THEN j.scheduled_at END AS retry_at,
       j.attempted_at AS started_at,
       CASE WHEN j.word = 'running' THEN j.attempted_at + interval '1 hour' END AS lease_until,
       j.finalized_at AS finished_at,
       (j.errors[array_upper(j.errors, 1)] ->> 'at')::timestamptz AS failed_at,
       j.errors[array_upper(j.errors, 1)] ->> 'error' AS error,
       j.args AS payload,
       j.metadata -> 'output' AS result,
       j.version
FROM (SELECT q.*, q.xmin::text AS version, 'available' AS word, false AS overdue FROM river_job q WHERE q.state = 'available'
      UNION ALL
      SELECT q.*, q.xmin::text, 'scheduled', false FROM river_job q WHERE q.state = 'scheduled' AND q.scheduled_at > now()
      UNION ALL
      SELECT q.*, q.xmin::text, 'scheduled', true FROM river_job q WHERE q.state = 'scheduled' AND q.scheduled_at <= now()
      UNION ALL
      SELECT q.*, q.xmin::text, 'retryable', false FROM river_job q WHERE q.state = 'retryable' AND q.scheduled_at > now()
      UNION ALL
      SELECT q.*, q.xmin::text, 'retryable', true FROM river_job q WHERE q.state = 'retryable' AND q.scheduled_at <= now()
      UNION ALL
      SELECT q.*, q.xmin::text, 'pending', false FROM river_job q WHERE q.state = 'pending'
      UNION ALL
      SELECT q.*, q.xmin::text, 'running', false FROM river_job q WHERE q.state = 'running'
      UNION ALL
      SELECT q.*, q.xmin::text, 'completed', false FROM river_job q WHERE q.state = 'completed'
      UNION ALL
      SELECT q.*, q.xmin::text, 'discarded', false FROM river_job q WHERE q.state = 'discarded'
      UNION ALL
      SELECT q.*, q.xmin::text, 'cancelled', false FROM river_job q WHERE q.state = 'cancelled') j
