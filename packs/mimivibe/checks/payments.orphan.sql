-- title: Purchases and claw-backs belong to a payment
-- severity: error
-- replaces: payments.account
-- reads: payments, wallet_transactions
-- references: wallet_transactions.related_payment_id
-- why: Stars that come from or go back to a payment must name it, and it must be a payment of the same user.
-- cause: The entry was written by hand, or with the id of another user's payment.
-- remedy: Find the payment that was meant. If there is none, put the balance right with wallet_adjust, and
--   acknowledge this finding.

WITH entries AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.transaction_type, e.currency, e.amount, e.related_payment_id
    FROM wallet_transactions e
    WHERE e.transaction_type IN ('purchase', 'refund')
      AND (e.transaction_type = 'purchase'
           OR (e.related_reading_id IS NULL AND NOT coalesce(e.metadata ? 'reverses_entry_id', false)))
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
)
SELECT 'wallet_transactions' AS table_name, e.id AS key, e.user_id AS account, e.currency AS unit,
       coalesce(p.user_id::text, e.related_payment_id::text, 'a payment') AS expected,
       CASE WHEN p.id IS NOT NULL THEN e.user_id::text
            WHEN e.related_payment_id IS NULL THEN 'none'
            ELSE 'missing' END AS actual,
       CASE
           WHEN p.id IS NOT NULL THEN
               format('The %s entry %s over %s %s belongs to user %s, but its payment %s belongs to user %s.',
                      e.transaction_type, e.id, e.amount, e.currency, e.user_id, p.id, p.user_id)
           WHEN e.related_payment_id IS NULL THEN
               format('The %s entry %s over %s %s of user %s names no payment.',
                      e.transaction_type, e.id, e.amount, e.currency, e.user_id)
           ELSE
               format('The %s entry %s over %s %s of user %s names payment %s, which does not exist.',
                      e.transaction_type, e.id, e.amount, e.currency, e.user_id, e.related_payment_id)
       END AS message,
       e.id AS first_bad_entry
FROM entries e
LEFT JOIN payments p ON p.id = e.related_payment_id
WHERE p.id IS NULL OR p.user_id <> e.user_id
