-- title: Refunded payments were taken back
-- severity: error
-- reads: payments, wallet_transactions
-- why: When the money went back to the customer the stars must come back too, and only then.
-- cause: The refund was made at the gateway or by hand without taking the stars back, or stars were taken back for
--   a payment that was never refunded.
-- remedy: See what bursar knows of its refunds: bursar payments show PAYMENT. Where it knows none, take missing stars of a
--   refunded payment back: SELECT wallet_refund_payment('<payment>'). Where it knows some, mend the difference with bursar
--   wallet adjust. Undo a claw-back that has no refund: SELECT wallet_reverse('<entry>').

-- A claw-back that was reversed, as after a refund that the gateway refused, counts as undone. Where bursar keeps refunds
-- of a payment they say what was taken, also of a part, and what was written off; elsewhere the status does. A payment of
-- which the application takes only a part back stays succeeded.
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
    SELECT e.related_payment_id AS payment_id, count(*) AS entries, sum(e.amount) AS stars,
           bool_or(e.amount = 0) AS void
    FROM clawbacks e
    WHERE e.related_payment_id IS NOT NULL
    GROUP BY e.related_payment_id
),
asked AS (
    SELECT r.payment, sum(r.units_taken) AS stars
    FROM {refunds} r
    WHERE r.state NOT IN ('rejected', 'failed', 'canceled')
    GROUP BY r.payment
),
compared AS (
    SELECT p.id, p.user_id, p.status, p.stars_total, coalesce(t.stars, 0) AS stars, coalesce(t.entries, 0) AS entries, t.void,
           coalesce(a.stars, CASE WHEN p.status = 'refunded' THEN p.stars_total ELSE 0 END) AS due,
           a.payment IS NOT NULL AS by_bursar
    FROM payments p
    LEFT JOIN taken t ON t.payment_id = p.id
    LEFT JOIN asked a ON a.payment = p.id::text
)
SELECT 'payments' AS table_name, c.id AS key, c.user_id AS account, 'STAR'::currency AS unit,
       c.due AS expected, c.stars AS actual,
       CASE WHEN c.void THEN
               format('Of %s entries that take stars of payment %s of user %s back, one is over 0.', c.entries, c.id, c.user_id)
            WHEN c.by_bursar THEN
               format('The refunds of payment %s of user %s took %s STAR back, but the ledger took %s, in %s entries.',
                      c.id, c.user_id, c.due, c.stars, c.entries)
            ELSE
               format('Payment %s of user %s is %s, so %s STAR should have been taken back, but %s were, in %s entries.',
                      c.id, c.user_id, c.status, c.due, c.stars, c.entries) END AS message
FROM compared c
WHERE c.void
   OR c.stars <> c.due
  AND NOT (NOT c.by_bursar AND c.status = 'succeeded' AND c.stars BETWEEN 1 AND c.stars_total - 1)
