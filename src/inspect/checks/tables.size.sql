-- title: Sizes of tables and materialized views
-- why: What grows is seen first here; a partitioned table counts with all its partitions.
-- remedy: Compare with an earlier run: --snapshot FILE, later --diff FILE.

WITH locked AS MATERIALIZED ({locked}),
     part AS (SELECT c.oid AS whole, c.oid AS part FROM pg_class c WHERE c.relkind IN ('r', 'm') AND NOT c.relispartition
              UNION ALL SELECT t.root, t.relid FROM ({partitions}) t JOIN pg_class c ON c.oid = t.root AND c.relkind = 'p' AND NOT c.relispartition),
     -- Each file is asked for once: the size of a whole table would ask for those of its parts again. What is empty has no maps.
     sized AS MATERIALIZED (
       SELECT p.whole, m.relkind <> 'p' AS leaf, s.shut, CASE WHEN s.shut THEN 0 WHEN z.main = 0 AND m.relpersistence <> 'u' THEN 0 ELSE z.main + pg_relation_size(m.oid, 'fsm') + pg_relation_size(m.oid, 'vm') + pg_relation_size(m.oid, 'init') END AS own,
              CASE WHEN s.shut THEN 0 ELSE pg_indexes_size(m.oid) END AS indexes,
              CASE WHEN s.shut OR m.reltoastrelid = 0 THEN 0 WHEN z.long = 0 AND m.relpersistence <> 'u' THEN pg_indexes_size(m.reltoastrelid) ELSE pg_total_relation_size(m.reltoastrelid) END AS long
         FROM part p JOIN pg_class m ON m.oid = p.part JOIN pg_class c ON c.oid = p.whole JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (SELECT m.oid IN (SELECT relation FROM locked) AS shut) s
        CROSS JOIN LATERAL (SELECT CASE WHEN NOT s.shut THEN pg_relation_size(m.oid) END AS main, CASE WHEN NOT s.shut AND m.reltoastrelid <> 0 THEN pg_relation_size(m.reltoastrelid) END AS long OFFSET 0) z
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'),
     total AS (SELECT whole, sum(own) AS own, sum(indexes) AS indexes, sum(long) AS long, sum(own + indexes + long) AS size,
                      count(*) FILTER (WHERE leaf) AS parts, bool_or(shut) AS shut FROM sized GROUP BY whole)
SELECT NULL AS object, 'ok' AS verdict,
       format('Tables and materialized views: %s, of {bytes %s}%s', count(*), coalesce(sum(size), 0),
              CASE WHEN has_database_privilege(current_database(), 'CONNECT') THEN format('; the database: {bytes %s}', pg_database_size(current_database())) ELSE '' END) AS message,
       coalesce(sum(size), 0)::numeric AS value, 'bytes' AS unit
  FROM total
UNION ALL
SELECT format('%I.%I', n.nspname, c.relname), CASE WHEN t.shut THEN 'locked' ELSE 'ok' END,
       CASE WHEN t.shut THEN 'a session holds or awaits a lock on it: see `locks`'
            ELSE format('{bytes %s} in rows, {bytes %s} in indexes, {bytes %s} in long values%s', t.own, t.indexes, t.long,
                        CASE c.relkind WHEN 'p' THEN format(', %s partitions', t.parts) WHEN 'm' THEN ', materialized' ELSE '' END) END,
       CASE WHEN NOT t.shut THEN t.size END::numeric, 'bytes'
  FROM total t JOIN pg_class c ON c.oid = t.whole JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY value DESC NULLS LAST, object NULLS FIRST
