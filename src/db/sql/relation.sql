-- Whether a relation is there, who owns it where that is nobody to be trusted with it, and why it may not be used then.
-- Trusted are superusers, the owner of the database and members of it, the role itself, and the owner of the schema. What
-- another role owns may run its code as whoever reads it (a view, a policy) or writes it (a trigger, a check, a default).
-- A table without any of these cannot.
SELECT pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
       o.rolsuper OR c.relowner = d.datdba OR pg_catalog.pg_has_role(c.relowner, d.datdba, 'MEMBER')
           OR o.rolname IN (current_user, session_user)
           OR c.relowner = n.nspowner OR pg_catalog.pg_has_role(c.relowner, n.nspowner, 'MEMBER') AS is_trusted,
       c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity OR c.relhastriggers OR c.relhasrules OR c.relispartition)
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype NOT IN ('p', 'u', 'n'))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
                            WHERE i.indrelid = c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef a
                            WHERE a.adrelid = c.oid AND pg_catalog.pg_get_expr(a.adbin, a.adrelid) NOT IN ('now()', 'CURRENT_TIMESTAMP'))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384) AS is_plain
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
 WHERE n.nspname = $1 AND c.relname = $2
