-- title: Transaction numbers do not run out
-- why: A server that is about to run out of them takes no writes any more.
-- remedy: Find what keeps vacuum back under `connections` and `replication`, then VACUUM (FREEZE) the oldest tables.

WITH limits AS (SELECT current_setting('autovacuum_freeze_max_age')::bigint AS n)
SELECT object, CASE WHEN age > least(3 * n, 1600000000) THEN 'fail' ELSE 'warn' END AS verdict,
       format('its oldest transaction is %s old; autovacuum freezes at %s, and 2147483647 is the end', age, n) AS message,
       age::numeric AS value, 'transactions' AS unit
  FROM limits, (SELECT format('%I.%I', n.nspname, c.relname) AS object, age(c.relfrozenxid) AS age
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> 0
                UNION ALL
                -- The numbers are the whole server's: any other database stops this one too.
                SELECT format('the database %I', datname), age(datfrozenxid) FROM pg_database WHERE datname <> current_database()) oldest
 WHERE age > n + n / 10
 ORDER BY value DESC, object
