-- The units of an account: what is cached, what its entries sum to, how many they are, and the last of them. An entry
-- without a delta has no meaning in the sum, so the two cannot be said to agree.
SELECT coalesce(c.unit, l.unit) AS unit, c.balance::text AS balance, (coalesce(l.total, 0)[[opening: + coalesce(c.opening, 0)]])::text AS ledger,
       coalesce(l.entries, 0) AS entries, l.last_entry, l.last_at,
       [[floor:CASE WHEN c.has_floor THEN c.floor::text ELSE '0' END]][[!floor:'0']] AS floor,
       [[!cached:CASE WHEN false THEN ]]c.balance IS NOT DISTINCT FROM coalesce(l.total, 0)[[opening: + coalesce(c.opening, 0)]] AND NOT coalesce(l.unsigned, false)[[!cached: END]] AS agrees
  FROM (SELECT b.unit::text AS unit, b.balance[[opening:, b.opening]][[floor:, b.floor, true AS has_floor]] FROM ({balances}) AS b) c
  FULL JOIN (SELECT e.unit::text AS unit, sum(e.delta) AS total, count(*) AS entries, bool_or(e.delta IS NULL) AS unsigned,
                    (array_agg(e.entry_id::text ORDER BY {newest:e}))[1] AS last_entry,
                    max(e.at)::timestamptz AS last_at
               FROM ({entries}) AS e
              GROUP BY e.unit::text) l ON l.unit = c.unit
 ORDER BY 1
