-- title: Tables are not much larger than their rows
-- why: Empty space is read and kept in memory like any other.
-- remedy: Vacuum makes it usable again; only VACUUM FULL or pg_repack gives it back. The figure is an estimate from the planner's statistics.

SELECT format('%I.%I', n.nspname, c.relname) AS object, CASE WHEN w.width IS NULL THEN 'skipped' ELSE 'warn' END AS verdict,
       CASE WHEN w.width IS NULL THEN 'no statistics of its columns are to be seen: ANALYZE it, or GRANT SELECT on it to this role' ELSE format('%s of %s are empty, about %s %%', pg_size_pretty((c.relpages - est.pages)::bigint * 8192), pg_size_pretty(c.relpages::bigint * 8192),
              round(100 * (c.relpages - est.pages) / c.relpages)) END AS message,
       ((c.relpages - est.pages) * 8192)::numeric AS value, 'bytes' AS unit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT sum((1 - s.null_frac) * s.avg_width) AS width FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited) w
  CROSS JOIN LATERAL (SELECT ceil(c.reltuples * (28 + ceil(w.width / 8) * 8)
                                  / (8168 * coalesce((SELECT option_value::numeric / 100 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 1)))::numeric AS pages) est
 WHERE c.relkind IN ('r', 'm') AND c.reltuples >= 0 AND c.relpages >= 1280 AND (w.width IS NULL OR c.relpages > 2 * est.pages) AND n.nspname NOT IN ('pg_catalog', 'information_schema')
 ORDER BY value DESC NULLS LAST, object
