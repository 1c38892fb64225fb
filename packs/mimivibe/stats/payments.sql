-- title: Payments
-- reads: payments
-- counts: created, stars sold (STAR), paying users
-- why: How much money comes in, how much of it goes back, and how many payments fail.

-- Only the creation of a payment is stored, not when it succeeded. What succeeded counts also where it was refunded
-- later.
WITH made AS (
    SELECT p.created_at, p.user_id, p.amount, upper(btrim(p.currency::text)) AS currency, p.stars_total, p.status::text AS status,
           p.status IN ('succeeded', 'refunded') AS is_paid
    FROM payments p
    WHERE p.created_at >= $1 AND p.created_at < $2
)
SELECT date_trunc($3, m.created_at, $4) AS at, 'created' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM made m
GROUP BY 1
UNION ALL
-- Of the payments that were created in the bucket: where they stand now.
SELECT date_trunc($3, m.created_at, $4), m.status, count(*), NULL
FROM made m
GROUP BY 1, m.status
UNION ALL
SELECT date_trunc($3, m.created_at, $4), 'gross', sum(m.amount), m.currency
FROM made m
WHERE m.is_paid
GROUP BY 1, m.currency
UNION ALL
SELECT date_trunc($3, m.created_at, $4), 'average payment', round(avg(m.amount)), m.currency
FROM made m
WHERE m.is_paid
GROUP BY 1, m.currency
UNION ALL
SELECT date_trunc($3, m.created_at, $4), 'stars sold', sum(m.stars_total), 'STAR'
FROM made m
WHERE m.is_paid
GROUP BY 1
UNION ALL
SELECT date_trunc($3, m.created_at, $4), 'paying users', count(DISTINCT m.user_id), NULL
FROM made m
WHERE m.is_paid
GROUP BY 1
UNION ALL
-- What went back through bursar, when it was asked for.
SELECT date_trunc($3, r.created_at, $4), 'paid back', sum(r.amount), r.currency::text
FROM {refunds} r
WHERE r.state = 'succeeded' AND r.created_at >= $1 AND r.created_at < $2
GROUP BY 1, r.currency
