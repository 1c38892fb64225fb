-- title: No two indexes are equal
-- why: Of two equal indexes only one is used, and every write maintains both.
-- remedy: Keep the one that a constraint needs, and drop the other: DROP INDEX CONCURRENTLY.

SELECT object, 'warn' AS verdict, message, value, 'bytes' AS unit FROM (
SELECT DISTINCT ON (x.indexrelid) format('%I.%I', n.nspname, c.relname) AS object,
       format('is like %s on %s', y.indexrelid::regclass, x.indrelid::regclass) AS message,
       pg_relation_size(x.indexrelid)::numeric AS value
  FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_index y ON y.indrelid = x.indrelid AND y.indexrelid <> x.indexrelid JOIN pg_class d ON d.oid = y.indexrelid
  CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_constraint WHERE conindid = x.indexrelid AND contype IN ('p', 'u', 'x')) AS mine,
                             EXISTS (SELECT FROM pg_constraint WHERE conindid = y.indexrelid AND contype IN ('p', 'u', 'x')) AS other) kept
 WHERE NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND c.relam = d.relam AND x.indkey::text = y.indkey::text AND x.indnkeyatts = y.indnkeyatts AND x.indclass::text = y.indclass::text
   AND x.indcollation::text = y.indcollation::text AND x.indoption::text = y.indoption::text
   AND pg_get_expr(x.indexprs, x.indrelid) IS NOT DISTINCT FROM pg_get_expr(y.indexprs, y.indrelid)
   AND pg_get_expr(x.indpred, x.indrelid) IS NOT DISTINCT FROM pg_get_expr(y.indpred, y.indrelid)
   AND x.indisvalid AND y.indisvalid AND x.indisunique <= y.indisunique
   AND to_jsonb(x)->>'indnullsnotdistinct' IS NOT DISTINCT FROM to_jsonb(y)->>'indnullsnotdistinct'
   AND (y.indisunique, kept.other, y.indexrelid) > (x.indisunique, kept.mine, x.indexrelid) AND NOT kept.mine AND NOT x.indisreplident
 -- Of many that are alike, each is told once, beside the one that is kept.
 ORDER BY x.indexrelid, y.indisunique DESC, kept.other DESC, y.indexrelid DESC) twice
 ORDER BY object
