-- title: Refunds have their entries, and a failed refund gave its units back
-- severity: error
-- reads: wallet_transactions
-- why: The stars of a refund are gone from the account by one entry, and come back by another one where the refund fails.
-- cause: An entry or a refund was written past bursar's functions, or an entry of a refund was reversed by hand.
-- remedy: Ask the gateway how the refund stands (bursar refund show REFUND). Where the money went back, its stars are
--   taken with wallet_adjust; where it did not, they are given back with wallet_reverse.

-- What the application had taken back by itself has no entry of the refund's.
WITH found AS (
    SELECT r.id, r.payment, r.account, r.state, r.units_taken - r.units_found AS due, r.entry,
           r.state NOT IN ('rejected', 'failed', 'canceled') AS stands,
           e.id AS entry_id, e.amount, e.user_id, e.related_payment_id, e.transaction_type, e.metadata,
           v.id AS reversal_id
    FROM {refunds} r
    LEFT JOIN wallet_transactions e ON e.id::text = r.entry
    LEFT JOIN wallet_transactions v
      ON v.transaction_type = 'refund' AND v.metadata ? 'reverses_entry_id'
     AND lower(v.metadata->>'reverses_entry_id') = e.id::text
)
SELECT 'bursar.refunds' AS table_name, f.id AS key, f.account, 'STAR'::currency AS unit,
       CASE WHEN f.stands THEN f.due::text ELSE 'given back' END AS expected,
       CASE WHEN f.entry_id IS NULL THEN '0'
            WHEN f.stands AND f.reversal_id IS NOT NULL THEN 'given back'
            WHEN f.stands THEN f.amount::text
            ELSE 'kept' END AS actual,
       CASE
           WHEN f.entry_id IS NULL THEN
               format('Refund %s of payment %s is %s and took %s STAR, but its entry %s is not in the ledger.',
                      f.id, f.payment, f.state, f.due, coalesce(f.entry, 'none'))
           WHEN f.stands AND f.reversal_id IS NOT NULL THEN
               format('Refund %s of payment %s is %s, but entry %s, which took its %s STAR, was reversed by %s.',
                      f.id, f.payment, f.state, f.entry_id, f.amount, f.reversal_id)
           WHEN NOT f.stands THEN
               format('Refund %s of payment %s is %s, but entry %s, which took its %s STAR, was not reversed.',
                      f.id, f.payment, f.state, f.entry_id, f.amount)
           ELSE
               format('Refund %s of payment %s is %s and took %s STAR, but its entry %s is a %s over %s of user %s for %s.',
                      f.id, f.payment, f.state, f.due, f.entry_id, f.transaction_type, f.amount, f.user_id,
                      coalesce(f.related_payment_id::text, 'no payment'))
       END AS message,
       f.entry_id AS first_bad_entry
FROM found f
WHERE (f.due > 0 AND f.stands AND f.entry_id IS NULL)
   OR (f.entry IS NOT NULL AND f.entry_id IS NULL)
   OR (f.entry_id IS NOT NULL AND f.stands <> (f.reversal_id IS NULL))
   OR (f.entry_id IS NOT NULL
       AND (f.transaction_type <> 'refund' OR f.amount <> f.due OR f.user_id::text <> f.account
            OR f.related_payment_id::text IS DISTINCT FROM f.payment
            OR f.metadata->>'refund_id' IS DISTINCT FROM f.id::text))
UNION ALL
-- The other way round: an entry that names a refund is its entry, or was given back.
SELECT 'wallet_transactions', e.id, e.user_id::text, e.currency,
       coalesce(r.entry, 'a refund'), e.id::text,
       format('Entry %s took %s STAR of user %s for refund %s, %s.', e.id, e.amount, e.user_id,
              e.metadata->>'refund_id',
              CASE WHEN r.id IS NULL THEN 'which does not exist' ELSE 'which names another entry' END),
       e.id
FROM wallet_transactions e
LEFT JOIN {refunds} r ON r.id::text = e.metadata->>'refund_id'
WHERE e.transaction_type = 'refund' AND e.metadata ? 'refund_id' AND e.related_reading_id IS NULL
  AND r.entry IS DISTINCT FROM e.id::text
  AND NOT EXISTS (SELECT FROM wallet_transactions v
                  WHERE v.transaction_type = 'refund' AND v.metadata ? 'reverses_entry_id'
                    AND lower(v.metadata->>'reverses_entry_id') = e.id::text)
