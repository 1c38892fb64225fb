-- reads: solid_queue_jobs, solid_queue_ready_executions, solid_queue_scheduled_executions, solid_queue_blocked_executions, solid_queue_claimed_executions, solid_queue_failed_executions, solid_queue_processes
-- One row per job. The table that has the job's execution says how it stands; one that has none and is not finished is lost,
-- or unseen, where row level security may hide its execution.
-- Active Job tries again by a new job, so a failed one stays as it is until somebody retries it. A process has its jobs until
-- five minutes after its last heartbeat. A change of place is a change of the job, though its own row stays. What is due is no
-- worker's until a dispatcher has made it ready, and then it is taken whatever its time. Times are UTC without a zone.
SELECT j.id AS job_id,
       j.class_name AS kind,
       j.word AS status,
       j.queue_name AS queue,
       j.priority,
       CASE WHEN j.word = 'blocked' THEN concat('the limit of ', j.concurrency_key)
            WHEN j.overdue THEN (SELECT 'the dispatcher, which makes it ready; ' || coalesce('one was last seen at ' || to_char(max(d.last_heartbeat_at), 'YYYY-MM-DD HH24:MI:SS') || ' UTC',
                                                                                                            CASE WHEN (string_to_array(current_setting('bursar.may_hide', true), ',') && '{solid_queue_processes}') THEN 'whether one is registered is not known'
                                                                                                                 ELSE 'none is registered' END)
                                   FROM solid_queue_processes d WHERE d.kind = 'Dispatcher') END AS blocked_by,
       NULL::integer AS attempts,
       NULL::integer AS max_attempts,
       CASE WHEN j.word = 'claimed' THEN coalesce(p.name, concat('process ', j.process_id)) END AS worker,
       j.created_at AT TIME ZONE 'UTC' AS created_at,
       CASE WHEN j.word <> 'ready' OR j.scheduled_at <= now() AT TIME ZONE 'UTC' THEN coalesce(j.due, j.scheduled_at) AT TIME ZONE 'UTC' END AS scheduled_at,
       NULL::timestamptz AS retry_at,
       CASE WHEN j.word = 'claimed' THEN j.since AT TIME ZONE 'UTC' END AS started_at,
       CASE WHEN j.word = 'claimed' THEN coalesce(p.last_heartbeat_at + interval '5 minutes',
                                                          CASE WHEN (string_to_array(current_setting('bursar.may_hide', true), ',') && '{solid_queue_processes}') IS NOT TRUE THEN j.since END) AT TIME ZONE 'UTC' END AS lease_until,
       p.last_heartbeat_at AT TIME ZONE 'UTC' AS progress_at,
       CASE j.word WHEN 'finished' THEN j.finished_at WHEN 'failed' THEN j.since END AT TIME ZONE 'UTC' AS finished_at,
       CASE WHEN j.word = 'failed' THEN j.since AT TIME ZONE 'UTC' END AS failed_at,
       -- The text is JSON as Solid Queue writes it; read so that a row of another kind, or a NUL, fails nobody.
       CASE WHEN j.word = 'lost' THEN 'it has no execution'
            ELSE coalesce(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
                     nullif(concat_ws(': ', nullif(substring(j.error FROM '"exception_class":"((?:[^"\\]|\\.)*)"'), 'Cancelled'),
                                            nullif(substring(j.error FROM '"message":"((?:[^"\\]|\\.)*)"'), '')), ''),
                     '\\', chr(1)), '\"', '"'), '\/', '/'), '\n', chr(10)), '\r', chr(13)), '\t', chr(9)),
                     '\u003c', '<'), '\u003e', '>'), '\u0026', '&'), chr(1), '\'), j.error) END AS error,
       j.arguments AS payload,
       NULL::jsonb AS result,
       concat(j.change, ' ', j.word, ' ', j.place) AS version
FROM (SELECT q.*, q.xmin::text AS change, 'ready' AS word, e.id AS place, e.created_at AS since, NULL::bigint AS process_id, NULL::text AS error, false AS overdue, NULL::timestamp AS due
        FROM solid_queue_ready_executions e JOIN solid_queue_jobs q ON q.id = e.job_id
      UNION ALL
      SELECT q.*, q.xmin::text, 'scheduled', e.id, e.created_at, NULL, NULL, false, e.scheduled_at
        FROM solid_queue_scheduled_executions e JOIN solid_queue_jobs q ON q.id = e.job_id
       WHERE e.scheduled_at > now() AT TIME ZONE 'UTC'
      UNION ALL
      SELECT q.*, q.xmin::text, 'scheduled', e.id, e.created_at, NULL, NULL, true, e.scheduled_at
        FROM solid_queue_scheduled_executions e JOIN solid_queue_jobs q ON q.id = e.job_id
       WHERE e.scheduled_at <= now() AT TIME ZONE 'UTC'
      UNION ALL
      SELECT q.*, q.xmin::text, 'blocked', e.id, e.created_at, NULL, NULL, false, NULL
        FROM solid_queue_blocked_executions e JOIN solid_queue_jobs q ON q.id = e.job_id
      UNION ALL
      SELECT q.*, q.xmin::text, 'claimed', e.id, e.created_at, e.process_id, NULL, false, NULL
        FROM solid_queue_claimed_executions e JOIN solid_queue_jobs q ON q.id = e.job_id
      UNION ALL
      SELECT q.*, q.xmin::text, 'failed', e.id, e.created_at, NULL, e.error, false, NULL
        FROM solid_queue_failed_executions e JOIN solid_queue_jobs q ON q.id = e.job_id
      UNION ALL
      SELECT q.*, q.xmin::text, 'finished', NULL, NULL, NULL, NULL, false, NULL
        FROM solid_queue_jobs q WHERE q.finished_at IS NOT NULL
      UNION ALL
      SELECT q.*, q.xmin::text, CASE WHEN (string_to_array(current_setting('bursar.may_hide', true), ',') && '{solid_queue_ready_executions,solid_queue_scheduled_executions,solid_queue_blocked_executions,solid_queue_claimed_executions,solid_queue_failed_executions}')
                                    THEN 'unseen' ELSE 'lost' END, NULL, NULL, NULL, NULL, false, NULL
        FROM solid_queue_jobs q
       WHERE q.finished_at IS NULL
         AND NOT EXISTS (SELECT FROM solid_queue_ready_executions e WHERE e.job_id = q.id)
         AND NOT EXISTS (SELECT FROM solid_queue_scheduled_executions e WHERE e.job_id = q.id)
         AND NOT EXISTS (SELECT FROM solid_queue_blocked_executions e WHERE e.job_id = q.id)
         AND NOT EXISTS (SELECT FROM solid_queue_claimed_executions e WHERE e.job_id = q.id)
         AND NOT EXISTS (SELECT FROM solid_queue_failed_executions e WHERE e.job_id = q.id)) j
LEFT JOIN solid_queue_processes p ON p.id = j.process_id
