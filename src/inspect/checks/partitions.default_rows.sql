-- title: Default partitions are empty
-- why: A partition for rows that the default one holds cannot be made any more.
-- remedy: Move the rows: detach the default partition, make the missing one, insert them again.

WITH locked AS MATERIALIZED ({locked})
SELECT format('%I.%I', n.nspname, c.relname) AS object, CASE WHEN shut THEN 'locked' WHEN readable THEN 'warn' ELSE 'skipped' END AS verdict,
       CASE WHEN shut THEN 'a session holds or awaits a lock on it: see `locks`'
            WHEN readable THEN format('holds rows that no other partition of %s takes', i.inhparent::regclass)
            WHEN row_security_active(c.oid) THEN 'is not empty on disk, and row level security may keep its rows from this role'
            ELSE 'is not empty on disk, and this role may not look whether it holds rows: GRANT SELECT on it' END AS message,
       size::numeric AS value, 'bytes' AS unit
  FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partdefid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
 CROSS JOIN LATERAL (SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                            -- A policy would run functions of the table's owner as whoever looks.
                            AND NOT row_security_active(c.oid) AS readable) r
 CROSS JOIN LATERAL (SELECT c.oid IN (SELECT relation FROM locked) AS shut) l
 CROSS JOIN LATERAL (SELECT CASE WHEN NOT shut THEN pg_relation_size(c.oid) END AS size) z
 WHERE c.relkind = 'r' AND coalesce(size > 0, true)
   AND CASE WHEN readable AND NOT shut THEN xpath_exists('//one', query_to_xml(format('SELECT 1 AS one FROM %I.%I LIMIT 1', n.nspname, c.relname), false, false, '')) ELSE true END
 ORDER BY object
