-- What another object brings along: the indexes of keys, what partitions have from their table, and functions that need
-- a table to be there first (kind "late"). Run with search_path = pg_catalog.
WITH relation AS (
    SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
)
SELECT 'index' AS kind, r.name || '.' || quote_ident(i.relname) AS object
  FROM pg_index x JOIN relation r ON r.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
 WHERE i.relispartition OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'constraint', r.name || '.' || quote_ident(k.conname)
  FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid
 WHERE k.conparentid <> 0 OR NOT k.conislocal
UNION ALL
SELECT 'trigger', r.name || '.' || quote_ident(t.tgname)
  FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid
 WHERE t.tgparentid <> 0
UNION ALL
SELECT 'late', p.oid::regprocedure::text
  FROM pg_proc p
 WHERE p.prosqlbody IS NOT NULL
    OR EXISTS (SELECT FROM unnest(p.proargtypes || p.prorettype || coalesce(p.proallargtypes, '{}')) AS a (type)
                 JOIN pg_type t ON t.oid = a.type
                 LEFT JOIN pg_type e ON e.oid = t.typelem
                WHERE coalesce(nullif(t.typrelid, 0), e.typrelid, 0) <> 0 AND t.oid >= 16384)
