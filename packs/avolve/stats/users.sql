-- title: Users
-- reads: users, activity_logs
-- counts: new users, active users, activities
-- why: How many people sign up, and how many of those who are there come.

SELECT date_trunc($3, u.created_at, $4) AS at, 'new users' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM users u
WHERE u.created_at >= $1 AND u.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, l.created_at, $4), m.metric,
       CASE m.metric WHEN 'active users' THEN count(DISTINCT l.user_id) ELSE count(*) END::numeric, NULL
FROM activity_logs l
CROSS JOIN (VALUES ('active users'), ('activities')) AS m (metric)
WHERE l.created_at >= $1 AND l.created_at < $2
GROUP BY 1, 2
ORDER BY 1, 2
