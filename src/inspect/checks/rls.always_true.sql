-- title: No policy lets everybody change everything
-- why: A policy that says USING (true), WITH CHECK (true), (1 = 1) or (id = id) is row level security in name only.
-- remedy: Say in the policy whose rows they are; a service that may see all of them is better given BYPASSRLS.

WITH locked AS MATERIALIZED ({locked})
SELECT format('%I.%I.%I', n.nspname, c.relname, p.polname) AS object,
       CASE WHEN shut THEN 'locked' WHEN p.polcmd = 'r' OR held.whole THEN 'ok' ELSE 'warn' END AS verdict,
       CASE WHEN shut THEN 'a session holds or awaits a lock on its table: see `locks`' ELSE
       concat(format(CASE WHEN w.reads OR p.polcmd = 'a' THEN 'lets %s %s every row' ELSE 'lets %s %s, whatever the new row says: its WITH CHECK is always true' END,
              (SELECT string_agg(CASE r WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(r)::text END, ', ') FROM unnest(p.polroles) r),
              CASE p.polcmd WHEN 'r' THEN 'read' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE CASE WHEN w.reads THEN 'read and change' ELSE 'insert and update' END END)
       , CASE WHEN held.whole THEN ' that the RESTRICTIVE policies let through: ' ELSE '; RESTRICTIVE policies hold part of it back: ' END || held.names) END AS message,
       NULL::numeric AS value, NULL AS unit
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 -- True, alone or beside OR, or something that equals itself. A condition that reads nothing else is not evaluated here.
 CROSS JOIN (SELECT '^(\((.* OR )?)?true(( OR .*)?\))?$|^\(([\w.'':"]+) = \5\)$' AS always) l
 CROSS JOIN LATERAL (SELECT c.oid IN (SELECT relation FROM locked) AS shut) s
 CROSS JOIN LATERAL (SELECT coalesce(CASE WHEN NOT shut THEN pg_get_expr(p.polqual, p.polrelid) END ~ always, false) AS reads,
                            coalesce(CASE WHEN NOT shut THEN pg_get_expr(p.polwithcheck, p.polrelid) END ~ always, false) AS writes OFFSET 0) w
 -- A row has to pass the restrictive ones too, those that are for the same commands and the same roles.
 CROSS JOIN LATERAL (SELECT string_agg(quote_ident(r.polname), ', ' ORDER BY r.polname) AS names,
                            coalesce(bool_or(r.polcmd IN ('*', p.polcmd) AND (0 = ANY (r.polroles) OR r.polroles @> p.polroles)), false) AS whole
                       FROM pg_policy r CROSS JOIN LATERAL (SELECT pg_get_expr(r.polqual, r.polrelid) AS old, pg_get_expr(r.polwithcheck, r.polrelid) AS new OFFSET 0) e
                      WHERE NOT s.shut AND r.polrelid = p.polrelid AND NOT r.polpermissive AND (r.polcmd = '*' OR p.polcmd IN ('*', r.polcmd))
                        AND (0 = ANY (r.polroles || p.polroles) OR r.polroles && p.polroles)
                        AND CASE WHEN w.reads AND p.polcmd <> 'a' THEN e.old !~ l.always ELSE coalesce(e.new, e.old) !~ l.always END) held
 WHERE p.polpermissive AND c.relrowsecurity AND (w.reads OR w.writes OR shut)
   -- A service may see everything; nobody else is excused by being named beside it.
   AND EXISTS (SELECT FROM unnest(p.polroles) r LEFT JOIN pg_roles o ON o.oid = r
                WHERE o.rolname IS NULL OR o.rolname <> 'service_role' AND o.rolname NOT LIKE 'bursar\_%')
 ORDER BY object
