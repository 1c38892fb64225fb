-- reads: job
-- One row per job. A queue has one kind of jobs, which has its name. Which worker has a job is not kept. One that waits is
-- taken whatever its attempts, so it has no maximum where it has made as many.
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
           CASE WHEN j.state >= 'active' OR j.retry_count < j.retry_limit OR j.started_on IS NULL THEN j.retry_limit + 1 END AS max_attempts,
           NULL::text AS worker,
           - j.priority AS priority,
           -- What the policy of the queue holds back, as its own fetch sees it; the policies short and exclusive only keep jobs
           -- from being added. The limits of groups are kept by the workers. A policy is named so that its index serves.
           CASE WHEN blocked THEN 'jobs that it depends on'
                WHEN j.state >= 'active' THEN NULL
                WHEN j.policy = 'singleton' THEN
                    (SELECT concat('job ', o.id, ', which runs', ' with the key ' || o.singleton_key, ': its queue lets one run at a time')
                       FROM job o
                      WHERE o.name = j.name AND o.state = 'active' AND o.policy = 'singleton'
                        AND coalesce(o.singleton_key, '') = coalesce(j.singleton_key, '')
                      LIMIT 1)
                WHEN j.policy = 'stately' THEN
                    (SELECT concat('job ', o.id, ', which runs', ' with the key ' || o.singleton_key, ': its queue lets one run at a time')
                       FROM job o
                      WHERE o.name = j.name AND o.state = 'active' AND o.policy = 'stately'
                        AND coalesce(o.singleton_key, '') = coalesce(j.singleton_key, '')
                      LIMIT 1)
                WHEN j.policy = 'key_strict_fifo' THEN
                    coalesce((SELECT concat('job ', o.id, CASE o.state WHEN 'active' THEN ', which runs' WHEN 'retry' THEN ', which is to be tried again'
                                                                       ELSE ', which failed' END, ': the key ', o.singleton_key, ' keeps its order')
                                FROM job o
                               WHERE o.name = j.name AND o.singleton_key = j.singleton_key AND o.policy = 'key_strict_fifo'
                                 AND o.state IN ('active', 'retry', 'failed') AND o.id <> j.id
                               LIMIT 1),
                             (SELECT concat('job ', o.id, ', which was added before it: the key ', o.singleton_key, ' keeps its order')
                                FROM job o
                               WHERE o.name = j.name AND o.singleton_key = j.singleton_key AND o.policy = 'key_strict_fifo'
                                 AND o.state = 'created' AND j.state = 'created' AND NOT blocked AND o.start_after <= now()
                                 AND (o.created_on, o.id) < (j.created_on, j.id)
                               ORDER BY o.created_on, o.id
                               LIMIT 1)) END AS blocked_by,
           NULL::text AS unique_key,
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
