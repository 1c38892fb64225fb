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
-- Its names are not those of tables that the pack reads.
WITH bursar_suspect AS MATERIALIZED (
    SELECT DISTINCT p.payment_id, p.account, p.unit, p.status, p.granted
    FROM {payments} p
    LEFT JOIN {grants} g ON g.ref{ref} = p.payment_id{ref} AND g.account{account} = p.account{account}
                        AND g.unit::text = p.unit::text
    WHERE {was_paid} AND p.granted > 0 AND g.delta IS DISTINCT FROM p.granted
),
-- There are few or none, so more is asked about them only here. A payment may be credited in parts.
bursar_credits AS MATERIALIZED (
    SELECT s.payment_id,
           count(*) FILTER (WHERE g.account{account} = s.account{account} AND g.unit::text = s.unit::text) AS entries,
           sum(g.delta) FILTER (WHERE g.account{account} = s.account{account} AND g.unit::text = s.unit::text) AS units,
           bool_or(g.account{account} <> s.account{account}) AS elsewhere,
           array_agg(g.entry_id::text ORDER BY g.at, g.entry_id::text) AS ids,
           string_agg(format('%s %s', g.delta, g.unit), ' and ' ORDER BY g.at, g.entry_id::text) AS credited
    FROM bursar_suspect s
    JOIN {grants} g ON g.ref{ref} = s.payment_id{ref}
    GROUP BY s.payment_id
)
SELECT {payments_name} AS table_name, s.payment_id::text AS key, s.account::text AS account, s.unit::text AS unit,
       s.granted::text AS expected, coalesce(c.units::text, c.credited, '0') AS actual,
       CASE WHEN c.payment_id IS NULL THEN
               format('Payment %s of account %s is %s and worth %s %s, but the ledger has no entry for it.',
                      s.payment_id, coalesce(s.account::text, 'none'), s.status, s.granted, s.unit)
            WHEN cardinality(c.ids) = 1 THEN
               format('Payment %s of account %s is worth %s %s, but its entry %s credits %s.',
                      s.payment_id, coalesce(s.account::text, 'none'), s.granted, s.unit, c.ids[1], c.credited)
            ELSE
               format('Payment %s of account %s is worth %s %s, but its entries %s credit %s.',
                      s.payment_id, coalesce(s.account::text, 'none'), s.granted, s.unit, array_to_string(c.ids, ' and '),
                      c.credited) END AS message,
       c.ids[1] AS first_bad_entry
FROM bursar_suspect s
LEFT JOIN bursar_credits c ON c.payment_id = s.payment_id
WHERE (c.units IS NULL AND c.elsewhere IS NOT TRUE) OR c.units < s.granted OR (c.units > s.granted AND c.entries = 1)
