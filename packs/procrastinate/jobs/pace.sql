-- reads: procrastinate_events, procrastinate_jobs
-- What came and ended in the last ten minutes. No index has the time of an event, but the ids follow it: the first one of the
-- ten minutes is searched for by halves, and the newest 10,000 are read in any case.
WITH RECURSIVE search (low, high) AS (
    SELECT min(e.id), max(e.id) FROM procrastinate_events e
    UNION ALL
    SELECT CASE WHEN m.at < now() - interval '10 minutes' THEN h.middle + 1 ELSE h.low END,
           CASE WHEN m.at < now() - interval '10 minutes' THEN h.high ELSE h.middle END
      FROM (SELECT s.low, s.high, (s.low + s.high) / 2 AS middle FROM search s WHERE s.low < s.high) h
     CROSS JOIN LATERAL (SELECT e.at FROM procrastinate_events e WHERE e.id >= h.middle ORDER BY e.id LIMIT 1) m
)
SELECT j.queue_name AS queue,
       j.task_name AS kind,
       CASE e.type WHEN 'deferred' THEN 'added' WHEN 'succeeded' THEN 'done' ELSE 'failed' END AS what,
       e.at,
       CASE WHEN e.type <> 'deferred' THEN
           (SELECT d.at FROM procrastinate_events d WHERE d.job_id = j.id AND d.type = 'deferred' ORDER BY d.id LIMIT 1) END AS created_at,
       -j.priority AS priority
FROM procrastinate_events e
JOIN procrastinate_jobs j ON j.id = e.job_id
WHERE e.id >= (SELECT least(max(s.low), max(s.high) - 10000) FROM search s)
  AND e.at >= now() - interval '10 minutes'
  AND e.type IN ('deferred', 'succeeded', 'failed', 'deferred_for_retry')
