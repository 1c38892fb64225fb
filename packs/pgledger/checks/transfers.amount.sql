-- title: The entries of a transfer move its amount
-- severity: error
-- reads: pgledger_transfers, pgledger_entries
-- why: Whoever looks at the transfer sees another amount than its accounts gave and got.
-- cause: The transfer or its entries were changed or removed by hand.
-- remedy: Find out which of them is right. Entries are never edited: make a transfer of the difference.

-- Entries that do not sum to 0 are reported by ledger.balanced.
SELECT 'pgledger_transfers' AS table_name, t.id AS key, t.to_account_id AS account, NULL::text AS unit,
       t.amount::text AS expected, coalesce(t.received, 0)::text AS actual,
       CASE WHEN t.entries = 0 THEN format('Transfer %s is over %s and has no entries.', t.id, t.amount)
            ELSE format('Transfer %s is over %s, but its entries take %s from account %s and give %s to account %s.', t.id,
                        t.amount, -coalesce(t.given, 0), t.from_account_id, coalesce(t.received, 0), t.to_account_id)
       END AS message
FROM (SELECT t.id, t.amount, t.from_account_id, t.to_account_id, count(e.id) AS entries, sum(e.amount) AS total,
             sum(e.amount) FILTER (WHERE e.account_id = t.from_account_id) AS given,
             sum(e.amount) FILTER (WHERE e.account_id = t.to_account_id) AS received
      FROM pgledger_transfers t
      LEFT JOIN pgledger_entries e ON e.transfer_id = t.id
      GROUP BY t.id) t
WHERE t.entries = 0
   OR (t.total = 0 AND (t.received IS DISTINCT FROM t.amount OR t.given IS DISTINCT FROM -t.amount))
