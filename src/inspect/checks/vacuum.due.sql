-- title: Vacuum keeps up
-- why: Rows that were deleted or changed take space, and are read again and again, until vacuum removes them.
-- remedy: Look for what keeps it back under `connections`; VACUUM (ANALYZE) the table, or let autovacuum come more often there.

SELECT format('%I.%I', s.schemaname, s.relname) AS object, CASE WHEN s.n_dead_tup > 5 * due.n THEN 'fail' ELSE 'warn' END AS verdict,
       format('%s dead rows beside %s live ones, due at %s; last vacuum %s', s.n_dead_tup, s.n_live_tup, round(due.n),
              coalesce(to_char(greatest(s.last_vacuum, s.last_autovacuum) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'never')) AS message,
       s.n_dead_tup::numeric AS value, 'rows' AS unit
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
  CROSS JOIN LATERAL (SELECT least(coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold'), current_setting('autovacuum_vacuum_threshold'))::numeric
                           + coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor'), current_setting('autovacuum_vacuum_scale_factor'))::numeric
                             * greatest(c.reltuples, 0)::numeric,
                             -- PostgreSQL 18 has a bound for large tables.
                             nullif(coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_max_threshold'), current_setting('autovacuum_vacuum_max_threshold', true))::numeric, -1)) AS n
                        FROM pg_options_to_table(c.reloptions)) due
 WHERE s.schemaname NOT LIKE 'pg\_%' AND s.n_dead_tup > due.n AND s.n_dead_tup >= 1000
 ORDER BY value DESC, object
