-- title: Activity
-- reads: activity_logs
-- counts: entries, active users, errors
-- why: What is going on, on whose part, and how much of it is trouble.
SELECT date_trunc($3, l.created_at, $4) AS at, 'entries' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM activity_logs l
WHERE l.created_at >= $1 AND l.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, l.created_at, $4), format('entries: %s', l.log_type), count(*), NULL
FROM activity_logs l
WHERE l.created_at >= $1 AND l.created_at < $2
GROUP BY 1, l.log_type
UNION ALL
SELECT date_trunc($3, l.created_at, $4), 'active users', count(DISTINCT l.user_id), NULL
FROM activity_logs l
WHERE l.created_at >= $1 AND l.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, l.created_at, $4), 'errors', count(*), NULL
FROM activity_logs l
WHERE l.created_at >= $1 AND l.created_at < $2 AND l.level IN ('error', 'critical')
GROUP BY 1
