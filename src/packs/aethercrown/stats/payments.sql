-- title: Payments
-- reads: payments
-- why: How much money comes in, in which currency, and how many payments fail or are refunded.
SELECT date_trunc($3, p.created_at, $4) AS at, 'created' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM payments p
WHERE p.created_at >= $1 AND p.created_at < $2
GROUP BY 1
UNION ALL
-- Of the payments that were created in the bucket: how many are in these states now.
SELECT date_trunc($3, p.created_at, $4), replace(p.status, '_', ' '), count(*), NULL
FROM payments p
WHERE p.created_at >= $1 AND p.created_at < $2 AND p.status IN ('failed', 'partially_refunded', 'refunded')
GROUP BY 1, p.status
UNION ALL
-- What came in, whether or not it was refunded later: how much of it went back is not stored here.
SELECT date_trunc($3, p.completed_at, $4), 'completed', count(*), NULL
FROM payments p
WHERE p.completed_at >= $1 AND p.completed_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, p.completed_at, $4), 'gross', sum(p.amount), p.currency
FROM payments p
WHERE p.completed_at >= $1 AND p.completed_at < $2
GROUP BY 1, p.currency
