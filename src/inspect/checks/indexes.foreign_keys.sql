-- title: Every foreign key has an index
-- why: Deleting or changing a row that is referred to reads the whole referring table without one.
-- remedy: CREATE INDEX CONCURRENTLY on the columns of the key, in a migration.

SELECT format('%I.%I.%I', n.nspname, c.relname, k.conname) AS object, CASE WHEN size.rows >= 10000 THEN 'warn' ELSE 'ok' END AS verdict,
       format('(%s) refers to %s, and no index begins with it%s',
              (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.position) FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, position)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
              k.confrelid::regclass, CASE WHEN size.rows >= 10000 THEN '' ELSE '; the table is small' END) AS message,
       size.rows AS value, 'rows' AS unit
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'p' THEN (SELECT sum(greatest(m.reltuples, 0)) FROM pg_partition_tree(c.oid) t JOIN pg_class m ON m.oid = t.relid AND t.isleaf)
                                            ELSE greatest(c.reltuples, 0) END::numeric AS rows) size
  -- One that is not enforced (PostgreSQL 18) reads nothing; one with a period is served by a GiST index.
 CROSS JOIN LATERAL (SELECT to_jsonb(k)->>'conenforced' = 'false' AS unenforced, to_jsonb(k)->>'conperiod' = 'true' AS period) of
 WHERE k.contype = 'f' AND k.conparentid = 0 AND of.unenforced IS NOT TRUE AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM pg_index x
                    WHERE x.indrelid = k.conrelid AND x.indisvalid AND EXISTS (SELECT FROM pg_class i JOIN pg_am m ON m.oid = i.relam WHERE i.oid = x.indexrelid AND (m.amname IN ('btree', 'hash') OR m.amname = 'gist' AND of.period))
                      -- Rows whose key is null refer to nothing, and need not be in it.
                      AND (x.indpred IS NULL OR cardinality(k.conkey) = 1 AND pg_get_expr(x.indpred, x.indrelid)
                           = (SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1]))
                      AND x.indnkeyatts >= cardinality(k.conkey)
                      AND (SELECT array_agg(v::int2 ORDER BY v::int2) FROM unnest((string_to_array(x.indkey::text, ' '))[1:cardinality(k.conkey)]) v)
                          = (SELECT array_agg(v ORDER BY v) FROM unnest(k.conkey) v))
 ORDER BY value DESC, object
