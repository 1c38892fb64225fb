-- title: Transaction numbers do not run out
-- why: A server that is about to run out of them takes no writes any more.
-- remedy: Find what keeps vacuum back under `connections` and `replication`, then VACUUM (FREEZE) the oldest tables.

SELECT format('%I.%I', n.nspname, c.relname) AS object,
       CASE WHEN age(c.relfrozenxid) > least(3 * limits.n, 1600000000) THEN 'fail' ELSE 'warn' END AS verdict,
       format('its oldest transaction is %s old; autovacuum freezes at %s, and 2147483647 is the end', age(c.relfrozenxid), limits.n) AS message,
       age(c.relfrozenxid)::numeric AS value, 'transactions' AS unit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, (SELECT current_setting('autovacuum_freeze_max_age')::bigint AS n) limits
 WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> 0 AND age(c.relfrozenxid) > limits.n + limits.n / 10
 ORDER BY value DESC, object
 LIMIT 20
