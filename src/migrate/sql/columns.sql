-- The columns of tables, with what SQL needs to make them. Run with search_path = pg_catalog.
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS relation, quote_ident(a.attname) AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
       a.attnotnull AS not_null, a.attidentity::text AS identity, a.attgenerated <> '' AS generated,
       pg_get_expr(d.adbin, d.adrelid) AS expression,
       -- The constraints and indexes that go with the column where it is dropped.
       ARRAY(SELECT quote_ident(k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid AND a.attnum = ANY (k.conkey)
             UNION
             SELECT quote_ident(i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
              WHERE x.indrelid = c.oid AND (a.attnum = ANY (x.indkey) OR EXISTS (
                    SELECT FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = i.oid
                       AND p.refobjid = c.oid AND p.refobjsubid = a.attnum))) AS dependents,
       -- What keeps the column from another type, and from being dropped; of each the kind and the name.
       ARRAY(SELECT 'view ' || quote_ident(vn.nspname) || '.' || quote_ident(v.relname)
               FROM pg_depend p JOIN pg_rewrite w ON w.oid = p.objid JOIN pg_class v ON v.oid = w.ev_class
               JOIN pg_namespace vn ON vn.oid = v.relnamespace
              WHERE p.classid = 'pg_rewrite'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid
                AND p.refobjsubid = a.attnum AND v.oid <> c.oid
              UNION
             SELECT 'policy ' || quote_ident(n2.nspname) || '.' || quote_ident(c2.relname) || '.' || quote_ident(o.polname)
               FROM pg_depend p JOIN pg_policy o ON o.oid = p.objid JOIN pg_class c2 ON c2.oid = o.polrelid
               JOIN pg_namespace n2 ON n2.oid = c2.relnamespace
              WHERE p.classid = 'pg_policy'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid
                AND p.refobjsubid = a.attnum
              UNION
             SELECT 'trigger ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(g.tgname)
               FROM pg_depend p JOIN pg_trigger g ON g.oid = p.objid
              WHERE p.classid = 'pg_trigger'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid
                AND p.refobjsubid = a.attnum AND g.tgrelid = c.oid AND NOT g.tgisinternal) AS users
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'bursar')
 ORDER BY c.oid, a.attnum
