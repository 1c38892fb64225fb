-- title: Every foreign key has an index
-- why: Deleting or changing a row that is referred to reads the whole referring table without one.
-- remedy: CREATE INDEX CONCURRENTLY on the columns of the key, in a migration. On a partitioned table: CREATE INDEX ON ONLY it, CREATE INDEX CONCURRENTLY on each partition, and ALTER INDEX … ATTACH PARTITION for each.

WITH parts AS MATERIALIZED ({partitions})
SELECT format('%I.%I.%I', n.nspname, c.relname, k.conname) AS object, CASE WHEN size.rows >= 10000 THEN 'warn' ELSE 'ok' END AS verdict,
       format('(%s) refers to %s, and no index begins with it%s%s',
              (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.position) FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, position)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
              k.confrelid::regclass, CASE c.relkind WHEN 'p' THEN '; the table is partitioned' ELSE '' END, CASE WHEN size.rows >= 10000 THEN '' ELSE '; the table is small' END) AS message,
       size.rows AS value, 'rows' AS unit
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'p' THEN (SELECT sum(greatest(m.reltuples, 0)) FROM parts t JOIN pg_class m ON m.oid = t.relid WHERE t.root = c.oid AND t.isleaf)
                                            ELSE greatest(c.reltuples, 0) END::numeric AS rows) size
  -- One that is not enforced (PostgreSQL 18) reads nothing; one with a period is served by a GiST index.
 CROSS JOIN LATERAL (SELECT false AS unenforced, false AS period) of -- until 17
 CROSS JOIN LATERAL (SELECT NOT k.conenforced AS unenforced, k.conperiod AS period) of -- since 18
 WHERE k.contype = 'f' AND k.conparentid = 0 AND of.unenforced IS NOT TRUE AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM pg_index x
                    WHERE x.indrelid = k.conrelid AND x.indisvalid AND EXISTS (SELECT FROM pg_class i JOIN pg_am m ON m.oid = i.relam WHERE i.oid = x.indexrelid AND (m.amname IN ('btree', 'hash') OR m.amname = 'gist' AND of.period))
                      -- Rows whose key is null refer to nothing, and need not be in it. As SQL, the server would wait for who has locked the table.
                      AND (x.indpred IS NULL OR cardinality(k.conkey) = 1 AND x.indpred::text ~ format('^\{NULLTEST :arg \{VAR :varno 1 :varattno %s [^{}]*\} :nulltesttype 1 ', k.conkey[1]))
                      AND x.indnkeyatts >= cardinality(k.conkey)
                      AND (x.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
 ORDER BY value DESC, object
