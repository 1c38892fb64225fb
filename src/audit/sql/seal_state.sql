-- What a seal stored of each account and unit, where that is all of them.
SELECT a.account, a.unit, a.seal_id, a.entries, a.total, a.running, a.digest
  FROM bursar.sealed_accounts a
 WHERE a.seal_id = {seal}
