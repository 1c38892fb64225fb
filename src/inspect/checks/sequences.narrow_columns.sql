-- title: Columns of numbers have room
-- why: An integer ends at 2147483647. A key that no sequence fills, or that refers to another, ends there as well.
-- remedy: ALTER TABLE … ALTER COLUMN … TYPE bigint in a migration, before it gets there.

-- The planner's statistics know the largest values of a column, about.
WITH narrow AS (
SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname) AS object, l.most, a.attname, n.nspname, c.relname, k.refers,
       (SELECT max(v)::numeric FROM pg_stats s, unnest(coalesce(s.histogram_bounds, s.most_common_vals)::text::bigint[]) v WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname) AS reached
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN LATERAL (SELECT CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END AS most) l ON l.most IS NOT NULL
  -- Keys of one column, and what refers to a bigint.
  JOIN (SELECT k.conrelid, k.conkey[1] AS attnum, max(format('%s.%I', k.confrelid::regclass, f.attname)) FILTER (WHERE f.atttypid = 'int8'::regtype) AS refers
          FROM pg_constraint k LEFT JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
         WHERE k.contype IN ('p', 'u', 'f') AND cardinality(k.conkey) = 1 GROUP BY 1, 2) k ON k.conrelid = c.oid AND k.attnum = a.attnum
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'),
     judged AS (SELECT *, reached / most AS share FROM narrow)
SELECT NULL AS object, 'ok' AS verdict, format('Keys of integer or smaller, with room: %s', count(*)) AS message, count(*)::numeric AS value, 'columns' AS unit FROM judged HAVING count(*) > 0
UNION ALL
SELECT object, CASE WHEN share >= 0.9 THEN 'fail' WHEN share >= 0.75 THEN 'warn' ELSE 'ok' END,
       concat_ws('; ', format('ends at %s', most), CASE WHEN reached IS NULL THEN 'no statistics say how far it is' ELSE format('has reached %s (%s %%)', reached, round(100 * share)) END, 'refers to ' || refers || ', a bigint'), round(share, 6), CASE WHEN share IS NOT NULL THEN 'ratio' END
  FROM judged
 ORDER BY value DESC NULLS LAST, object NULLS FIRST
