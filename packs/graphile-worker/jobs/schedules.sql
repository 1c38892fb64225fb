-- reads: _private_known_crontabs
-- One row per line of a crontab that a worker has run. The rules themselves are in the worker's files.
SELECT c.identifier AS name,
       NULL::text AS cron,
       NULL::text AS queue,
       NULL::text AS kind,
       NULL::timestamptz AS next_at,
       c.last_execution AS last_at,
       NULL::boolean AS enabled
FROM _private_known_crontabs c
