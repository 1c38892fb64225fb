-- The entries around one, in the order of the ledger, with the balance that follows from all entries up
-- to each; around the last one where none is named.
WITH ordered AS MATERIALIZED (
{ordered}
)
SELECT o.*
  FROM ordered o, (SELECT coalesce(min(position) FILTER (WHERE entry = $3), max(position)) AS position FROM ordered) f
 WHERE o.position BETWEEN f.position - 3 AND f.position + 3
 ORDER BY o.position
