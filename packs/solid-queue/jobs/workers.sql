-- reads: solid_queue_processes, solid_queue_jobs
-- A star alone is every queue. One behind a name is a pattern: it is shown as it is, and beside it the queues that it fits.
WITH RECURSIVE known (queue) AS (
    (SELECT j.queue_name FROM solid_queue_jobs j ORDER BY j.queue_name LIMIT 1)
    UNION ALL
    SELECT (SELECT j.queue_name FROM solid_queue_jobs j WHERE j.queue_name > k.queue ORDER BY j.queue_name LIMIT 1)
      FROM known k
     WHERE k.queue IS NOT NULL
)
SELECT p.name AS worker,
       CASE WHEN '*' <> ALL (q.names) THEN
           ARRAY(SELECT n.name FROM unnest(q.names) n (name)
                 UNION
                 SELECT k.queue::text FROM known k JOIN unnest(q.names) n (name) ON n.name LIKE '%*' AND starts_with(k.queue::text, left(n.name, -1))
                  ORDER BY 1) END AS queues,
       NULL::text[] AS kinds,
       p.last_heartbeat_at AT TIME ZONE 'UTC' AS heartbeat,
       p.created_at AT TIME ZONE 'UTC' AS since
FROM solid_queue_processes p
CROSS JOIN LATERAL (SELECT regexp_split_to_array(substring(p.metadata FROM '"queues":"([^"]*)"'), ' *, *') AS names) q
WHERE p.kind = 'Worker'
