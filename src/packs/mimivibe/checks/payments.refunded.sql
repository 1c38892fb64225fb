-- title: Refunded payments were taken back
-- severity: error
-- reads: payments, wallet_transactions
-- why: When the money went back to the customer the stars must come back too, and only then.
-- cause: The refund was made at the gateway or by hand without taking the stars back, or stars were taken back for
--   a payment that was never refunded.
-- remedy: Take the missing stars back: SELECT wallet_refund_payment('<payment>'). Undo a claw-back that has no
--   refund: SELECT wallet_reverse('<entry>').

-- A claw-back that was reversed, as after a refund that the gateway refused, counts as undone.
WITH clawbacks AS NOT MATERIALIZED (
    SELECT e.related_payment_id, e.amount
    FROM wallet_transactions e
    WHERE e.transaction_type = 'refund' AND e.related_reading_id IS NULL
      AND NOT coalesce(e.metadata ? 'reverses_entry_id', false)
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
),
taken AS (
    SELECT e.related_payment_id AS payment_id, count(*) AS entries, sum(e.amount) AS stars
    FROM clawbacks e
    WHERE e.related_payment_id IS NOT NULL
    GROUP BY e.related_payment_id
)
SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, 'STAR'::currency AS unit,
       CASE WHEN p.status = 'refunded' THEN p.stars_total ELSE 0 END AS expected,
       coalesce(t.stars, 0) AS actual,
       format('Payment %s of user %s is %s, so %s STAR should have been taken back, but %s were, in %s entries.',
              p.id, p.user_id, p.status, CASE WHEN p.status = 'refunded' THEN p.stars_total ELSE 0 END,
              coalesce(t.stars, 0), coalesce(t.entries, 0)) AS message
FROM payments p
LEFT JOIN taken t ON t.payment_id = p.id
WHERE coalesce(t.stars, 0) <> CASE WHEN p.status = 'refunded' THEN p.stars_total ELSE 0 END
