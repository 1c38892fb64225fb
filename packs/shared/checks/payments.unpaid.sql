-- title: No credit for unpaid payments
-- severity: error
-- for: ledger, states
-- reads: payments.sql, ledger/entries.sql
-- why: A payment that is pending or failed brought no money, so what was credited for it was given away.
-- cause: The credit was written before the gateway confirmed the payment, or the payment was set back after it was
--   credited.
-- remedy: Look the payment up at the gateway. If it was paid, correct its status; if not, debit it again with bursar
--   wallet adjust, and acknowledge this finding.

-- Every entry is a row of its own, because each must be reversed.
-- Its names are not those of tables that the pack reads.
WITH bursar_given AS MATERIALIZED (
    SELECT p.payment_id, p.account, p.status, g.entry_id, g.unit, g.delta
    FROM {payments} p
    JOIN {grants} g ON g.ref{ref} = p.payment_id{ref} AND g.account{account} = p.account{account}
    WHERE {was_unpaid}
),
-- Where the ledger does not say which entry undoes which, what was taken back counts against what was given.
bursar_nets AS (
    SELECT d.payment_id, e.unit::text AS unit, sum(e.delta) AS net
    FROM (SELECT DISTINCT w.payment_id, w.account FROM bursar_given w) d
    JOIN {entries} e ON e.ref{ref} = d.payment_id{ref} AND e.account{account} = d.account{account}
    WHERE NOT {reversals}
    GROUP BY d.payment_id, e.unit::text
)
SELECT {payments_name} AS table_name, w.payment_id::text AS key, w.account::text AS account, w.unit::text AS unit,
       0 AS expected, w.delta AS actual,
       format('Payment %s of account %s is %s, but entry %s credits %s %s for it.',
              w.payment_id, w.account, w.status, w.entry_id, w.delta, w.unit) AS message,
       w.entry_id AS first_bad_entry
FROM bursar_given w
LEFT JOIN bursar_nets n ON n.payment_id = w.payment_id AND n.unit = w.unit::text
WHERE {reversals} OR n.net > 0
