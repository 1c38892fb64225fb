-- reads: good_jobs, good_job_processes, good_job_settings
-- One row per job. GoodJob has no word for how a job stands: the columns say it, as its own dashboard reads them. A job that
-- was begun and that nobody has any more is interrupted: the next worker takes it. One that was discarded by hand is
-- cancelled. A process has its jobs until five minutes after its last sign of life. Limits of concurrency put a job off by its
-- time, so only a pause holds back one that is due. Where row level security may hide a process, it is not known to be gone.
-- Times are UTC without a zone.
SELECT j.id AS job_id,
       coalesce(j.job_class, j.serialized_params ->> 'job_class') AS kind,
       j.word AS status,
       j.queue_name AS queue,
       -- Those without one go last.
       coalesce(j.priority, 2147483647) AS priority,
       CASE WHEN j.word IN ('queued', 'retried', 'interrupted') THEN
           CASE WHEN (SELECT s.value -> 'job_classes' FROM good_job_settings s WHERE s.key = 'pauses') ? j.job_class
                THEN 'a pause of its class'
                WHEN (SELECT s.value -> 'labels' FROM good_job_settings s WHERE s.key = 'pauses') ?| j.labels
                THEN 'a pause of one of its labels' END END AS blocked_by,
       coalesce(j.executions_count, 0) AS attempts,
       NULL::integer AS max_attempts,
       j.locked_by_id::text AS worker,
       j.created_at AT TIME ZONE 'UTC' AS created_at,
       CASE WHEN j.word = 'queued' THEN j.scheduled_at AT TIME ZONE 'UTC' END AS scheduled_at,
       CASE WHEN j.word IN ('retried', 'interrupted') THEN coalesce(j.scheduled_at, j.created_at) AT TIME ZONE 'UTC' END AS retry_at,
       j.performed_at AT TIME ZONE 'UTC' AS started_at,
       CASE WHEN j.word = 'running' THEN
           coalesce(p.updated_at + interval '5 minutes',
                    CASE WHEN (string_to_array(current_setting('bursar.may_hide', true), ',') && '{good_job_processes}') IS NOT TRUE THEN coalesce(j.locked_at, j.performed_at) END) AT TIME ZONE 'UTC' END AS lease_until,
       p.updated_at AT TIME ZONE 'UTC' AS progress_at,
       CASE WHEN j.word IN ('succeeded', 'discarded', 'cancelled') THEN j.finished_at AT TIME ZONE 'UTC' END AS finished_at,
       CASE WHEN j.error IS NOT NULL THEN coalesce(j.finished_at, j.updated_at) AT TIME ZONE 'UTC' END AS failed_at,
       j.error,
       j.serialized_params AS payload,
       NULL::jsonb AS result,
       j.version
FROM (SELECT g.*, g.xmin::text AS version, 'queued' AS word FROM good_jobs g
       WHERE g.finished_at IS NULL AND g.locked_by_id IS NULL AND g.performed_at IS NULL AND g.error IS NULL
      UNION ALL
      SELECT g.*, g.xmin::text, 'retried' FROM good_jobs g
       WHERE g.finished_at IS NULL AND g.locked_by_id IS NULL AND g.performed_at IS NULL AND g.error IS NOT NULL
      UNION ALL
      SELECT g.*, g.xmin::text, 'interrupted' FROM good_jobs g
       WHERE g.finished_at IS NULL AND g.locked_by_id IS NULL AND g.performed_at IS NOT NULL
      UNION ALL
      SELECT g.*, g.xmin::text, 'running' FROM good_jobs g WHERE g.finished_at IS NULL AND g.locked_by_id IS NOT NULL
      UNION ALL
      SELECT g.*, g.xmin::text, 'succeeded' FROM good_jobs g WHERE g.finished_at IS NOT NULL AND g.error IS NULL
      UNION ALL
      SELECT g.*, g.xmin::text, 'discarded' FROM good_jobs g
       WHERE g.finished_at IS NOT NULL AND g.error NOT LIKE 'GoodJob::Job::DiscardJobError: %'
      UNION ALL
      SELECT g.*, g.xmin::text, 'cancelled' FROM good_jobs g
       WHERE g.finished_at IS NOT NULL AND g.error LIKE 'GoodJob::Job::DiscardJobError: %') j
LEFT JOIN good_job_processes p ON p.id = j.locked_by_id
