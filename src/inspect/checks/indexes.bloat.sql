-- title: Indexes are not much larger than their entries
-- why: An index with empty pages takes memory, and more of it is read for each search.
-- remedy: REINDEX INDEX CONCURRENTLY. The figure is an estimate from the planner's statistics, or measured where the extension pgstattuple is there.

-- An entry is an address, a header, with a bit for each column where one is null, and its columns; pages are filled to nine tenths. Equal values share an entry, so that
-- a real one may be smaller than this, and not larger. A column that is not known counts as nothing.
WITH locked AS MATERIALIZED ({locked}),
     -- Where the planner's count of the rows is not there, or old, the live rows are counted as they come and go.
     large AS MATERIALIZED (
SELECT x.indexrelid, x.indrelid, x.indnatts, x.indkey, n.nspname, i.relname, c.relname AS of, i.reloptions, size.*
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i' JOIN pg_am a ON a.oid = i.relam AND a.amname = 'btree'
  JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = i.relnamespace
 CROSS JOIN LATERAL (SELECT c.reltuples >= 0 AS known, coalesce(pg_stat_get_mod_since_analyze(c.oid) > 1000 + 0.2 * greatest(c.reltuples, 0), false) AS stale OFFSET 0) t
 CROSS JOIN LATERAL (SELECT t.*, CASE WHEN t.known AND NOT t.stale OR i.oid IN (SELECT relation FROM locked) THEN i.relpages ELSE pg_relation_size(i.oid) / 8192 END::numeric AS pages,
                            CASE WHEN t.known AND NOT t.stale THEN i.reltuples WHEN c.reltuples > 0 AND i.reltuples > 0 THEN pg_stat_get_live_tuples(c.oid) * i.reltuples / c.reltuples ELSE pg_stat_get_live_tuples(c.oid) END AS rows OFFSET 0) size
 WHERE size.pages >= 512 AND x.indisvalid AND n.nspname <> 'information_schema' AND NOT pg_is_other_temp_schema(n.oid)),
     suspect AS MATERIALIZED (
SELECT i.*, w.told,
       ceil(i.rows * (CASE WHEN w.nulls THEN 20 ELSE 12 END + ceil(coalesce(w.width, 0) / 8) * 8) / (8152 * coalesce((SELECT option_value::numeric / 100 FROM pg_options_to_table(i.reloptions) WHERE option_name = 'fillfactor'), 0.9)))::numeric + 1 AS needed
  FROM large i
 CROSS JOIN LATERAL (SELECT sum((1 - s.null_frac) * s.avg_width) AS width, count(*) = count(s.attname) AS told, bool_or(s.null_frac > 0) AS nulls
                       FROM generate_series(1, i.indnatts) k
                       JOIN LATERAL (SELECT a.attname, CASE WHEN i.indkey[k - 1] = 0 THEN i.relname ELSE i.of END AS of FROM pg_attribute a
                              WHERE a.attrelid = CASE WHEN i.indkey[k - 1] = 0 THEN i.indexrelid ELSE i.indrelid END AND a.attnum = CASE WHEN i.indkey[k - 1] = 0 THEN k ELSE i.indkey[k - 1] END) a ON true
                       LEFT JOIN pg_stats s ON s.schemaname = i.nspname AND s.tablename = a.of AND s.attname = a.attname AND NOT s.inherited) w
 WHERE w.told OR i.nspname <> 'pg_catalog')
SELECT format('%I.%I', nspname, relname) AS object, CASE WHEN m.density IS NOT NULL OR sure THEN 'warn' ELSE 'skipped' END AS verdict,
       format('on %s: %s', indrelid::regclass,
              CASE WHEN m.density IS NOT NULL OR sure THEN format('%s %% of {bytes %s} are empty', coalesce(round(100 - m.density)::text, 'about ' || round(100 * (pages - needed) / pages)), pages * 8192)
                   WHEN known AND told THEN 'much of it has changed since the statistics of its columns were made: ANALYZE it'
                   ELSE 'the statistics of its columns are not all there, or not to be seen: ANALYZE it, or GRANT SELECT on it to this role' END) AS message,
       CASE WHEN m.density IS NOT NULL OR sure THEN round((pages - CASE WHEN m.density IS NULL THEN needed ELSE pages * m.density / 100 END) * 8192) END AS value, 'bytes' AS unit
  FROM suspect CROSS JOIN LATERAL (SELECT known AND told AND NOT stale AS sure) j
  LEFT JOIN LATERAL (
       SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = 'pgstatindex' AND p.proargtypes[0] = 'regclass'::regtype
        WHERE e.extname = 'pgstattuple' AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE') AND suspect.indexrelid NOT IN (SELECT relation FROM locked)) t ON true
  -- It reads the whole index, so only what the estimate suspects is measured.
 CROSS JOIN LATERAL (SELECT CASE WHEN t.schema IS NOT NULL THEN
       (xpath('//avg_leaf_density/text()', query_to_xml(format('SELECT avg_leaf_density FROM %I.pgstatindex(%L::regclass)', t.schema, indexrelid), false, false, '')))[1]::text::numeric END AS density) m
 WHERE pages > 2 * needed AND coalesce(m.density < 50, true)
 ORDER BY value DESC NULLS LAST, object
