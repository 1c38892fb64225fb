-- reads: procrastinate_workers
-- What a worker takes, and since when it runs, only the worker itself knows: it may take some queues and not others.
SELECT w.id::text AS worker,
       NULL::text[] AS queues,
       NULL::boolean AS in_turn,
       NULL::text[] AS kinds,
       w.last_heartbeat AS heartbeat,
       NULL::timestamptz AS since
FROM procrastinate_workers w
