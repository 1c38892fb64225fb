-- reads: good_jobs, good_job_settings
SELECT coalesce(q.queue, p.queue) AS queue,
       p.queue IS NOT NULL AS paused,
       NULL::integer AS "limit"
FROM (SELECT DISTINCT g.queue_name AS queue FROM good_jobs g WHERE g.finished_at IS NULL AND g.queue_name IS NOT NULL) q
FULL JOIN (SELECT jsonb_array_elements_text(s.value -> 'queues') AS queue FROM good_job_settings s WHERE s.key = 'pauses') p
       ON p.queue = q.queue
