-- title: Paid payments were credited
-- severity: error
-- reads: payments, wallet_transactions
-- why: A customer who paid must have received the stars of that payment, all of them and no more.
-- cause: The payment was marked as paid while the credit failed, or the credit was written with another amount than
--   the payment promised.
-- remedy: Where the entry is missing and the payment succeeded: SELECT wallet_purchase('<payment>'). A wrong amount
--   is put right by wallet_adjust, with the payment in its reason.

-- Entries that were reversed count as undone. Several entries are reported by payments.duplicate, and entries of
-- another user by payments.orphan.
WITH purchases AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.currency, e.amount, e.created_at, e.related_payment_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'purchase'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
)
SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, 'STAR'::currency AS unit,
       p.stars_total AS expected, 0 AS actual,
       format('Payment %s of user %s is %s and worth %s STAR, but the ledger has no purchase entry for it.',
              p.id, p.user_id, p.status, p.stars_total) AS message,
       NULL::uuid AS first_bad_entry
FROM payments p
WHERE p.status IN ('succeeded', 'refunded')
  AND NOT EXISTS (SELECT FROM purchases e WHERE e.related_payment_id = p.id)
UNION ALL
SELECT 'payments', p.id, p.user_id, 'STAR'::currency, p.stars_total, e.amount,
       format('Payment %s of user %s is worth %s STAR, but its purchase entry %s credits %s.',
              p.id, p.user_id, p.stars_total, e.id, e.amount),
       e.id
FROM payments p
JOIN purchases e ON e.related_payment_id = p.id AND e.user_id = p.user_id AND e.amount <> p.stars_total
WHERE p.status IN ('succeeded', 'refunded')
  AND NOT EXISTS (SELECT FROM purchases d
                  WHERE d.related_payment_id = p.id AND d.user_id = p.user_id AND d.id <> e.id)
