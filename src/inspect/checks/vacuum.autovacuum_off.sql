-- title: Autovacuum is on for every table
-- why: Without it dead rows stay and the planner's statistics grow old, until somebody vacuums by hand.
-- remedy: ALTER TABLE … RESET (autovacuum_enabled), or toast.autovacuum_enabled for its long values.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'warn' AS verdict,
       string_agg(CASE r.relkind WHEN 't' THEN 'toast.autovacuum_enabled is off' ELSE 'autovacuum_enabled is off' END, ', ' ORDER BY r.relkind) AS message, sum(r.relpages)::numeric * 8192 AS value, 'bytes' AS unit
  FROM pg_class r LEFT JOIN pg_class o ON r.relkind = 't' AND o.reltoastrelid = r.oid
  JOIN pg_class c ON c.oid = coalesce(o.oid, r.oid) JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL pg_options_to_table(r.reloptions) p
 WHERE r.relkind IN ('r', 'm', 't') AND CASE p.option_name WHEN 'autovacuum_enabled' THEN NOT p.option_value::boolean END
 GROUP BY n.nspname, c.relname
 ORDER BY value DESC, object
