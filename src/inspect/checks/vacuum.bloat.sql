-- title: Tables are not much larger than their rows
-- why: Empty space is read and kept in memory like any other.
-- remedy: Vacuum makes it usable again; only VACUUM FULL or pg_repack gives it back. The figure is an estimate from the planner's statistics.

WITH locked AS MATERIALIZED ({locked}),
     -- The widths of columns are asked for where a table is large, and nowhere else.
     large AS MATERIALIZED (
SELECT c.oid, n.nspname, c.relname, c.relnatts, c.reloptions, size.*
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 -- Where the planner's count of the rows is not there, or old, the live rows are counted as they come and go.
 CROSS JOIN LATERAL (SELECT c.reltuples >= 0 AS known, coalesce(pg_stat_get_mod_since_analyze(c.oid) > 1000 + 0.2 * greatest(c.reltuples, 0), false) AS stale OFFSET 0) t
 CROSS JOIN LATERAL (SELECT t.*, CASE WHEN t.known AND NOT t.stale OR c.oid IN (SELECT relation FROM locked) THEN c.relpages ELSE pg_relation_size(c.oid) / 8192 END::numeric AS pages,
                            CASE WHEN t.known AND NOT t.stale THEN c.reltuples ELSE pg_stat_get_live_tuples(c.oid) END AS rows OFFSET 0) size
 WHERE c.relkind IN ('r', 'm') AND size.pages >= 1280 AND n.nspname <> 'information_schema' AND NOT pg_is_other_temp_schema(n.oid))
SELECT format('%I.%I', c.nspname, c.relname) AS object, CASE WHEN sure THEN 'warn' ELSE 'skipped' END AS verdict,
       CASE WHEN sure THEN format('about %s %% of {bytes %s} are empty', round(100 * (pages - needed) / pages), pages * 8192)
            WHEN w.told AND c.known THEN 'much of it has changed since the statistics of its columns were made: ANALYZE it'
            ELSE 'the statistics of its columns are not all there, or not to be seen: ANALYZE it, or GRANT SELECT on it to this role' END AS message,
       CASE WHEN sure THEN (pages - needed) * 8192 END AS value, 'bytes' AS unit
  FROM large c
  -- A column without statistics, such as one that was added since, would count as empty space.
 CROSS JOIN LATERAL (SELECT sum((1 - s.null_frac) * s.avg_width) AS width, count(*) = count(s.attname) AS told, coalesce(bool_or(s.null_frac > 0), false) OR count(*) < c.relnatts AS nulls
                       FROM pg_attribute a LEFT JOIN pg_stats s ON s.schemaname = c.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v') w
 CROSS JOIN LATERAL (SELECT w.told AND c.known AND NOT c.stale AS sure,
                            -- A row is its address, a header, with a bit for each column where one is null, and its columns.
                            ceil(c.rows * (4 + ceil((23 + CASE WHEN w.nulls THEN ceil(c.relnatts / 8.0) ELSE 0 END) / 8) * 8 + ceil(coalesce(w.width, 0) / 8) * 8)
                                 / (8168 * coalesce((SELECT option_value::numeric / 100 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 1)))::numeric AS needed) est
 -- Where even rows without the columns that are not known would fill it, it is not bloated.
 WHERE pages > 2 * needed AND (w.told OR c.nspname <> 'pg_catalog')
UNION ALL
-- Long values are pieces of at most 2,000 bytes, four to a page. No statistics say how short the last ones are.
SELECT format('%I.%I', n.nspname, c.relname), 'warn',
       format('about %s %% of {bytes %s} of its long values are empty', round(100 * (t.relpages - est.pages) / t.relpages), t.relpages::bigint * 8192),
       ((t.relpages - est.pages) * 8192)::numeric, 'bytes'
  FROM pg_class t JOIN pg_class c ON c.reltoastrelid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT ceil(t.reltuples / 4)::numeric AS pages) est
 WHERE t.relkind = 't' AND t.reltuples >= 0 AND t.relpages >= 1280 AND t.relpages > 2 * est.pages
 ORDER BY value DESC NULLS LAST, object
