-- title: Default partitions are empty
-- why: A partition for rows that the default one holds cannot be made any more.
-- remedy: Move the rows: detach the default partition, make the missing one, insert them again.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'warn' AS verdict,
       format('holds rows that no other partition of %s takes', i.inhparent::regclass) AS message,
       pg_relation_size(c.oid)::numeric AS value, 'bytes' AS unit
  FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partdefid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
 WHERE has_table_privilege(c.oid, 'SELECT') AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
   AND xpath_exists('//one', query_to_xml(format('SELECT 1 AS one FROM %s LIMIT 1', c.oid::regclass), false, false, ''))
 ORDER BY object
