-- title: Paid payments were credited
-- severity: error
-- for: ledger, states
-- reads: payments.sql, ledger/entries.sql
-- why: A customer who paid must have received what the payment bought, all of it and no more.
-- cause: The payment was marked as paid while the credit failed, or the credit was written with another amount than
--   the payment promised.
-- remedy: Look the payment up: bursar payments show PAYMENT. Where the gateway has the money and the entry is missing, credit
--   it with the payment as its ref. Put a wrong amount right with bursar wallet adjust, with the payment in its reason.

-- Several entries that come to too much are reported by payments.duplicate, and entries of another account by
-- payments.account. What was taken back later does not matter here.
WITH sums AS (
    SELECT g.ref, g.account, g.unit, count(*) AS entries, sum(g.delta) AS units
    FROM {grants} g
    WHERE g.ref IS NOT NULL
    GROUP BY g.ref, g.account, g.unit
),
wrong AS MATERIALIZED (
    SELECT p.payment_id, p.account, p.unit, p.status, p.granted, s.units
    FROM {payments} p
    LEFT JOIN sums s ON s.ref{ref} = p.payment_id{ref} AND s.account{account} = p.account{account}
                    AND s.unit::text = p.unit::text
    WHERE p.state IN ('paid', 'partly', 'refunded') AND p.granted > 0
      AND (s.units IS NULL OR s.units < p.granted OR (s.units > p.granted AND s.entries = 1))
),
-- There are few or none, so more is asked about them only here.
details AS MATERIALIZED (
    SELECT w.payment_id, bool_or(g.account{account} <> w.account{account}) AS elsewhere,
           string_agg(g.entry_id::text, ', ' ORDER BY g.at, g.entry_id::text) AS entries,
           (array_agg(g.entry_id::text ORDER BY g.at, g.entry_id::text))[1] AS first,
           string_agg(format('%s %s', g.delta, g.unit), ', ' ORDER BY g.at, g.entry_id::text)
               FILTER (WHERE g.unit::text IS DISTINCT FROM w.unit::text) AS other
    FROM wrong w
    JOIN {grants} g ON g.ref{ref} = w.payment_id{ref}
    GROUP BY w.payment_id
)
SELECT {payments_name} AS table_name, w.payment_id::text AS key, w.account::text AS account, w.unit::text AS unit,
       w.granted::text AS expected, coalesce(w.units::text, d.other, '0') AS actual,
       CASE WHEN d.payment_id IS NULL THEN
               format('Payment %s of account %s is %s and worth %s %s, but the ledger has no entry for it.',
                      w.payment_id, coalesce(w.account::text, 'none'), w.status, w.granted, w.unit)
            ELSE
               format('Payment %s of account %s is worth %s %s, but its entry %s credits %s.',
                      w.payment_id, coalesce(w.account::text, 'none'), w.granted, w.unit, d.entries,
                      coalesce(w.units::text, d.other)) END AS message,
       d.first AS first_bad_entry
FROM wrong w
LEFT JOIN details d ON d.payment_id = w.payment_id
WHERE w.units IS NOT NULL OR d.elsewhere IS NOT TRUE
