-- reads: instance
-- One row per process that is not stopped. Version 12 keeps them.
SELECT concat_ws(' ', i.name, i.host, i.pid) AS worker,
       ARRAY(SELECT DISTINCT w.work ->> 'name' FROM jsonb_array_elements(i.workers) AS w (work)) AS queues,
       NULL::text[] AS kinds,
       i.heartbeat_on AS heartbeat,
       i.started_on AS since
FROM instance i
WHERE i.stopped_on IS NULL
