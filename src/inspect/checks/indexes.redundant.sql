-- title: No index begins as another one does
-- why: A search by the first columns can use the longer index as well.
-- remedy: Drop the shorter one, unless it is much smaller and used far more often: DROP INDEX CONCURRENTLY; of a partitioned table DROP INDEX, which locks all its partitions.

-- A small one costs little, and its own writers may have meant it.
WITH locked AS MATERIALIZED ({locked}), parts AS MATERIALIZED ({partitions})
SELECT format('%I.%I', n.nspname, c.relname) AS object, CASE WHEN size.bytes < 1048576 THEN 'ok' ELSE 'warn' END AS verdict,
       format('is the beginning of %s on %s%s%s', y.indexrelid::regclass, x.indrelid::regclass, CASE c.relkind WHEN 'I' THEN ', which is partitioned' ELSE '' END, CASE WHEN size.bytes < 1048576 THEN '; it is small' ELSE '' END) AS message,
       size.bytes::numeric AS value, 'bytes' AS unit
  FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree' JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN LATERAL (SELECT y.* FROM pg_index y JOIN pg_class d ON d.oid = y.indexrelid
                 WHERE y.indrelid = x.indrelid AND y.indexrelid <> x.indexrelid AND d.relam = c.relam AND y.indisvalid
                   AND (y.indnkeyatts > x.indnkeyatts OR y.indnkeyatts = x.indnkeyatts AND y.indnatts > x.indnatts) AND y.indexprs IS NULL AND y.indpred IS NULL
                   AND (string_to_array(y.indkey::text, ' '))[1:x.indnkeyatts] = (string_to_array(x.indkey::text, ' '))[1:x.indnkeyatts]
                   AND (string_to_array(y.indclass::text, ' '))[1:x.indnkeyatts] = (string_to_array(x.indclass::text, ' '))[1:x.indnkeyatts]
                   AND (string_to_array(y.indcollation::text, ' '))[1:x.indnkeyatts] = (string_to_array(x.indcollation::text, ' '))[1:x.indnkeyatts]
                   AND (string_to_array(y.indoption::text, ' '))[1:x.indnkeyatts] = (string_to_array(x.indoption::text, ' '))[1:x.indnkeyatts]
                 ORDER BY y.indnkeyatts, y.indexrelid LIMIT 1) y ON true
 CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'I' THEN (SELECT CASE WHEN count(*) = count(size) THEN sum(size) END FROM parts p, LATERAL (SELECT CASE WHEN p.relid NOT IN (SELECT relation FROM locked) THEN pg_relation_size(p.relid) END AS size) s WHERE p.root = c.oid)
                                   ELSE CASE WHEN x.indexrelid NOT IN (SELECT relation FROM locked) THEN pg_relation_size(x.indexrelid) END END AS bytes) size
 WHERE NOT c.relispartition AND NOT x.indisunique AND x.indexprs IS NULL AND x.indpred IS NULL AND x.indnatts = x.indnkeyatts
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
 ORDER BY object
