-- Every entry whose running balance does not follow from the one before it, or is missing, in the order of the
-- ledger, with what stands before and after it, to name the likely cause. The ledger's order is its
-- time; seq and then the key decide between entries of one instant. Only the accounts that have such
-- an entry are read with all that a finding tells; where a whole chain stands in another order, all
-- its entries, because some of them may form a loop apart from it.
WITH suspects AS MATERIALIZED (
{suspects}
), broken AS MATERIALIZED (
    SELECT e.account, e.unit
      FROM ({entries}) AS e JOIN suspects s ON s.account = e.account AND s.unit = e.unit
     GROUP BY e.account, e.unit
    HAVING sum({h:e.running}) - sum({h:e.running::{number} - e.delta}) IS DISTINCT FROM {h:coalesce(sum(e.delta), 0)}::bigint - {h:0}::bigint OR count(e.running) < count(*)
)
SELECT l.account::text, l.unit::text, l.entry_id::text, l.kind::text, to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, l.delta::text, l.running::text,
       (l.previous + l.delta)::text AS expected, (l.running - l.previous - l.delta)::text AS gap, l.previous::text,
       l.position, l.previous_id::text, l.previous_delta::text,
       l.next_gap::text, l.at = l.previous_at AS tied,
       b.account IS NOT NULL AS broken, trim_scale((l.running::{number} - l.delta)::numeric)::text AS before, trim_scale(l.running::numeric)::text AS after,
       l.running IS DISTINCT FROM l.previous + l.delta AS unlinked
  FROM (SELECT k.*, lead(k.running - k.previous - k.delta) OVER (PARTITION BY k.account, k.unit ORDER BY k.at, k.seq, k.entry_id) AS next_gap
          FROM (SELECT e.*, row_number() OVER w AS position,
                       lag(e.entry_id) OVER w AS previous_id, lag(e.delta) OVER w AS previous_delta, lag(e.at) OVER w AS previous_at,
                       lag(e.running::{number}, 1, 0::{number}) OVER w AS previous
                  FROM ({entries}) AS e JOIN suspects s ON s.account = e.account AND s.unit = e.unit
                WINDOW w AS (PARTITION BY e.account, e.unit ORDER BY e.at, e.seq, e.entry_id)) k) l
  LEFT JOIN broken b ON b.account = l.account AND b.unit = l.unit
 WHERE b.account IS NULL OR l.running IS DISTINCT FROM l.previous + l.delta
 ORDER BY l.account, l.unit, l.at, l.seq, l.entry_id
