-- title: Jobs
-- reads: jobs, job_attempts
-- counts: created, attempts, failed attempts
-- why: How much work comes in, how it ends, how often it has to be tried again, and how long people wait for it.
SELECT date_trunc($3, j.created_at, $4) AS at, 'created' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM jobs j
WHERE j.created_at >= $1 AND j.created_at < $2
GROUP BY 1
UNION ALL
-- Of the jobs that were created in the bucket: where they stand now.
SELECT date_trunc($3, j.created_at, $4), 'now ' || j.status::text, count(*), NULL
FROM jobs j
WHERE j.created_at >= $1 AND j.created_at < $2
GROUP BY 1, j.status
UNION ALL
SELECT date_trunc($3, j.completed_at, $4), 'median time to complete',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM j.completed_at - j.created_at))::numeric, 3),
       'seconds'
FROM jobs j
WHERE j.completed_at >= $1 AND j.completed_at < $2 AND j.status = 'succeeded'
GROUP BY 1
UNION ALL
SELECT date_trunc($3, a.started_at, $4), m.metric,
       CASE m.metric WHEN 'attempts' THEN count(*) ELSE count(*) FILTER (WHERE a.success IS FALSE) END, NULL
FROM job_attempts a
CROSS JOIN (VALUES ('attempts'), ('failed attempts')) AS m (metric)
WHERE a.started_at >= $1 AND a.started_at < $2
GROUP BY 1, 2
UNION ALL
SELECT date_trunc($3, a.finished_at, $4), 'median run time',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY a.processing_time_ms)::numeric), 'ms'
FROM job_attempts a
WHERE a.finished_at >= $1 AND a.finished_at < $2 AND a.processing_time_ms IS NOT NULL
GROUP BY 1
