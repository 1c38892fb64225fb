-- title: No stars for unpaid payments
-- severity: error
-- reads: payments, wallet_transactions
-- why: A payment that is pending or failed brought no money, so stars credited for it were given away.
-- cause: Stars were credited before the gateway confirmed the payment, or the payment was set back after it was
--   credited.
-- remedy: Look the payment up at the gateway. If it was paid, correct its status; if not, debit the stars again
--   with wallet_adjust, and acknowledge this finding.

-- Every entry is a row of its own, because each must be reversed.
WITH purchases AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.currency, e.amount, e.created_at, e.related_payment_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'purchase'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
)
SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, e.currency AS unit,
       0 AS expected, e.amount AS actual,
       format('Payment %s of user %s is %s, but entry %s credits %s %s for it.',
              p.id, p.user_id, p.status, e.id, e.amount, e.currency) AS message,
       e.id AS first_bad_entry
FROM payments p
JOIN purchases e ON e.related_payment_id = p.id AND e.user_id = p.user_id
WHERE p.status IN ('pending', 'failed')
