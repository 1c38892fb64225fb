-- reads: procrastinate_jobs, procrastinate_workers, procrastinate_events
-- One row per job. A job that failed and is tried again is todo; it is told by its attempts, as retrying. Errors are kept in
-- the worker's own log only, and all times but scheduled_at in events. A worker has its jobs until 30 seconds after its last heartbeat, as
-- procrastinate itself takes it for stalled; a job whose worker is not registered any more has nobody, unless row level
-- security may hide the worker.
SELECT j.id AS job_id,
       j.task_name AS kind,
       j.word AS status,
       j.queue_name AS queue,
       -j.priority AS priority,
       -- One job of a lock runs at a time, and they run in their order, also when the first of them is not due.
       CASE WHEN j.lock IS NOT NULL AND j.status = 'todo' THEN
           (SELECT CASE o.status WHEN 'doing' THEN format('the lock %s, which job %s has', j.lock, o.id)
                                 ELSE format('the lock %s, which job %s gets before it', j.lock, o.id) END
              FROM procrastinate_jobs o
             WHERE o.lock = j.lock
               AND (o.status = 'doing'
                    OR o.status = 'todo' AND (o.priority > j.priority OR o.priority = j.priority AND o.id < j.id))
             ORDER BY o.status = 'doing' DESC, o.priority DESC, o.id
             LIMIT 1) END AS blocked_by,
       j.queueing_lock AS unique_key,
       j.attempts,
       NULL::integer AS max_attempts,
       CASE WHEN j.status <> 'todo' THEN j.worker_id::text END AS worker,
       (SELECT e.at FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred' ORDER BY e.id LIMIT 1) AS created_at,
       CASE WHEN j.word <> 'retrying' THEN j.scheduled_at END AS scheduled_at,
       -- One without a time may be taken at once, also where no event tells since when.
       CASE WHEN j.word = 'retrying' THEN
           coalesce(j.scheduled_at, (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type <> 'cancelled'), '-infinity') END AS retry_at,
       CASE WHEN j.status <> 'todo' THEN
           (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'started') END AS started_at,
       CASE WHEN j.status = 'doing' THEN
           coalesce(w.last_heartbeat + interval '30 seconds',
                    CASE WHEN (string_to_array(current_setting('bursar.may_hide', true), ',') && '{procrastinate_workers}') IS NOT TRUE THEN
                        (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'started') END) END AS lease_until,
       w.last_heartbeat AS progress_at,
       CASE WHEN j.status IN ('succeeded', 'failed', 'cancelled', 'aborted') THEN
           (SELECT max(e.at) FROM procrastinate_events e
             WHERE e.job_id = j.id AND e.type IN ('succeeded', 'failed', 'cancelled', 'aborted')) END AS finished_at,
       (SELECT max(e.at) FROM procrastinate_events e
         WHERE e.job_id = j.id AND e.type IN ('failed', 'deferred_for_retry')) AS failed_at,
       NULL::text AS error,
       j.args AS payload,
       NULL::jsonb AS result,
       j.version
FROM (SELECT q.*, q.xmin::text AS version, 'todo' AS word FROM procrastinate_jobs q WHERE q.status = 'todo' AND q.attempts = 0
      UNION ALL
      SELECT q.*, q.xmin::text, 'retrying' FROM procrastinate_jobs q WHERE q.status = 'todo' AND q.attempts > 0
      UNION ALL
      SELECT q.*, q.xmin::text, q.status::text FROM procrastinate_jobs q WHERE q.status <> 'todo') j
LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
