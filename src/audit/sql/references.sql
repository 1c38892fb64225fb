-- The foreign keys of the tables $2 in the schema $1, valid and enforced or not, as parts of the statement that looks for
-- rows without a target. Those of partitions are those of their parents. Of a composite key, a row with a NULL refers to nothing.
SELECT t.relname::text AS relation, k.columns AS column_names, format('%s of %s', k.targets, c.confrelid::regclass) AS target,
       format('%s%s', CASE WHEN t.relkind <> 'p' THEN 'ONLY ' END, c.conrelid::regclass) AS from_table,
       format('%s%s', CASE WHEN r.relkind <> 'p' THEN 'ONLY ' END, c.confrelid::regclass) AS to_table,
       k.given, k.met, k.value, coalesce(p.key, k.value) AS key,
       NOT k.readable AND NOT (r.relnamespace = t.relnamespace AND r.relname::text = ANY ($2::text[])) AS closed
  FROM pg_constraint c
  JOIN pg_class t ON t.oid = c.conrelid
  JOIN pg_class r ON r.oid = c.confrelid
 CROSS JOIN LATERAL (
       SELECT string_agg(fa.attname::text, ', ' ORDER BY n) AS columns, string_agg(ra.attname::text, ', ' ORDER BY n) AS targets,
              string_agg(format('f.%I IS NOT NULL', fa.attname), ' AND ' ORDER BY n) AS given,
              string_agg(format('p.%I OPERATOR(%I.%s) f.%I', ra.attname, s.nspname, o.oprname, fa.attname), ' AND ' ORDER BY n) AS met,
              format('concat_ws('', '', %s)', string_agg(format('f.%I::text', fa.attname), ', ' ORDER BY n)) AS value,
              has_schema_privilege(r.relnamespace, 'USAGE') AND bool_and(has_column_privilege(r.oid, ra.attnum, 'SELECT')) AS readable
         FROM unnest(c.conkey, c.confkey, c.conpfeqop) WITH ORDINALITY AS u (own, other, operator, n)
         JOIN pg_attribute fa ON fa.attrelid = c.conrelid AND fa.attnum = u.own
         JOIN pg_attribute ra ON ra.attrelid = c.confrelid AND ra.attnum = u.other
         JOIN pg_operator o ON o.oid = u.operator
         JOIN pg_namespace s ON s.oid = o.oprnamespace) k
  LEFT JOIN LATERAL (
       -- NULL where the table has no primary key.
       SELECT 'concat_ws('', '', ' || string_agg(format('f.%I::text', a.attname), ', ' ORDER BY u.n) || ')' AS key
         FROM pg_constraint i, unnest(i.conkey) WITH ORDINALITY AS u (own, n)
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = u.own
        WHERE i.conrelid = c.conrelid AND i.contype = 'p') p ON true
 WHERE c.contype = 'f' AND c.conparentid = 0
   AND t.relnamespace = to_regnamespace(quote_ident($1)) AND t.relname::text = ANY ($2::text[])
 ORDER BY array_position($2::text[], t.relname::text), k.columns, c.conname
