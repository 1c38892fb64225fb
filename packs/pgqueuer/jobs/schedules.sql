-- reads: pgqueuer_schedules
SELECT concat(s.entrypoint, ' ', s.expression) AS name,
       s.expression AS cron,
       NULL::text AS queue,
       s.entrypoint AS kind,
       s.next_run AS next_at,
       s.last_run AS last_at,
       true AS enabled
FROM pgqueuer_schedules s
