-- title: Reversals undo exactly one entry
-- severity: error
-- reads: wallet_transactions
-- why: A reversal must be the exact opposite of the entry that it names: the same user, unit and amount, and only
--   once.
-- cause: The reversal was written by hand, or retried, or names the wrong entry.
-- remedy: Put the difference right with wallet_adjust, naming the entry in its reason, and acknowledge this
--   finding.

WITH reversals AS (
    SELECT r.id, r.user_id, r.currency, r.amount, r.metadata->>'reverses_entry_id' AS target,
           CASE WHEN r.metadata->>'reverses_entry_id'
                     ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
                THEN (r.metadata->>'reverses_entry_id')::uuid END AS target_id,
           row_number() OVER (PARTITION BY lower(r.metadata->>'reverses_entry_id')
                              ORDER BY r.created_at, r.id) AS nth
    FROM wallet_transactions r
    WHERE r.transaction_type = 'refund' AND r.metadata ? 'reverses_entry_id'
)
SELECT 'wallet_transactions' AS table_name, r.id AS key, r.user_id AS account, r.currency AS unit,
       CASE
           WHEN o.id IS NULL THEN 'an existing entry'
           WHEN o.transaction_type = 'refund' AND o.metadata ? 'reverses_entry_id' THEN 'an entry that is no reversal'
           WHEN o.user_id <> r.user_id OR o.currency <> r.currency OR o.amount <> r.amount THEN
               format('%s %s of user %s', o.amount, o.currency, o.user_id)
           ELSE '1 reversal'
       END AS expected,
       CASE
           WHEN o.id IS NULL THEN coalesce(r.target, 'none')
           WHEN o.transaction_type = 'refund' AND o.metadata ? 'reverses_entry_id' THEN r.target
           WHEN o.user_id <> r.user_id OR o.currency <> r.currency OR o.amount <> r.amount THEN
               format('%s %s of user %s', r.amount, r.currency, r.user_id)
           ELSE format('%s reversals', r.nth)
       END AS actual,
       CASE
           WHEN o.id IS NULL THEN
               format('Entry %s of user %s says that it reverses entry %s, which does not exist.',
                      r.id, r.user_id, coalesce(r.target, 'null'))
           WHEN o.transaction_type = 'refund' AND o.metadata ? 'reverses_entry_id' THEN
               format('Entry %s of user %s reverses entry %s, which is a reversal itself.', r.id, r.user_id, o.id)
           WHEN o.user_id <> r.user_id OR o.currency <> r.currency OR o.amount <> r.amount THEN
               format('Entry %s over %s %s of user %s reverses entry %s, which is over %s %s of user %s.',
                      r.id, r.amount, r.currency, r.user_id, o.id, o.amount, o.currency, o.user_id)
           ELSE
               format('Entry %s of user %s reverses entry %s, which was reversed before.', r.id, r.user_id, o.id)
       END AS message,
       r.id AS first_bad_entry
FROM reversals r
LEFT JOIN wallet_transactions o ON o.id = r.target_id
WHERE o.id IS NULL
   OR (o.transaction_type = 'refund' AND o.metadata ? 'reverses_entry_id')
   OR o.user_id <> r.user_id OR o.currency <> r.currency OR o.amount <> r.amount
   OR r.nth > 1
