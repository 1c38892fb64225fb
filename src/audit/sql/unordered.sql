-- The accounts in which an entry does not follow from the one before it in the order of the ledger. All
-- entries are sorted for it, so it carries no more than the order needs.
SELECT [[!chainless:DISTINCT ]]l.account, l.unit
  FROM (SELECT e.account, e.unit, e.delta, e.running,[[before: e.running_before,]]
               lag(e.running::{number}, 1, [[!opening:0]][[opening:coalesce(o.opening, 0)]]::{number}) OVER (PARTITION BY e.account, e.unit ORDER BY {order:e}) AS previous
          FROM ({entries}) AS e[[opening: LEFT JOIN ({balances}) AS o ON o.account = e.account AND o.unit = e.unit]]) AS l
 [[!chainless:WHERE ]][[chainless:GROUP BY l.account, l.unit HAVING count(l.running) > 0 AND bool_or(]]l.running IS DISTINCT FROM l.previous + l.delta[[before: OR l.running_before <> l.running - l.delta]][[chainless:)]]
