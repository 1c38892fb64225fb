-- reads: pgqueuer
-- A worker is known by the jobs that it has: an idle one is not registered.
SELECT p.queue_manager_id::text AS worker,
       NULL::text[] AS queues,
       NULL::text[] AS kinds,
       max(p.heartbeat) AS heartbeat,
       NULL::timestamptz AS since
FROM pgqueuer p
WHERE p.status = 'picked' AND p.queue_manager_id IS NOT NULL
GROUP BY p.queue_manager_id
