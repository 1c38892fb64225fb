-- reads: schedule
-- One row per schedule; newer versions have several for one queue, with a key each. When they are next due is not kept.
SELECT t.*
  FROM (SELECT ''::text AS key) v
 CROSS JOIN LATERAL (
    SELECT s.name || CASE WHEN key = '' THEN '' ELSE '/' || key END AS name,
           concat_ws(' ', s.cron, s.timezone) AS cron,
           s.name AS queue,
           s.name AS kind,
           NULL::timestamptz AS next_at,
           NULL::timestamptz AS last_at,
           true AS enabled
      FROM schedule s) t
