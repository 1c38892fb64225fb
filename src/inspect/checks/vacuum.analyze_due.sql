-- title: The planner knows the tables
-- why: Plans are made from statistics; old ones make slow plans.
-- remedy: ANALYZE the table.

SELECT format('%I.%I', s.schemaname, s.relname) AS object, 'warn' AS verdict,
       format('{count %s} rows have changed since the last analyze (%s), due at %s', s.n_mod_since_analyze,
              coalesce(to_char(greatest(s.last_analyze, s.last_autoanalyze) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'never'), round(due.n)) AS message,
       s.n_mod_since_analyze::numeric AS value, 'rows' AS unit
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
  CROSS JOIN LATERAL (SELECT coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_threshold'), current_setting('autovacuum_analyze_threshold'))::numeric
                           + coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_scale_factor'), current_setting('autovacuum_analyze_scale_factor'))::numeric
                             * greatest(c.reltuples, 0)::numeric AS n
                        FROM pg_options_to_table(c.reloptions)) due
 WHERE s.schemaname NOT LIKE 'pg\_%' AND s.n_mod_since_analyze > 2 * due.n AND s.n_mod_since_analyze >= 1000
UNION ALL
-- The counts are lost in a crash, with pg_upgrade and pg_stat_reset(), and a database that was copied begins without:
-- fewer rows were added since than there are. A table of a few blocks is of no matter.
SELECT NULL, 'skipped', CASE WHEN pg_is_in_recovery() THEN 'a replica does not count what changes: ask its primary'
                             ELSE format('what changed in %s tables is not known since the statistics were reset or lost: ANALYZE counts anew', count(*)) END,
       count(*)::numeric, 'tables'
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
 WHERE s.schemaname NOT LIKE 'pg\_%' AND coalesce(s.last_analyze, s.last_autoanalyze) IS NULL
   AND CASE WHEN c.reltuples >= 0 THEN c.relpages > 5 AND s.n_tup_ins <= c.reltuples / 2
            WHEN s.n_tup_ins = 0 THEN s.relid IN ({locked}) OR pg_relation_size(s.relid) > 5 * 8192 ELSE false END
HAVING count(*) > 0 OR pg_is_in_recovery()
 ORDER BY value DESC, object
