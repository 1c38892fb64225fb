-- title: Policies are in force
-- why: A table with policies whose row level security is off shows every row to whoever may read it.
-- remedy: ALTER TABLE … ENABLE ROW LEVEL SECURITY, or drop the policies.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'warn' AS verdict,
       format('has %s, and its row level security is off', CASE count(*) WHEN 1 THEN 'a policy' ELSE count(*) || ' policies' END) AS message,
       count(*)::numeric AS value, 'policies' AS unit
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT c.relrowsecurity
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 GROUP BY n.nspname, c.relname
 ORDER BY object
