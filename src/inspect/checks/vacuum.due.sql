-- title: Vacuum keeps up
-- why: Rows that were deleted or changed take space, and are read again and again, until vacuum removes them.
-- remedy: Look for what keeps it back with `bursar inspect vacuum.horizon`; VACUUM (ANALYZE) the table, or let autovacuum come more often there.

SELECT format('%I.%I', s.schemaname, s.relname) AS object, CASE WHEN s.n_dead_tup > 5 * due.n THEN 'fail' ELSE 'warn' END AS verdict,
       format('{count %s} dead rows beside {count %s} live ones, due at {count %s}; last vacuum %s%s', s.n_dead_tup, s.n_live_tup, round(due.n),
              coalesce(to_char(greatest(s.last_vacuum, s.last_autovacuum) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'never'),
              CASE WHEN EXISTS (SELECT FROM pg_options_to_table(c.reloptions) WHERE CASE option_name WHEN 'autovacuum_enabled' THEN NOT option_value::boolean END) THEN '; autovacuum_enabled is off for this table' ELSE '' END) AS message,
       s.n_dead_tup::numeric AS value, 'rows' AS unit
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
  CROSS JOIN LATERAL (SELECT least(coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold'), current_setting('autovacuum_vacuum_threshold'))::numeric
                           + coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor'), current_setting('autovacuum_vacuum_scale_factor'))::numeric
                             * greatest(c.reltuples, 0)::numeric,
                             -- PostgreSQL 18 has a bound for large tables.
                             nullif(coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_max_threshold'), current_setting('autovacuum_vacuum_max_threshold', true))::numeric, -1)) AS n
                        FROM pg_options_to_table(c.reloptions)) due
 WHERE s.schemaname NOT LIKE 'pg\_%' AND s.n_dead_tup > due.n AND s.n_dead_tup >= 1000
UNION ALL
-- The counts are lost in a crash, with pg_upgrade and pg_stat_reset(), and a database that was copied begins without:
-- fewer rows were added since than there are. A table of a few blocks is of no matter.
SELECT NULL, 'skipped', CASE WHEN pg_is_in_recovery() THEN 'a replica does not count what changes: ask its primary'
                             ELSE format('what changed in %s tables is not known since the statistics were reset or lost: ANALYZE counts anew', count(*)) END,
       count(*)::numeric, 'tables'
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
 WHERE s.schemaname NOT LIKE 'pg\_%' AND coalesce(s.last_vacuum, s.last_autovacuum, s.last_analyze, s.last_autoanalyze) IS NULL
   AND CASE WHEN c.reltuples >= 0 THEN c.relpages > 5 AND s.n_tup_ins <= c.reltuples / 2
            WHEN s.n_tup_ins = 0 THEN s.relid IN ({locked}) OR pg_relation_size(s.relid) > 5 * 8192 ELSE false END
HAVING count(*) > 0 OR pg_is_in_recovery()
 ORDER BY value DESC, object
