-- The accounts in which an entry does not follow from the one before it in the order of the ledger. All
-- entries are sorted for it, so it carries no more than the order needs.
SELECT DISTINCT l.account, l.unit
  FROM (SELECT e.account, e.unit, e.delta, e.running,
               lag(e.running::{number}, 1, 0::{number}) OVER (PARTITION BY e.account, e.unit ORDER BY e.at, e.seq, e.entry_id) AS previous
          FROM ({entries}) AS e) AS l
 WHERE l.running IS DISTINCT FROM l.previous + l.delta
