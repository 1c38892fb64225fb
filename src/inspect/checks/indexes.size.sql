-- title: Sizes of indexes
-- why: Every index is paid for with each write, and takes memory from the others.
-- remedy: Compare with an earlier run: --snapshot FILE, later --diff FILE.

WITH locked AS MATERIALIZED ({locked}),
     part AS (SELECT i.oid AS whole, i.oid AS part FROM pg_class i WHERE i.relkind = 'i' AND NOT i.relispartition
              UNION ALL SELECT t.root, t.relid FROM ({partitions}) t JOIN pg_class i ON i.oid = t.root AND i.relkind = 'I' AND NOT i.relispartition),
     total AS MATERIALIZED (
       SELECT p.whole, bool_or(s.shut) AS shut, sum(CASE WHEN s.shut THEN 0 ELSE pg_relation_size(p.part) END) AS size, sum(coalesce(pg_stat_get_numscans(p.part), 0)) AS uses
         FROM part p JOIN pg_class i ON i.oid = p.whole JOIN pg_namespace n ON n.oid = i.relnamespace
        CROSS JOIN LATERAL (SELECT p.part IN (SELECT relation FROM locked) AS shut) s
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
        GROUP BY p.whole)
SELECT NULL AS object, 'ok' AS verdict, format('Indexes: %s, of {bytes %s}', count(*), coalesce(sum(size), 0)) AS message,
       coalesce(sum(size), 0)::numeric AS value, 'bytes' AS unit
  FROM total
UNION ALL
SELECT format('%I.%I', n.nspname, i.relname), CASE WHEN t.shut THEN 'locked' ELSE 'ok' END,
       CASE WHEN t.shut THEN 'a session holds or awaits a lock on it: see `locks`' ELSE format('on %s, used %s times', x.indrelid::regclass, t.uses) END,
       CASE WHEN NOT t.shut THEN t.size END::numeric, 'bytes'
  FROM total t JOIN pg_class i ON i.oid = t.whole JOIN pg_namespace n ON n.oid = i.relnamespace JOIN pg_index x ON x.indexrelid = i.oid
 ORDER BY value DESC NULLS LAST, object NULLS FIRST
