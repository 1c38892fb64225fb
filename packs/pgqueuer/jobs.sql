-- reads: pgqueuer, pgqueuer_log
-- One row per job. pgqueuer deletes a job that has ended, whatever its end, and keeps a row of its log: such a job is read
-- from there, without its payload. One that is held after it failed keeps its row. A job that failed and is tried again is
-- queued; it is told by its attempts, as retrying. Limits are kept by the workers only, so nothing says what holds a job back.
SELECT p.id AS job_id,
       p.entrypoint AS kind,
       p.word AS status,
       -p.priority AS priority,
       p.dedupe_key AS unique_key,
       p.attempts + CASE WHEN p.word IN ('picked', 'failed') THEN 1 ELSE 0 END AS attempts,
       NULL::integer AS max_attempts,
       CASE WHEN p.word = 'picked' THEN p.queue_manager_id::text END AS worker,
       p.created AS created_at,
       CASE WHEN p.word = 'queued' THEN p.execute_after END AS scheduled_at,
       CASE WHEN p.word = 'retrying' THEN p.execute_after END AS retry_at,
       CASE WHEN p.word = 'picked' THEN p.updated END AS started_at,
       -- As long as a worker that is run without --heartbeat-timeout waits before it takes the job of another.
       CASE WHEN p.word = 'picked' THEN p.heartbeat + interval '30 seconds' END AS lease_until,
       CASE WHEN p.word = 'picked' THEN p.heartbeat END AS progress_at,
       CASE WHEN p.word = 'failed' THEN p.updated END AS finished_at,
       CASE WHEN p.word IN ('failed', 'retrying') THEN p.updated END AS failed_at,
       (SELECT nullif(concat_ws(': ', t.traceback ->> 'exception_type', t.traceback ->> 'exception_message'), '')
          FROM pgqueuer_log t
         WHERE t.job_id = p.id AND t.traceback IS NOT NULL
         ORDER BY t.created DESC, t.id DESC
         LIMIT 1) AS error,
       -- Bytes of whatever kind: text shows as it is, and everything else as escapes.
       encode(p.payload, 'escape') AS payload,
       NULL::jsonb AS result,
       concat('q ', p.version) AS version
FROM (SELECT q.*, q.xmin::text AS version, 'queued' AS word FROM pgqueuer q WHERE q.status = 'queued' AND q.attempts = 0
      UNION ALL
      SELECT q.*, q.xmin::text, 'retrying' FROM pgqueuer q WHERE q.status = 'queued' AND q.attempts > 0
      UNION ALL
      SELECT q.*, q.xmin::text, 'picked' FROM pgqueuer q WHERE q.status = 'picked'
      UNION ALL
      SELECT q.*, q.xmin::text, 'failed' FROM pgqueuer q WHERE q.status = 'failed') p
UNION ALL
SELECT e.job_id,
       e.entrypoint,
       e.word,
       -e.priority,
       NULL,
       (SELECT count(*) FROM pgqueuer_log t WHERE t.job_id = e.job_id AND t.status = 'picked')::integer,
       NULL,
       NULL,
       a.created,
       NULL,
       NULL,
       (SELECT max(t.created) FROM pgqueuer_log t WHERE t.job_id = e.job_id AND t.status = 'picked'),
       NULL,
       NULL,
       e.created,
       CASE WHEN e.word = 'exception' THEN e.created END,
       nullif(concat_ws(': ', e.traceback ->> 'exception_type', e.traceback ->> 'exception_message'), ''),
       NULL,
       NULL,
       concat('log ', e.id)
FROM (SELECT l.*, 'successful' AS word FROM pgqueuer_log l WHERE l.status = 'successful'
      UNION ALL
      SELECT l.*, 'exception' FROM pgqueuer_log l WHERE l.status = 'exception'
      UNION ALL
      SELECT l.*, 'canceled' FROM pgqueuer_log l WHERE l.status = 'canceled') e
-- The first time that it was queued; later ones are retries.
JOIN pgqueuer_log a ON a.job_id = e.job_id AND a.status = 'queued'
                   AND NOT EXISTS (SELECT FROM pgqueuer_log b WHERE b.job_id = a.job_id AND b.status = 'queued' AND b.id < a.id)
