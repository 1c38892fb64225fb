-- title: The planner knows the tables
-- why: Plans are made from statistics; old ones make slow plans.
-- remedy: ANALYZE the table.

SELECT format('%I.%I', s.schemaname, s.relname) AS object, 'warn' AS verdict,
       format('%s rows have changed since the last analyze (%s), due at %s', s.n_mod_since_analyze,
              coalesce(to_char(greatest(s.last_analyze, s.last_autoanalyze) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'never'), round(due.n)) AS message,
       s.n_mod_since_analyze::numeric AS value, 'rows' AS unit
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
  CROSS JOIN LATERAL (SELECT coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_threshold'), current_setting('autovacuum_analyze_threshold'))::numeric
                           + coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_scale_factor'), current_setting('autovacuum_analyze_scale_factor'))::numeric
                             * greatest(c.reltuples, 0)::numeric AS n
                        FROM pg_options_to_table(c.reloptions)) due
 WHERE s.schemaname NOT LIKE 'pg\_%' AND s.n_mod_since_analyze > 2 * due.n AND s.n_mod_since_analyze >= 1000
 ORDER BY value DESC, object
