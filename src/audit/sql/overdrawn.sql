-- The first entry after which an account whose entries carry no running balance had less than it may have, although it
-- has enough now: the balances of the past are computed again. In the order of time, it had too little for longer than
-- clocks may be apart, $2 seconds. Where the cached balance is not the sum, that is told instead.
WITH walked AS MATERIALIZED (
    SELECT e.account, e.unit, e.entry_id, e.kind, e.at, e.seq, e.delta,
           sum(e.delta) OVER (PARTITION BY e.account, e.unit ORDER BY e.[[seq:seq]][[!seq:at]]) AS running
      FROM ({entries}) AS e
     WHERE e.at IS NOT NULL
), low AS MATERIALIZED (
    SELECT w.account, w.unit, sum(w.delta) AS total
      FROM walked w
     GROUP BY w.account, w.unit[[plain:
    HAVING min(w.running) < 0]]
), bounded AS MATERIALIZED (
    SELECT l.account, l.unit, l.total, [[floor:CASE WHEN c.account IS NULL THEN 0 ELSE c.floor END]][[!floor:0]] AS floor,
           [[opening:coalesce(c.opening, 0)]][[!opening:0]] AS start, c.balance
      FROM low l LEFT JOIN ({balances}) AS c ON c.account = l.account AND c.unit = l.unit
), followed AS (
    SELECT w.*, b.floor, w.running + b.start AS had, w.running + b.start < b.floor AS below,
           min(w.at) FILTER (WHERE w.running + b.start >= b.floor)
               OVER (PARTITION BY w.account, w.unit ORDER BY w.[[seq:seq]][[!seq:at]] GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS until
      FROM walked w JOIN bounded b ON b.account = w.account AND b.unit = w.unit
     WHERE b.total + b.start >= b.floor[[cached: AND b.balance = b.total + b.start]]
)
SELECT DISTINCT ON (f.account, f.unit)
       f.account::text, f.unit::text, f.entry_id::text, f.kind::text, coalesce(nullif(to_char(f.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''), f.at::text) AS at,
       NULL::text AS delta, trim_scale(f.had)::text AS running, NULL::text AS opened_at, 'overdrawn' AS fault, f.floor::text AS floor
  FROM followed f
 WHERE f.below AND [[seq:$2 IS NOT NULL]][[!seq:f.until > f.at + interval '1 second' * $2]]
 ORDER BY f.account, f.unit, f.[[seq:seq]][[!seq:at, f.delta]]
