-- title: Indexes are not much larger than their entries
-- why: An index with empty pages takes memory, and more of it is read for each search.
-- remedy: REINDEX INDEX CONCURRENTLY. The figure is an estimate from the planner's statistics, or measured where the extension pgstattuple is there.

-- An entry is an address, a header and its columns; pages are filled to nine tenths. Equal values share an entry, so that
-- a real one may be smaller than this, and not larger.
WITH suspect AS MATERIALIZED (
SELECT x.indexrelid, n.nspname, i.relname, x.indrelid, i.relpages::numeric AS pages,
       ceil(i.reltuples * (12 + ceil(w.width / 8) * 8) / (8152 * coalesce((SELECT option_value::numeric / 100 FROM pg_options_to_table(i.reloptions) WHERE option_name = 'fillfactor'), 0.9)))::numeric + 1 AS needed
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i' JOIN pg_am a ON a.oid = i.relam AND a.amname = 'btree'
  JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = i.relnamespace
 CROSS JOIN LATERAL (SELECT sum((1 - s.null_frac) * s.avg_width) AS width, count(*) = count(s.attname) AS told
                       FROM generate_series(1, x.indnatts) k
                       JOIN LATERAL (SELECT a.attname, CASE WHEN x.indkey[k - 1] = 0 THEN i.relname ELSE c.relname END AS of FROM pg_attribute a
                              WHERE a.attrelid = CASE WHEN x.indkey[k - 1] = 0 THEN i.oid ELSE c.oid END AND a.attnum = CASE WHEN x.indkey[k - 1] = 0 THEN k ELSE x.indkey[k - 1] END) a ON true
                       LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = a.of AND s.attname = a.attname AND NOT s.inherited) w
 WHERE i.relpages >= 512 AND i.reltuples >= 0 AND w.told AND x.indisvalid AND n.nspname <> 'information_schema')
SELECT format('%I.%I', nspname, relname) AS object, 'warn' AS verdict,
       format('on %s: %s %% of {bytes %s} are empty', indrelid::regclass, coalesce(round(100 - m.density)::text, 'about ' || round(100 * (pages - needed) / pages)), pages * 8192) AS message,
       round((pages - CASE WHEN m.density IS NULL THEN needed ELSE pages * m.density / 100 END) * 8192) AS value, 'bytes' AS unit
  FROM suspect LEFT JOIN LATERAL (
       SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = 'pgstatindex' AND p.proargtypes[0] = 'regclass'::regtype
        WHERE e.extname = 'pgstattuple' AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE') AND suspect.indexrelid NOT IN ({locked})) t ON true
  -- It reads the whole index, so only what the estimate suspects is measured.
 CROSS JOIN LATERAL (SELECT CASE WHEN t.schema IS NOT NULL THEN
       (xpath('//avg_leaf_density/text()', query_to_xml(format('SELECT avg_leaf_density FROM %I.pgstatindex(%L::regclass)', t.schema, indexrelid), false, false, '')))[1]::text::numeric END AS density) m
 WHERE pages > 2 * needed AND coalesce(m.density < 50, true)
 ORDER BY value DESC, object
