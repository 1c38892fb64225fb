-- title: No two indexes are equal
-- why: Of two equal indexes only one is used, and every write maintains both.
-- remedy: Keep the one that a constraint needs, and drop the other: DROP INDEX CONCURRENTLY; of a partitioned table DROP INDEX, which locks all its partitions.

-- What makes an index is compared as a text, so that equal ones meet without each being held against each.
WITH made AS MATERIALIZED (
SELECT x.indexrelid, x.indrelid, x.indisunique, x.indimmediate, x.indisreplident, c.relkind, x.indexprs IS NOT NULL OR x.indpred IS NOT NULL AS more, c.relispartition, n.nspname, c.relname, x.indisvalid AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%' AS counts,
       concat_ws('/', c.relam, x.indnkeyatts, x.indkey, x.indclass, x.indcollation, o.way, more.options) AS what,
       k.conindid IS NOT NULL AS kept
       , x.indnullsnotdistinct AS nulls -- since 15
       , false AS nulls -- until 14
  FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am a ON a.oid = c.relam
  -- A foreign key needs the index of what it refers to.
  LEFT JOIN (SELECT DISTINCT conindid FROM pg_constraint WHERE conindid <> 0) k ON k.conindid = x.indexrelid
  -- Read backwards, a B-tree whose columns all go the other way is the same.
 CROSS JOIN LATERAL (SELECT CASE WHEN a.amname = 'btree' AND x.indoption[0] & 1 = 1 THEN (SELECT string_agg((w # 3)::text, ' ') FROM unnest(x.indoption) w) ELSE x.indoption::text END AS way) o
 -- What says only how full its pages are, and how it is written, makes no other index.
 CROSS JOIN LATERAL (SELECT string_agg(option_name || '=' || option_value, ',' ORDER BY option_name) AS options FROM pg_options_to_table(c.reloptions)
                      WHERE option_name NOT IN ('fillfactor', 'deduplicate_items', 'buffering', 'fastupdate', 'gin_pending_list_limit', 'autosummarize')) more),
     parts AS MATERIALIZED ({partitions}), locked AS MATERIALIZED ({locked})
SELECT object, 'warn' AS verdict, message, value, 'bytes' AS unit FROM (
SELECT DISTINCT ON (x.indexrelid) format('%I.%I', x.nspname, x.relname) AS object,
       format('is like %s on %s%s', y.indexrelid::regclass, x.indrelid::regclass, CASE x.relkind WHEN 'I' THEN ', which is partitioned' ELSE '' END) AS message,
       (SELECT CASE WHEN count(*) = count(size) THEN sum(size) END
          FROM (SELECT x.indexrelid AS part UNION SELECT relid FROM parts WHERE root = x.indexrelid) p, LATERAL (SELECT CASE WHEN p.part NOT IN (SELECT relation FROM locked) THEN pg_relation_size(p.part) END AS size) s)::numeric AS value
  FROM made x JOIN made y ON y.indrelid = x.indrelid AND y.what = x.what AND y.indexrelid <> x.indexrelid AND y.more = x.more AND y.nulls = x.nulls
 WHERE NOT x.relispartition AND x.counts AND y.counts AND x.indisunique <= y.indisunique
   -- A unique one that waits until the commit promises less than one that does not.
   AND (NOT x.indisunique OR y.indimmediate)
   AND (y.indisunique, y.kept, y.indexrelid) > (x.indisunique, x.kept, x.indexrelid) AND NOT x.kept AND NOT x.indisreplident
   -- As they are stored, but for where they stood in their statement. As SQL, the server would wait for who has locked the table.
   AND (NOT x.more OR (SELECT count(DISTINCT regexp_replace(concat_ws('/', coalesce(p.indexprs::text, ''), p.indpred::text), ':location -?\d+', '', 'g')) = 1
                         FROM pg_index p WHERE p.indexrelid IN (x.indexrelid, y.indexrelid)))
   AND NOT EXISTS (SELECT FROM pg_attribute p JOIN pg_attribute q USING (attnum)
                    WHERE p.attrelid = x.indexrelid AND q.attrelid = y.indexrelid AND p.attoptions IS DISTINCT FROM q.attoptions)
 -- Of many that are alike, each is told once, beside the one that is kept.
 ORDER BY x.indexrelid, y.indisunique DESC, y.kept DESC, y.indexrelid DESC) twice
 ORDER BY object
