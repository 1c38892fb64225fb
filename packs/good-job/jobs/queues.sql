-- reads: good_jobs, good_job_settings
WITH RECURSIVE waiting (queue) AS (
    (SELECT g.queue_name FROM good_jobs g WHERE g.finished_at IS NULL AND g.queue_name IS NOT NULL ORDER BY g.queue_name LIMIT 1)
    UNION ALL
    SELECT (SELECT g.queue_name FROM good_jobs g WHERE g.finished_at IS NULL AND g.queue_name > w.queue ORDER BY g.queue_name LIMIT 1)
      FROM waiting w
     WHERE w.queue IS NOT NULL
)
SELECT coalesce(q.queue, p.queue) AS queue,
       p.queue IS NOT NULL AS paused,
       NULL::integer AS "limit"
FROM (SELECT w.queue FROM waiting w WHERE w.queue IS NOT NULL) q
FULL JOIN (SELECT jsonb_array_elements_text(s.value -> 'queues') AS queue FROM good_job_settings s WHERE s.key = 'pauses') p
       ON p.queue = q.queue
