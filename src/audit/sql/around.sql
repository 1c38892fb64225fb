-- The entries around one, in the order of the ledger, with the balance that follows from all entries up
-- to each; around the last one where none is named.
WITH ordered AS MATERIALIZED (
    SELECT e.entry_id::text AS entry, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.kind::text, e.ref::text,
           e.delta::text AS amount, e.running::text AS stored, row_number() OVER w AS position,
           (sum(e.delta) OVER (w ROWS UNBOUNDED PRECEDING))::text AS recomputed
      FROM ({entries}) AS e
     WHERE e.unit::text = $2
    WINDOW w AS (ORDER BY e.at, e.seq, e.entry_id)
)
SELECT o.*
  FROM ordered o, (SELECT coalesce(min(position) FILTER (WHERE entry = $3), max(position)) AS position FROM ordered) f
 WHERE o.position BETWEEN f.position - 3 AND f.position + 3
 ORDER BY o.position
