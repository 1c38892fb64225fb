-- The entries of an account, of one unit where $2 names it, each with its place in the order of the ledger and the balance
-- that follows from all entries of its unit up to it; whether the unit has a chain, and whether all its entries together form
-- one, in whatever order (see sums.sql).
SELECT e.entry_id::text AS entry, e.at AS moment, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.kind::text, e.ref::text,
       e.unit::text AS unit, e.delta::text AS amount, e.running::text AS stored, row_number() OVER w AS position,
       ([[opening:coalesce(o.opening, 0) + ]]sum(e.delta) OVER (w ROWS UNBOUNDED PRECEDING))::text AS recomputed,
       e.running IS NOT DISTINCT FROM [[opening:coalesce(o.opening, 0) + ]]sum(e.delta) OVER (w ROWS UNBOUNDED PRECEDING)[[before: AND coalesce(e.running_before = e.running - e.delta, true)]] AS agrees,
       count(e.running) OVER u > 0 AS chained,
       count(e.running) OVER u = count(*) OVER u[[before: AND NOT coalesce(bool_or(e.running_before <> e.running - e.delta) OVER u, false)]]
       AND coalesce(sum({h:e.running}) OVER u - sum({h:e.running::{number} - e.delta}) OVER u
                    = {h:sum(e.delta) OVER u[[opening: + coalesce(o.opening, 0)]]}::bigint - {h:[[!opening:0]][[opening:coalesce(o.opening, 0)]]}::bigint, false) AS whole,
       row_number() OVER (ORDER BY {newest:e}) AS age
  FROM ({entries}) AS e[[opening: LEFT JOIN ({balances}) AS o ON o.account = e.account AND o.unit = e.unit]]
 WHERE $2::text IS NULL OR e.unit::text = $2
WINDOW w AS (PARTITION BY e.unit ORDER BY {order:e}), u AS (PARTITION BY e.unit)
