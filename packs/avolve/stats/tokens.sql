-- title: Tokens
-- reads: token_transactions
-- counts: transfers
-- why: What comes into the world, changes hands and goes out of it, by type of token.

SELECT date_trunc($3, e.created_at, $4) AS at,
       CASE WHEN e.from_user_id IS NULL THEN 'minted' WHEN e.to_user_id IS NULL THEN 'burned' ELSE 'transferred' END AS metric,
       sum(e.amount) AS value, e.token_type::text AS unit
FROM token_transactions e
WHERE e.created_at >= $1 AND e.created_at < $2
GROUP BY 1, 2, 4
UNION ALL
SELECT date_trunc($3, e.created_at, $4), 'transfers', count(*)::numeric, NULL
FROM token_transactions e
WHERE e.created_at >= $1 AND e.created_at < $2 AND e.from_user_id IS NOT NULL AND e.to_user_id IS NOT NULL
GROUP BY 1
ORDER BY 1, 2, 4
