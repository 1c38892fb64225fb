-- Every entry whose running balance does not follow from the one before it, or is missing, in the order of the
-- ledger, with what stands before and after it, to name the likely cause. Only the accounts that have such
-- an entry are read with all that a finding tells. One that starts from the balance that one of the ten before it left has
-- overwritten those between. Where a whole chain stands in another order, all
-- its entries, because some of them may form a loop apart from it.
WITH suspects AS MATERIALIZED (
{suspects}
), broken AS MATERIALIZED (
    SELECT e.account, e.unit
      FROM ({entries}) AS e JOIN suspects s ON s.account = e.account AND s.unit = e.unit[[opening: LEFT JOIN ({balances}) AS o ON o.account = e.account AND o.unit = e.unit]]
     GROUP BY e.account, e.unit
    HAVING {split}
)
SELECT l.account::text, l.unit::text, l.entry_id::text, l.kind::text, coalesce(nullif(to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''), l.at::text) AS at, l.delta::text, l.running::text,
       (l.previous + l.delta)::text AS expected, (l.running - l.previous - l.delta)::text AS gap, l.previous::text,
       l.position, l.previous_id::text, l.previous_delta::text,
       l.next_gap::text, l.at = l.previous_at AS tied, l.undated,
       b.account IS NOT NULL AS broken, trim_scale((l.running::{number} - l.delta)::numeric)::text AS before, trim_scale(l.running::numeric)::text AS after,
       [[before:(]]l.running IS DISTINCT FROM l.previous + l.delta[[before: OR l.running_before <> l.running - l.delta)]] AS unlinked,
       f.entry AS started_from, f.overwritten,
       [[before:l.running_before::text]][[!before:NULL::text]] AS claimed, [[opening:trim_scale(l.opening::numeric)::text]][[!opening:'0']] AS start
  FROM (SELECT k.*, lead(k.running - k.previous - k.delta) OVER (PARTITION BY k.account, k.unit ORDER BY {order:k}) AS next_gap
          FROM (SELECT e.*, row_number() OVER w AS position,
                       lag(e.entry_id) OVER w AS previous_id, lag(e.delta) OVER w AS previous_delta, lag(e.at) OVER w AS previous_at,
                       count(*) FILTER (WHERE e.at IS NULL) OVER (PARTITION BY e.account, e.unit) AS undated,
                       array_agg(e.running) OVER earlier AS earlier, array_agg(e.entry_id::text) OVER earlier AS earlier_ids,
                       [[opening:coalesce(o.opening, 0) AS opening, ]]lag(e.running::{number}, 1, [[!opening:0]][[opening:coalesce(o.opening, 0)]]::{number}) OVER w AS previous
                  FROM ({entries}) AS e JOIN suspects s ON s.account = e.account AND s.unit = e.unit[[opening: LEFT JOIN ({balances}) AS o ON o.account = e.account AND o.unit = e.unit]]
                WINDOW w AS (PARTITION BY e.account, e.unit ORDER BY {order:e}),
                       earlier AS (PARTITION BY e.account, e.unit ORDER BY {order:e} ROWS BETWEEN 10 PRECEDING AND 2 PRECEDING)) k) l
  LEFT JOIN LATERAL (SELECT l.earlier_ids[n] AS entry, cardinality(l.earlier) - n + 1 AS overwritten
                       FROM generate_subscripts(l.earlier, 1) AS n
                      WHERE l.running IS DISTINCT FROM l.previous + l.delta AND l.earlier[n] = l.running::{number} - l.delta
                      ORDER BY n DESC LIMIT 1) AS f ON true
  LEFT JOIN broken b ON b.account = l.account AND b.unit = l.unit
 WHERE b.account IS NULL OR l.running IS DISTINCT FROM l.previous + l.delta[[before: OR l.running_before <> l.running - l.delta]]
 ORDER BY l.account, l.unit, {order:l}
