-- reads: oban_jobs
-- One row per job. Times are UTC without a zone. A job has no heartbeat: Oban rescues one that has run for an hour, unless
-- it is told otherwise, so that is its lease. Queues are paused in the nodes, of which the database knows nothing, so nothing
-- says what holds a job back. What has come due is no worker's until the stager has made it available. What is available is
-- taken whatever its time, which only orders those, so one of the future is none. A worker that gives a job up writes an error
-- of the attempt; Lifeline, whose worker is gone, writes none.
SELECT j.id AS job_id,
       j.worker AS kind,
       j.word AS status,
       j.queue,
       j.priority,
       CASE WHEN j.overdue THEN 'the stager of Oban, which makes it available' END AS blocked_by,
       j.attempt AS attempts,
       j.max_attempts,
       CASE WHEN j.word NOT IN ('available', 'scheduled', 'suspended') THEN j.attempted_by[1] END AS worker,
       j.inserted_at AT TIME ZONE 'UTC' AS created_at,
       CASE WHEN j.word <> 'available' OR j.scheduled_at <= now() AT TIME ZONE 'UTC' THEN j.scheduled_at AT TIME ZONE 'UTC' END AS scheduled_at,
       CASE WHEN j.word = 'retryable' THEN j.scheduled_at AT TIME ZONE 'UTC' END AS retry_at,
       j.attempted_at AT TIME ZONE 'UTC' AS started_at,
       CASE WHEN j.word = 'executing' THEN j.attempted_at AT TIME ZONE 'UTC' + interval '1 hour' END AS lease_until,
       CASE j.word WHEN 'completed' THEN j.completed_at WHEN 'cancelled' THEN j.cancelled_at WHEN 'discarded' THEN j.discarded_at
           END AT TIME ZONE 'UTC' AS finished_at,
       CASE WHEN j.rescued THEN j.discarded_at AT TIME ZONE 'UTC'
            ELSE (j.errors[array_upper(j.errors, 1)] ->> 'at')::timestamptz END AS failed_at,
       CASE WHEN j.rescued THEN 'rescued: its worker did not end its last attempt'
            ELSE j.errors[array_upper(j.errors, 1)] ->> 'error' END AS error,
       j.args AS payload,
       NULL::jsonb AS result,
       j.version
FROM (SELECT q.*, q.xmin::text AS version, 'available' AS word, false AS overdue, false AS rescued FROM oban_jobs q WHERE q.state = 'available'
      UNION ALL
      SELECT q.*, q.xmin::text, 'scheduled', false, false FROM oban_jobs q WHERE q.state = 'scheduled' AND q.scheduled_at > now() AT TIME ZONE 'UTC'
      UNION ALL
      SELECT q.*, q.xmin::text, 'scheduled', true, false FROM oban_jobs q WHERE q.state = 'scheduled' AND q.scheduled_at <= now() AT TIME ZONE 'UTC'
      UNION ALL
      SELECT q.*, q.xmin::text, 'executing', false, false FROM oban_jobs q WHERE q.state = 'executing'
      UNION ALL
      SELECT q.*, q.xmin::text, 'retryable', false, false FROM oban_jobs q WHERE q.state = 'retryable' AND q.scheduled_at > now() AT TIME ZONE 'UTC'
      UNION ALL
      SELECT q.*, q.xmin::text, 'retryable', true, false FROM oban_jobs q WHERE q.state = 'retryable' AND q.scheduled_at <= now() AT TIME ZONE 'UTC'
      UNION ALL
      SELECT q.*, q.xmin::text, 'completed', false, false FROM oban_jobs q WHERE q.state = 'completed'
      UNION ALL
      SELECT q.*, q.xmin::text, 'discarded', false, q.attempt > 0 AND (q.errors[array_upper(q.errors, 1)] ->> 'attempt')::integer IS DISTINCT FROM q.attempt
        FROM oban_jobs q WHERE q.state = 'discarded'
      UNION ALL
      SELECT q.*, q.xmin::text, 'cancelled', false, false FROM oban_jobs q WHERE q.state = 'cancelled'
      UNION ALL
      -- A database before migration 14 has no such word. That puts it between these two, where the index finds it.
      SELECT q.*, q.xmin::text, 'suspended', false, false FROM oban_jobs q
       WHERE q.state > 'available' AND q.state < 'scheduled' AND q.state::text = 'suspended') j
