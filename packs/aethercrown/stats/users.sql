-- title: Users
-- reads: users
-- counts: signed up, last seen
-- incomparable: last seen
-- why: How many people come, and how many of them come back.
SELECT date_trunc($3, u.created_at, $4) AS at, 'signed up' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM users u
WHERE u.created_at >= $1 AND u.created_at < $2
GROUP BY 1
UNION ALL
-- Only the last login of a user is stored, so this counts those who have not come again since: of an earlier window few
-- are left.
SELECT date_trunc($3, u.last_login, $4), 'last seen', count(*), NULL
FROM users u
WHERE u.last_login >= $1 AND u.last_login < $2
GROUP BY 1
