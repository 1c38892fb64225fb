-- title: Payments were credited once
-- severity: error
-- reads: payments, wallet_transactions
-- why: One payment buys its stars once; a second credit gives stars away.
-- cause: The gateway delivered an event twice, or the purchase was retried, and nothing stopped the second credit.
-- remedy: Reverse every purchase entry of the payment but the first, with a refund entry that names it in
--   reverses_entry_id.

WITH purchases AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.currency, e.amount, e.created_at, e.related_payment_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'purchase'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
),
-- Candidates are few or none, so they are found once, before anything else is asked about them.
doubled AS MATERIALIZED (
    SELECT e.related_payment_id AS payment_id, e.user_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'purchase' AND e.related_payment_id IS NOT NULL
    GROUP BY e.related_payment_id, e.user_id
    HAVING count(*) > 1
),
entries AS (
    SELECT d.payment_id, d.user_id, count(*) AS entries, sum(e.amount) AS stars,
           array_agg(e.id ORDER BY e.created_at, e.id) AS ids
    FROM doubled d
    JOIN purchases e ON e.related_payment_id = d.payment_id AND e.user_id = d.user_id
    GROUP BY d.payment_id, d.user_id
    HAVING count(*) > 1
)
SELECT 'payments' AS table_name, d.payment_id AS key, d.user_id AS account, 'STAR'::currency AS unit,
       p.stars_total AS expected, d.stars AS actual,
       format('Payment %s of user %s was credited %s times, %s STAR in all instead of %s, by the entries %s.',
              d.payment_id, d.user_id, d.entries, d.stars, p.stars_total, array_to_string(d.ids, ', ')) AS message,
       d.ids[2] AS first_bad_entry
FROM entries d
LEFT JOIN payments p ON p.id = d.payment_id
