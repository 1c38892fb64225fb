-- title: Consent
-- reads: user_consent
-- counts: users who answered
-- why: What people agree to, and whether they take it back.

SELECT date_trunc($3, c.created_at, $4) AS at, c.status::text AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM user_consent c
WHERE c.created_at >= $1 AND c.created_at < $2
GROUP BY 1, 2
UNION ALL
SELECT date_trunc($3, c.created_at, $4), 'users who answered', count(DISTINCT c.user_id)::numeric, NULL
FROM user_consent c
WHERE c.created_at >= $1 AND c.created_at < $2
GROUP BY 1
ORDER BY 1, 2
