-- title: Every index is used
-- why: An index that no query uses costs time with every write, and memory.
-- remedy: Look at the replicas, which count for themselves; then DROP INDEX CONCURRENTLY; of a partitioned table DROP INDEX, which locks all its partitions.

-- An index and a database that are new have not been asked yet for what they are there for: with the usual --long of
-- five minutes, a day. A crash takes the counts of every database with it, and leaves its time with those of the server.
WITH locked AS MATERIALIZED ({locked}),
     counted AS (SELECT since, since > now() - interval '7 days' OR n < 10000 AS young, coalesce(greatest(since, made) > now() - 288 * $1::interval, false) OR n < 10000 AS new
                   FROM pg_stat_database d, pg_stat_bgwriter b, pg_stat_archiver a,
                        LATERAL (SELECT greatest(d.stats_reset, least(b.stats_reset, a.stats_reset)) AS since, d.xact_commit + d.xact_rollback AS n,
                                        -- The right to a function is asked for even where the function is not called, so it stands in a query of its own.
                                        CASE WHEN has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE')
                                             THEN (xpath('//made/text()', query_to_xml(format('SELECT modification AS made FROM pg_stat_file(%L, true)', format('base/%s/PG_VERSION', d.datid)),
                                                                                       false, false, '')))[1]::text::timestamptz END AS made) s
                  WHERE d.datname = current_database()),
     used AS MATERIALIZED (SELECT indexrelid, indrelid, pg_stat_get_numscans(indexrelid) AS uses FROM pg_index),
     read AS MATERIALIZED (SELECT indrelid, pg_stat_get_numscans(indrelid) + sum(uses) AS reads FROM used GROUP BY indrelid),
     part AS (SELECT i.oid AS whole, i.oid AS part FROM pg_class i WHERE i.relkind = 'i' AND NOT i.relispartition
              UNION ALL SELECT t.root, t.relid FROM ({partitions}) t JOIN pg_class i ON i.oid = t.root AND i.relkind = 'I' AND NOT i.relispartition WHERE t.isleaf),
     unused AS MATERIALIZED (
       SELECT n.nspname, i.relname, x.indrelid, age(x.xmin) < 1000 AS fresh, sum(r.reads) AS reads, array_agg(u.indexrelid) AS parts
         FROM part p JOIN pg_class i ON i.oid = p.whole JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_namespace n ON n.oid = i.relnamespace
         JOIN used u ON u.indexrelid = p.part JOIN read r ON r.indrelid = u.indrelid
        WHERE NOT x.indisunique AND x.indisvalid AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid)
        GROUP BY n.nspname, i.relname, x.indrelid, x.xmin
       HAVING sum(u.uses) = 0),
     sized AS MATERIALIZED (
       SELECT format('%I.%I', nspname, relname) AS object, indrelid::regclass AS of, reads, size, fresh
         FROM unused, LATERAL (SELECT sum(pg_relation_size(p)) AS size FROM unnest(parts) p WHERE p NOT IN (SELECT relation FROM locked)) s
        -- One of a few blocks costs next to nothing.
        WHERE size > 5 * 8192)
SELECT object, 'warn' AS verdict,
       format('was never used, while %s was read %s times; counted since %s', of, reads, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD')) AS message,
       size::numeric AS value, 'bytes' AS unit
  FROM sized, counted WHERE reads >= 1000 AND NOT (new OR fresh)
UNION ALL
SELECT NULL, 'skipped', format('statistics are too young to tell of %s indexes: they were not used since %s, %s', count(*),
                               to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
                               CASE WHEN bool_and(reads < 1000) THEN 'and their tables hardly read' ELSE 'which is not long ago, or they are new' END),
       count(*)::numeric, 'indexes'
  FROM sized, counted WHERE CASE WHEN reads < 1000 THEN young ELSE new OR fresh END
 GROUP BY since
 ORDER BY value DESC, object
