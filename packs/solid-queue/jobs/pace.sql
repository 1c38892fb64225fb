-- reads: solid_queue_jobs, solid_queue_failed_executions
-- What came and ended in the last ten minutes. No index has the time of an addition or a failure, but the ids follow it: the
-- first one of the ten minutes is searched for by halves, and the newest 10,000 are read in any case. Jobs that are done have an index.
WITH RECURSIVE since (at) AS (
    SELECT now() AT TIME ZONE 'UTC' - interval '10 minutes'
), added (low, high) AS (
    SELECT min(j.id), max(j.id) FROM solid_queue_jobs j
    UNION ALL
    SELECT CASE WHEN m.created_at < s.at THEN h.middle + 1 ELSE h.low END, CASE WHEN m.created_at < s.at THEN h.high ELSE h.middle END
      FROM (SELECT a.low, a.high, (a.low + a.high) / 2 AS middle FROM added a WHERE a.low < a.high) h
     CROSS JOIN since s
     CROSS JOIN LATERAL (SELECT j.created_at FROM solid_queue_jobs j WHERE j.id >= h.middle ORDER BY j.id LIMIT 1) m
), failed (low, high) AS (
    SELECT min(e.id), max(e.id) FROM solid_queue_failed_executions e
    UNION ALL
    SELECT CASE WHEN m.created_at < s.at THEN h.middle + 1 ELSE h.low END, CASE WHEN m.created_at < s.at THEN h.high ELSE h.middle END
      FROM (SELECT f.low, f.high, (f.low + f.high) / 2 AS middle FROM failed f WHERE f.low < f.high) h
     CROSS JOIN since s
     CROSS JOIN LATERAL (SELECT e.created_at FROM solid_queue_failed_executions e WHERE e.id >= h.middle ORDER BY e.id LIMIT 1) m
)
SELECT j.queue_name AS queue,
       j.class_name AS kind,
       'added' AS what,
       j.created_at AT TIME ZONE 'UTC' AS at,
       NULL::timestamptz AS created_at,
       j.priority
FROM solid_queue_jobs j
WHERE j.id >= (SELECT least(max(a.low), max(a.high) - 10000) FROM added a) AND j.created_at >= (SELECT s.at FROM since s)
UNION ALL
SELECT j.queue_name, j.class_name, 'done', j.finished_at AT TIME ZONE 'UTC', j.created_at AT TIME ZONE 'UTC', j.priority
FROM solid_queue_jobs j
WHERE j.finished_at >= (SELECT s.at FROM since s)
UNION ALL
SELECT j.queue_name, j.class_name,
       CASE WHEN e.error LIKE '{"exception_class":"SolidQueue::Processes::Process%' THEN 'rescued' ELSE 'failed' END, e.created_at AT TIME ZONE 'UTC', j.created_at AT TIME ZONE 'UTC', j.priority
FROM solid_queue_failed_executions e
JOIN solid_queue_jobs j ON j.id = e.job_id
WHERE e.id >= (SELECT least(max(f.low), max(f.high) - 10000) FROM failed f) AND e.created_at >= (SELECT s.at FROM since s)
  AND e.error NOT LIKE '{"exception_class":"Cancelled"%'
