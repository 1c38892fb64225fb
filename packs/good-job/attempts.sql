-- reads: good_job_executions
-- One row per execution. It is written when the execution begins.
SELECT e.active_job_id AS job_id,
       (SELECT count(*) FROM good_job_executions p
         WHERE p.active_job_id = e.active_job_id AND (p.created_at, p.id) <= (e.created_at, e.id))::integer AS number,
       e.process_id::text AS worker,
       e.created_at AT TIME ZONE 'UTC' AS at,
       e.created_at AT TIME ZONE 'UTC' AS started_at,
       e.finished_at AT TIME ZONE 'UTC' AS finished_at,
       CASE WHEN e.finished_at IS NOT NULL THEN e.error IS NULL END AS succeeded,
       e.error
FROM good_job_executions e
