-- reads: good_jobs, good_job_settings
SELECT g.id AS job_id,
       g.queue_name AS queue,
       coalesce(g.job_class, g.serialized_params ->> 'job_class') AS kind,
       coalesce(g.scheduled_at, g.created_at) AT TIME ZONE 'UTC' AS since
FROM good_jobs g
WHERE g.finished_at IS NULL AND g.locked_by_id IS NULL
  AND coalesce(g.scheduled_at <= now() AT TIME ZONE 'UTC', true)
  AND coalesce((SELECT s.value -> 'queues' FROM good_job_settings s WHERE s.key = 'pauses') ? g.queue_name, false) IS FALSE
  AND coalesce((SELECT s.value -> 'job_classes' FROM good_job_settings s WHERE s.key = 'pauses') ? g.job_class, false) IS FALSE
  AND coalesce((SELECT s.value -> 'labels' FROM good_job_settings s WHERE s.key = 'pauses') ?| g.labels, false) IS FALSE
ORDER BY g.priority ASC NULLS LAST, g.created_at, g.id
