-- title: Every index is valid
-- why: An INVALID index is kept up with every write, and no query can use it.
-- remedy: Drop it with the statement of its line, then build it again; or REINDEX INDEX CONCURRENTLY it.

-- A build, a rebuild and a drop each hold a lock on the table from beginning to end, which everybody sees. So do VACUUM and
-- ANALYZE, which have nothing to do with it.
WITH at_work AS MATERIALIZED (
SELECT l.relation, min(l.pid) AS pid, bool_or(l.pid IN (SELECT pid FROM pg_stat_progress_create_index)) AS builds
  FROM pg_locks l
 WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = l.pid UNION ALL SELECT FROM pg_stat_progress_analyze a WHERE a.pid = l.pid)
 GROUP BY l.relation)
SELECT format('%I.%I', n.nspname, c.relname) AS object,
       CASE WHEN w.relation IS NOT NULL OR pg_is_in_recovery() THEN 'skipped' WHEN c.relkind = 'I' THEN 'warn' ELSE 'fail' END AS verdict,
       format('on %s is INVALID', x.indrelid::regclass) ||
       CASE WHEN w.relation IS NOT NULL THEN format(', and %s works at the table: it may be building or dropping it', coalesce('pid ' || w.pid, 'a prepared transaction'))
            WHEN pg_is_in_recovery() THEN ', and a replica does not see who builds it: ask its primary'
            WHEN c.relkind = 'I' AND missing.n = 0 THEN ', though every partition has its index now: build it anew'
            WHEN c.relkind = 'I' THEN format(': partitions without it: %s; give each its index: CREATE INDEX CONCURRENTLY, then ALTER INDEX %I.%I ATTACH PARTITION', missing.n, n.nspname, c.relname)
            ELSE format(': %s did not end: %s INDEX CONCURRENTLY %I.%I',
                        CASE WHEN NOT x.indislive THEN 'its DROP INDEX CONCURRENTLY' WHEN NOT x.indisready THEN 'its build' ELSE 'its build, or its DROP INDEX CONCURRENTLY,' END,
                        CASE WHEN c.relispartition THEN 'REINDEX' ELSE 'DROP' END, n.nspname, c.relname) END AS message,
       CASE WHEN c.relkind = 'i' AND x.indexrelid NOT IN ({locked}) THEN pg_relation_size(x.indexrelid) END::numeric AS value, 'bytes' AS unit
  FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN at_work w ON w.relation = x.indrelid
 -- Each partition that holds rows, or leads to some, with an index of its own that is valid and belongs to this one.
 CROSS JOIN LATERAL (SELECT count(*) AS n FROM pg_inherits p WHERE p.inhparent = x.indrelid
                        AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_index y ON y.indexrelid = i.inhrelid WHERE i.inhparent = x.indexrelid AND y.indrelid = p.inhrelid AND y.indisvalid)) missing
 WHERE NOT x.indisvalid AND n.nspname NOT LIKE 'pg\_%' AND w.builds IS NOT TRUE
 ORDER BY object
