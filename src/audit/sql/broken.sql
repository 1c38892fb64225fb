-- The accounts whose entries form no whole chain in any order, as in the aggregate of the sums, and those in which an
-- entry carries no running balance.
SELECT e.account, e.unit
  FROM ({entries}) AS e
 GROUP BY e.account, e.unit
HAVING sum({h:e.running}) - sum({h:e.running::{number} - e.delta}) IS DISTINCT FROM {h:coalesce(sum(e.delta), 0)}::bigint - {h:0}::bigint OR count(e.running) < count(*)
