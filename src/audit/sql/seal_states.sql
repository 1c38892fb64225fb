-- What the seals of a range stored of each account and unit. The state at the last of them is the newest row.
SELECT a.account, a.unit, a.seal_id, a.entries, a.total, a.running, a.digest
  FROM bursar.sealed_accounts a JOIN bursar.seals s ON s.id = a.seal_id
 WHERE a.seal_id BETWEEN {base} AND {last} AND s.app = (SELECT app FROM bursar.seals WHERE id = {last})
