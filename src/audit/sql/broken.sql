-- The accounts whose entries form no whole chain in any order, as in the aggregate of the sums, and those in which an
-- entry carries no running balance although another one does.
SELECT e.account, e.unit
  FROM ({entries}) AS e[[opening: LEFT JOIN ({balances}) AS o ON o.account = e.account AND o.unit = e.unit]]
 GROUP BY e.account, e.unit
HAVING count(e.running) > 0 AND ({split})
