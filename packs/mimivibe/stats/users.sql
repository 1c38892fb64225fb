-- title: Users
-- reads: users, wallet_transactions
-- counts: joined, joined by an invite, last seen, active
-- incomparable: last seen
-- why: How many people come, by whom, and how many of them do something with their stars and coins.
SELECT date_trunc($3, u.created_at, $4) AS at, 'joined' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM users u
WHERE u.created_at >= $1 AND u.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, u.created_at, $4), 'joined by an invite', count(*), NULL
FROM users u
WHERE u.created_at >= $1 AND u.created_at < $2 AND u.invited_by IS NOT NULL
GROUP BY 1
UNION ALL
-- Only the last login of a user is stored, so this counts those who have not come again since: of an earlier window few
-- are left.
SELECT date_trunc($3, u.last_login_at, $4), 'last seen', count(*), NULL
FROM users u
WHERE u.last_login_at >= $1 AND u.last_login_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, w.created_at, $4), 'active', count(DISTINCT w.user_id), NULL
FROM wallet_transactions w
WHERE w.created_at >= $1 AND w.created_at < $2
GROUP BY 1
