-- The units of an account: what is cached, what its entries sum to, how many they are, and the last of them. An entry
-- without a delta has no meaning in the sum, so the two cannot be said to agree.
SELECT coalesce(c.unit, l.unit) AS unit, c.balance::text AS balance, coalesce(l.total, 0)::text AS ledger,
       coalesce(l.entries, 0) AS entries, l.last_entry, l.last_at,
       coalesce(c.balance, 0) = coalesce(l.total, 0) AND NOT coalesce(l.unsigned, false) AS agrees
  FROM (SELECT b.unit::text AS unit, b.balance FROM ({balances}) AS b) c
  FULL JOIN (SELECT e.unit::text AS unit, sum(e.delta) AS total, count(*) AS entries, bool_or(e.delta IS NULL) AS unsigned,
                    (array_agg(e.entry_id::text ORDER BY e.at DESC, e.seq DESC, e.entry_id DESC))[1] AS last_entry,
                    max(e.at)::timestamptz AS last_at
               FROM ({entries}) AS e
              GROUP BY e.unit::text) l ON l.unit = c.unit
 ORDER BY 1
