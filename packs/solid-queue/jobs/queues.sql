-- reads: solid_queue_pauses, solid_queue_ready_executions
SELECT coalesce(q.queue, p.queue_name) AS queue,
       p.queue_name IS NOT NULL AS paused,
       NULL::integer AS "limit"
FROM (SELECT DISTINCT e.queue_name AS queue FROM solid_queue_ready_executions e) q
FULL JOIN solid_queue_pauses p ON p.queue_name = q.queue
