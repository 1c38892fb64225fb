-- Double entry: the refs whose entries do not sum to zero in each unit, or that have less than two, with up to ten of their
-- entries. A ref that is null holds nothing together, so that each of its entries stands alone.
WITH legs AS MATERIALIZED (
    SELECT e.ref, e.unit, count(*) AS entries, sum(e.delta) AS total, count(*) - count(e.delta) AS unsigned
      FROM ({ledger}) AS e
     {among}
     GROUP BY e.ref, e.unit
), wrong AS MATERIALIZED (
    SELECT l.ref, sum(l.entries) AS entries, sum(l.unsigned) AS unsigned,
           array_agg(l.unit::text ORDER BY l.unit) FILTER (WHERE l.total IS DISTINCT FROM 0) AS units,
           array_agg(coalesce(l.total, 0)::text ORDER BY l.unit) FILTER (WHERE l.total IS DISTINCT FROM 0) AS totals
      FROM legs l
     WHERE l.total IS DISTINCT FROM 0 OR l.entries < 2 OR l.ref IS NULL
     GROUP BY l.ref
), named AS MATERIALIZED (
    SELECT n.ref, array_agg(n.entry_id::text ORDER BY n.place) AS ids, array_agg(coalesce(n.account::text, '') ORDER BY n.place) AS accounts,
           array_agg(n.delta::text ORDER BY n.place) AS deltas, array_agg(coalesce(n.unit::text, '') ORDER BY n.place) AS entry_units, max(n.entries) AS entries
      FROM (SELECT e.ref, e.entry_id, e.account, e.delta, e.unit, count(*) OVER (PARTITION BY e.ref) AS entries,
                   row_number() OVER (PARTITION BY e.ref ORDER BY {order:e}) AS place
              FROM ({ledger}) AS e JOIN wrong w ON w.ref = e.ref) n
     WHERE n.place <= 10
     GROUP BY n.ref
)
SELECT w.ref::text, coalesce(n.entries, w.entries)::bigint AS entries, w.unsigned::bigint, coalesce(w.units, '{}') AS units, coalesce(w.totals, '{}') AS totals,
       n.ids, n.accounts, n.deltas, n.entry_units, (SELECT count(*) FROM legs) AS refs
  FROM wrong w LEFT JOIN named n ON n.ref = w.ref
 ORDER BY w.ref
