-- What somebody without right to it has put into a schema: the objects whose owner is a stranger.
{trusted},
    object AS (
        SELECT 'function' AS kind, p.oid, p.proowner AS owner FROM pg_proc p JOIN place n ON n.oid = p.pronamespace
        UNION ALL SELECT 'operator', o.oid, o.oprowner FROM pg_operator o JOIN place n ON n.oid = o.oprnamespace
        UNION ALL
        SELECT 'type', t.oid, t.typowner FROM pg_type t JOIN place n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
         WHERE t.typtype IN ('d', 'e', 'r') OR (t.typtype = 'c' AND c.relkind = 'c')
        UNION ALL
        SELECT 'relation', c.oid, c.relowner FROM pg_class c JOIN place n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')),
    stranger AS (
        SELECT o.owner, coalesce(r.rolname::text, o.owner::text) AS name
          FROM (SELECT DISTINCT owner FROM object) o LEFT JOIN pg_roles r ON r.oid = o.owner
         WHERE {stranger})
-- One with the arguments of one of the server's own is never chosen: pg_catalog comes first in every path.
SELECT o.kind, p.proname::text AS name, format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS object, s.name AS owner,
       EXISTS (SELECT FROM pg_proc c WHERE c.proname = p.proname AND c.pronamespace = 'pg_catalog'::regnamespace)
       -- A call of a type's name is a cast, where no function of that name fits.
       OR EXISTS (SELECT FROM pg_type c WHERE c.typname = p.proname AND c.typnamespace = 'pg_catalog'::regnamespace) AS own_name
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_proc p ON p.oid = o.oid JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE o.kind = 'function'
   AND (p.provariadic <> 0 OR p.pronargdefaults > 0
        OR NOT EXISTS (SELECT FROM pg_proc c WHERE c.proname = p.proname AND c.pronamespace = 'pg_catalog'::regnamespace
                          AND c.proargtypes = p.proargtypes))
UNION ALL
SELECT o.kind, p.oprname::text, format('%I.%s (%s, %s)', n.nspname, p.oprname, CASE p.oprleft WHEN 0 THEN 'NONE' ELSE format_type(p.oprleft, NULL) END,
              format_type(p.oprright, NULL)), s.name,
       EXISTS (SELECT FROM pg_operator c WHERE c.oprname = p.oprname AND c.oprnamespace = 'pg_catalog'::regnamespace)
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_operator p ON p.oid = o.oid JOIN pg_namespace n ON n.oid = p.oprnamespace
 WHERE o.kind = 'operator'
   AND NOT EXISTS (SELECT FROM pg_operator c WHERE c.oprname = p.oprname AND c.oprnamespace = 'pg_catalog'::regnamespace
                      AND c.oprleft = p.oprleft AND c.oprright = p.oprright)
UNION ALL
SELECT o.kind, t.typname::text, format('%I.%I', n.nspname, t.typname), s.name, false
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_type t ON t.oid = o.oid JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE o.kind = 'type'
UNION ALL
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END,
       c.relname::text, format('%I.%I', n.nspname, c.relname), s.name, false
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_class c ON c.oid = o.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE o.kind = 'relation'
 ORDER BY 1, 3
