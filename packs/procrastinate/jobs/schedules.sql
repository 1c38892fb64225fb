-- reads: procrastinate_periodic_defers, procrastinate_jobs
-- The rules are in the application's code. What is kept is the time for which a job was added last.
SELECT CASE WHEN d.periodic_id = '' THEN d.task_name ELSE d.task_name || ' ' || d.periodic_id END AS name,
       NULL::text AS cron,
       max(j.queue_name) AS queue,
       d.task_name AS kind,
       NULL::timestamptz AS next_at,
       to_timestamp(max(d.defer_timestamp)) AS last_at,
       NULL::boolean AS enabled
FROM procrastinate_periodic_defers d
LEFT JOIN procrastinate_jobs j ON j.id = d.job_id
GROUP BY d.task_name, d.periodic_id
