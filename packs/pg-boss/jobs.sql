-- reads: job
-- One row per job. A queue has one kind of jobs, which has its name. Which worker has a job is not kept.
-- Versions differ in some columns: an unqualified name is the job's own column where it has it, and the one of v where
-- it has not.
SELECT t.*
  FROM (SELECT NULL::interval AS expire_in, NULL::integer AS expire_seconds, NULL::timestamptz AS heartbeat_on,
               NULL::integer AS heartbeat_seconds, false AS blocked) v
 CROSS JOIN LATERAL (
    SELECT j.id AS job_id,
           j.name AS queue,
           j.name AS kind,
           j.state AS status,
           j.retry_count + CASE WHEN j.started_on IS NULL THEN 0 ELSE 1 END AS attempts,
           j.retry_limit + 1 AS max_attempts,
           NULL::text AS worker,
           - j.priority AS priority,
           CASE WHEN blocked THEN 'jobs that it depends on' END AS blocked_by,
           CASE WHEN j.policy IN ('singleton', 'stately', 'key_strict_fifo') THEN coalesce(j.singleton_key, j.name) END AS unique_key,
           j.created_on AS created_at,
           j.start_after AS scheduled_at,
           j.start_after AS retry_at,
           j.started_on AS started_at,
           CASE WHEN j.state = 'active' THEN least(j.started_on + coalesce(expire_in, make_interval(secs => expire_seconds)),
                                                   heartbeat_on + make_interval(secs => heartbeat_seconds)) END AS lease_until,
           heartbeat_on AS progress_at,
           j.completed_on AS finished_at,
           CASE WHEN j.state = 'failed' THEN j.completed_on END AS failed_at,
           CASE WHEN j.state IN ('retry', 'failed', 'cancelled')
                THEN coalesce(j.output ->> 'message', j.output -> 'value' ->> 'message', j.output::text) END AS error,
           j.data AS payload,
           CASE WHEN j.state = 'completed' THEN j.output END AS result,
           j.xmin::text AS version
      FROM job j) t
