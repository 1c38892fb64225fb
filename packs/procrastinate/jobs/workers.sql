-- reads: procrastinate_workers
-- What a worker takes, and since when it runs, only the worker itself knows.
SELECT w.id::text AS worker,
       NULL::text[] AS queues,
       NULL::text[] AS kinds,
       w.last_heartbeat AS heartbeat,
       NULL::timestamptz AS since
FROM procrastinate_workers w
