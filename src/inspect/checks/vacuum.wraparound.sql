-- title: Numbers of transactions and multixacts do not run out
-- why: A server that is about to run out of them takes no writes any more.
-- remedy: Find what keeps vacuum back with `bursar inspect vacuum.horizon`, then VACUUM (FREEZE) the oldest tables.

-- A multixact is what a row says where several transactions hold it at once; these have numbers of their own.
-- Tables of one age are told as one: the largest names them.
SELECT format(CASE unit WHEN 'multixacts' THEN '%s (multixacts)' ELSE '%s' END, (array_agg(name ORDER BY pages DESC, name))[1]) AS object,
       CASE WHEN age > least(3 * most, 1600000000) THEN 'fail' ELSE 'warn' END AS verdict,
       format('its oldest %s is %s old%s; autovacuum freezes at %s, and 2147483647 is the end', rtrim(unit, 's'), age,
              CASE WHEN count(*) > 1 THEN format(', as in %s more', count(*) - 1) ELSE '' END, most) AS message,
       age::numeric AS value, unit
  FROM (SELECT 'table' AS kind, format('%I.%I', n.nspname, c.relname) AS name, c.relpages AS pages, age(c.relfrozenxid) AS transactions, mxid_age(c.relminmxid) AS multixacts, c.reloptions AS options
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> 0
        UNION ALL
        -- The numbers are the whole server's: any other database stops this one too.
        SELECT 'database', format('the database %I', datname), 0, age(datfrozenxid), mxid_age(datminmxid), NULL FROM pg_database WHERE datname <> current_database()) oldest
 CROSS JOIN LATERAL (VALUES ('transactions', transactions, 'autovacuum_freeze_max_age'), ('multixacts', multixacts, 'autovacuum_multixact_freeze_max_age')) AS of (unit, age, setting)
 -- A table may have a limit of its own, which can only be lower.
 CROSS JOIN LATERAL (SELECT least(current_setting(setting)::bigint, (SELECT option_value::bigint FROM pg_options_to_table(options) WHERE option_name = setting)) AS most) l
 WHERE age > most + most / 10
 GROUP BY kind, CASE kind WHEN 'database' THEN name END, unit, age, most
 ORDER BY value DESC, object
