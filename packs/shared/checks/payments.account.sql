-- title: Payments were credited to their own account
-- severity: error
-- for: ledger
-- reads: payments.sql, ledger/entries.sql
-- why: What one customer paid for must not be in another one's account.
-- cause: The entry was written by hand, or with the id of another account's payment.
-- remedy: Find out whose payment it is: bursar payments show PAYMENT. Debit the wrong account with bursar wallet adjust and
--   credit the right one.

-- Its names are not those of tables that the pack reads.
WITH bursar_elsewhere AS MATERIALIZED (
    SELECT p.payment_id, p.account AS owner, g.entry_id, g.account, g.unit, g.delta
    FROM {payments} p
    JOIN {grants} g ON g.ref{ref} = p.payment_id{ref}
    WHERE g.account{account} <> p.account{account}
),
-- In double entry other accounts are credited too, as that of a fee: then the payment's own account has its credit, and
-- everything sums to 0. What an account gave back again is not there any more.
bursar_sides AS (
    SELECT w.payment_id, w.account, e.unit::text AS unit, sum(e.delta) AS total,
           sum(e.delta) FILTER (WHERE e.account = w.account) AS net,
           bool_or(e.account{account} = w.owner{account} AND e.delta > 0) AS own
    FROM (SELECT DISTINCT l.payment_id, l.owner, l.account FROM bursar_elsewhere l) w
    JOIN {entries} e ON e.ref{ref} = w.payment_id{ref}
    GROUP BY w.payment_id, w.account, e.unit::text
)
SELECT {entries_name} AS table_name, w.entry_id::text AS key, w.account::text AS account, w.unit::text AS unit,
       w.owner::text AS expected, w.account::text AS actual,
       format('Entry %s credits %s %s to account %s for payment %s, which belongs to account %s.',
              w.entry_id, w.delta, w.unit, w.account, w.payment_id, w.owner) AS message,
       w.entry_id AS first_bad_entry, w.payment_id::text AS payment
FROM bursar_elsewhere w
JOIN bursar_sides s ON s.payment_id = w.payment_id AND s.account = w.account AND s.unit = w.unit::text
WHERE s.net > 0 AND (s.own IS NOT TRUE OR s.total <> 0)
