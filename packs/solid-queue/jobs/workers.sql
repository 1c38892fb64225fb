-- reads: solid_queue_processes
-- A queue with a star is a pattern: the worker takes whatever it fits.
SELECT p.name AS worker,
       CASE WHEN q.queues !~ '\*' THEN string_to_array(q.queues, ',') END AS queues,
       NULL::text[] AS kinds,
       p.last_heartbeat_at AT TIME ZONE 'UTC' AS heartbeat,
       p.created_at AT TIME ZONE 'UTC' AS since
FROM solid_queue_processes p
CROSS JOIN LATERAL (SELECT substring(p.metadata FROM '"queues":"([^"]*)"') AS queues) q
WHERE p.kind = 'Worker'
