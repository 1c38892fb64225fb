-- title: Numbers of transactions and multixacts do not run out
-- why: A server that is about to run out of them takes no writes any more.
-- remedy: Find what keeps vacuum back under `connections` and `replication`, then VACUUM (FREEZE) the oldest tables.

-- A multixact is what a row says where several transactions hold it at once; these have numbers of their own.
SELECT format(CASE unit WHEN 'multixacts' THEN '%s (multixacts)' ELSE '%s' END, name) AS object,
       CASE WHEN age > least(3 * most, 1600000000) THEN 'fail' ELSE 'warn' END AS verdict,
       format('its oldest %s is %s old; autovacuum freezes at %s, and 2147483647 is the end', rtrim(unit, 's'), age, most) AS message,
       age::numeric AS value, unit
  FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name, age(c.relfrozenxid) AS transactions, mxid_age(c.relminmxid) AS multixacts
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> 0
        UNION ALL
        -- The numbers are the whole server's: any other database stops this one too.
        SELECT format('the database %I', datname), age(datfrozenxid), mxid_age(datminmxid) FROM pg_database WHERE datname <> current_database()) oldest
 CROSS JOIN LATERAL (VALUES ('transactions', transactions, current_setting('autovacuum_freeze_max_age')::bigint),
                            ('multixacts', multixacts, current_setting('autovacuum_multixact_freeze_max_age')::bigint)) AS of (unit, age, most)
 WHERE age > most + most / 10
 ORDER BY value DESC, object
