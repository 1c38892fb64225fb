-- title: Tasks
-- reads: ai_tasks
-- counts: created
-- why: How much work comes in, how it ends, and how long people wait for it.
SELECT date_trunc($3, t.created_at, $4) AS at, 'created' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM ai_tasks t
WHERE t.created_at >= $1 AND t.created_at < $2
GROUP BY 1
UNION ALL
-- Of the tasks that were created in the bucket: where they stand now.
SELECT date_trunc($3, t.created_at, $4), replace(t.status, '_', ' '), count(*), NULL
FROM ai_tasks t
WHERE t.created_at >= $1 AND t.created_at < $2
GROUP BY 1, t.status
UNION ALL
SELECT date_trunc($3, t.completed_at, $4), 'median time to complete',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.completed_at - t.created_at))::numeric, 3),
       'seconds'
FROM ai_tasks t
WHERE t.completed_at >= $1 AND t.completed_at < $2
GROUP BY 1
