-- title: Payments
-- reads: payments
-- counts: created, failed, partially refunded, refunded, completed
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
-- What came in, whether or not it was refunded later.
SELECT date_trunc($3, p.completed_at, $4), 'completed', count(*), NULL
FROM payments p
WHERE p.completed_at >= $1 AND p.completed_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, p.completed_at, $4), 'gross', sum(p.amount), upper(btrim(p.currency::text))
FROM payments p
WHERE p.completed_at >= $1 AND p.completed_at < $2
GROUP BY 1, 4
UNION ALL
-- What went back through bursar, when it was asked for. A refund is kept in the smallest unit of its currency, of which
-- ISO 4217 has so many to a whole one.
SELECT date_trunc($3, r.created_at, $4), 'paid back', round(sum(r.amount) / power(10::numeric, d.digits), d.digits),
       r.currency
FROM {refunds} r
CROSS JOIN LATERAL (
    SELECT CASE
               WHEN r.currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND',
                                   'VUV', 'XAF', 'XOF', 'XPF') THEN 0
               WHEN r.currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
               ELSE 2
           END AS digits
) d
WHERE r.state = 'succeeded' AND r.created_at >= $1 AND r.created_at < $2
GROUP BY 1, r.currency, d.digits
