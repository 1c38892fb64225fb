-- reads: ai_tasks
-- One row per task. Nothing is stored about attempts, workers, leases and starts. A task that failed is not tried again
-- by itself, so it is dead and not merely failed, and it has no time of its end: the last change stands for it.
SELECT t.id AS job_id,
       t.task_name AS kind,
       t.status,
       NULL::integer AS attempts,
       NULL::integer AS max_attempts,
       NULL::text AS worker,
       t.created_at,
       NULL::timestamptz AS scheduled_at,
       NULL::text AS blocked_by,
       CASE t.priority WHEN 'urgent' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'low' THEN 4 END AS priority,
       NULL::timestamptz AS retry_at,
       NULL::timestamptz AS started_at,
       NULL::timestamptz AS lease_until,
       t.completed_at AS finished_at,
       CASE WHEN t.status = 'failed' THEN t.updated_at END AS failed_at,
       t.error_message AS error,
       t.task_input AS payload,
       CASE WHEN t.task_output <> '{}' THEN t.task_output END AS result,
       t.xmin::text AS version
FROM ai_tasks t
