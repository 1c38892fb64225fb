-- title: Columns of numbers have room
-- why: An integer ends at 2147483647. A key that no sequence fills, or that refers to another, ends there as well.
-- remedy: ALTER TABLE … ALTER COLUMN … TYPE bigint in a migration, before it gets there.

-- A domain ends where its type does.
WITH RECURSIVE numbers AS (
SELECT oid AS type, typname AS base FROM pg_type WHERE oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
UNION SELECT t.oid, n.base FROM pg_type t JOIN numbers n ON n.type = t.typbasetype WHERE t.typtype = 'd'),
     -- The columns of keys, and what refers to a bigint.
     keys AS (
SELECT k.conrelid, p.own, b.base, max(format('%s.%I', k.confrelid::regclass, f.attname)) FILTER (WHERE f.attname IS NOT NULL) AS refers
  FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey, k.confkey) p (own, theirs)
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.own JOIN numbers b ON b.type = a.atttypid AND b.base IN ('int2', 'int4')
  LEFT JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = p.theirs AND f.atttypid IN (SELECT type FROM numbers WHERE base = 'int8')
 WHERE k.contype IN ('p', 'u', 'f') GROUP BY 1, 2, 3),
     locked AS MATERIALIZED ({locked}),
     narrow AS MATERIALIZED (
SELECT c.oid, format('%I.%I.%I', n.nspname, c.relname, a.attname) AS object, CASE k.base WHEN 'int2' THEN 32767 ELSE 2147483647 END AS most, k.refers, a.attname, c.relkind
  FROM keys k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.own
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'),
     parted AS MATERIALIZED ({partitions}),
     -- The rows of a partitioned table are its partitions'. The planner's statistics know the largest values of a column, about:
     -- those that come often stand by themselves, and one that comes once and alone stands nowhere.
     parts AS MATERIALIZED (
SELECT n.object, n.attname, h.oid, o.nspname, h.relname, s.reached, coalesce(s.known, false) AS known, s.known IS NOT TRUE AND h.oid IN (SELECT relation FROM locked) AS shut,
       CASE WHEN s.known IS NOT TRUE AND h.relkind = 'r' AND h.oid NOT IN (SELECT relation FROM locked) THEN pg_relation_size(h.oid) END AS bytes
  FROM narrow n CROSS JOIN LATERAL (SELECT n.oid AS part WHERE n.relkind = 'r' UNION ALL SELECT relid FROM parted WHERE root = n.oid AND isleaf) p
  JOIN pg_class h ON h.oid = p.part JOIN pg_namespace o ON o.oid = h.relnamespace
 CROSS JOIN LATERAL (SELECT max(v)::numeric AS reached, max(v) IS NOT NULL OR bool_or(s.null_frac = 1) AS known
                       FROM pg_stats s LEFT JOIN LATERAL unnest(s.histogram_bounds::text::bigint[] || s.most_common_vals::text::bigint[]) v ON true
                      WHERE s.schemaname = o.nspname AND s.tablename = h.relname AND s.attname = n.attname AND NOT s.inherited) s),
     -- Where they know nothing of a small table, it is read.
     small AS MATERIALIZED (SELECT *, bytes <= 800000 AND has_column_privilege(oid, attname, 'SELECT') AND NOT row_security_active(oid) AS read FROM parts),
     seen AS (
SELECT object, max(CASE WHEN read THEN substring(query_to_xml(format('SELECT max(%I) AS m FROM ONLY %I.%I', attname, nspname, relname), true, false, '')::text FROM '>(-?\d+)<')::numeric ELSE reached END) AS reached,
       bool_and(known OR coalesce(read OR bytes = 0, false)) AS known, bool_or(shut) AS shut
  FROM small GROUP BY object),
     judged AS (SELECT n.*, s.reached, coalesce(s.known, true) AS known, coalesce(s.shut, false) AS shut, s.reached / n.most AS share FROM narrow n LEFT JOIN seen s USING (object))
SELECT NULL AS object, CASE WHEN count(*) > count(*) FILTER (WHERE known OR shut) THEN 'skipped' ELSE 'ok' END AS verdict,
       concat_ws('; ', 'how far ' || nullif(count(*) FILTER (WHERE NOT known AND NOT shut), 0) || ' keys of integer or smaller are is not known: ANALYZE their tables, or GRANT SELECT on them to this role',
                 format(CASE WHEN bool_and(known) THEN 'Keys of integer or smaller, with room: %s' ELSE 'with room: %s' END, count(*) FILTER (WHERE known AND coalesce(share < 0.75, true)))) AS message, count(*)::numeric AS value, 'columns' AS unit FROM judged HAVING count(*) > 0
UNION ALL
SELECT object, CASE WHEN share >= 0.9 THEN 'fail' WHEN share >= 0.75 THEN 'warn' WHEN shut THEN 'locked' WHEN NOT known THEN 'skipped' ELSE 'ok' END,
       CASE WHEN shut AND coalesce(share < 0.75, true) THEN 'a session holds or awaits a lock on its table: see `locks`' ELSE
       concat_ws('; ', format('ends at %s', most), CASE WHEN reached IS NOT NULL THEN format('has reached %s (%s %%)', reached, round(100 * share)) WHEN known THEN 'holds nothing yet' END,
                 CASE WHEN NOT known THEN 'how far it is, is not known' END, 'refers to ' || refers || ', a bigint') END, round(share, 6), CASE WHEN share IS NOT NULL THEN 'ratio' END
  FROM judged
 ORDER BY value DESC NULLS LAST, object NULLS FIRST
