-- title: The moves of a transaction are its postings
-- severity: error
-- reads: transactions, moves
-- why: Whoever looks at the transaction sees other amounts than its accounts gave and got.
-- cause: Moves were changed or removed by hand, or the transaction was.
-- remedy: Find out which of the two is right. Neither is ever edited: post a transaction of the difference.

-- Moves that do not sum to 0 are reported by ledger.balanced. A ledger without the feature MOVES_HISTORY keeps none.
SELECT DISTINCT ON (d.ledger, d.id, d.asset)
       'transactions' AS table_name, d.ledger || '/' || d.id AS key, d.ledger || '/' || d.address AS account, d.asset::text AS unit,
       d.posted::text AS expected, d.moved::text AS actual,
       format('Transaction %s of ledger %s %s account %s: %s %s by its postings, and %s by its moves.', d.id, d.ledger,
              CASE WHEN d.is_source THEN 'takes from' ELSE 'gives to' END, d.address, d.posted, d.asset, d.moved) AS message,
       d.ledger::text AS tenant
FROM (SELECT s.ledger, s.id, s.asset, s.address, s.is_source, sum(s.posted) AS posted, sum(s.moved) AS moved,
             sum(sum(CASE WHEN s.is_source THEN -s.moved ELSE s.moved END)) OVER (PARTITION BY s.ledger, s.id, s.asset) AS total
      FROM (SELECT t.ledger, t.id, p.value ->> 'asset' AS asset, v.address, v.is_source,
                   (p.value ->> 'amount')::numeric AS posted, 0 AS moved
            FROM transactions t
            CROSS JOIN LATERAL jsonb_array_elements(t.postings::jsonb) AS p (value)
            CROSS JOIN LATERAL (VALUES (true, p.value ->> 'source'), (false, p.value ->> 'destination')) AS v (is_source, address)
            WHERE EXISTS (SELECT FROM moves m WHERE m.ledger = t.ledger)
            UNION ALL
            SELECT m.ledger, m.transactions_id, m.asset, m.accounts_address, m.is_source, 0, m.amount
            FROM moves m) s
      GROUP BY s.ledger, s.id, s.asset, s.address, s.is_source) d
WHERE d.total = 0 AND d.posted <> d.moved
ORDER BY d.ledger, d.id, d.asset, d.is_source, d.address
