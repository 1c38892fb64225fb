-- title: Credits for payments belong to one
-- severity: error
-- for: ledger, kinds
-- reads: payments.sql, ledger/entries.sql
-- why: A credit that says it was paid for must name the payment, or nobody can tell that money came in for it.
-- cause: The entry was written by hand, or its payment was deleted.
-- remedy: Find the payment that was meant. If there is none, put the balance right with bursar wallet adjust, and
--   acknowledge this finding.

SELECT {entries_name} AS table_name, g.entry_id::text AS key, g.account::text AS account, g.unit::text AS unit,
       coalesce(g.ref::text, 'a payment') AS expected, CASE WHEN g.ref IS NULL THEN 'none' ELSE 'missing' END AS actual,
       format('The %s entry %s over %s %s of account %s names %s.', g.kind, g.entry_id, g.delta, g.unit, g.account,
              coalesce('payment ' || g.ref::text || ', which does not exist', 'no payment')) AS message,
       g.entry_id AS first_bad_entry
FROM {grants} g
LEFT JOIN {payments} p ON g.ref{ref} = p.payment_id{ref}
WHERE p.payment_id IS NULL
