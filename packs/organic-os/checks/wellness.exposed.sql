-- title: Partitions are closed and guarded
-- severity: error
-- reads: wellness_entries
-- why: Neither row level security nor grants are inherited by a partition, so an open one shows and takes everybody's
--   entries; and with a trigger switched off it takes dates of the future.
-- cause: The partition was made by hand, or default privileges opened it.
-- remedy: ALTER TABLE … ENABLE ROW LEVEL SECURITY; REVOKE ALL ON … FROM PUBLIC, anon, authenticated, service_role;
--   ALTER TABLE … ENABLE TRIGGER ALL.

WITH partitions AS (
    SELECT c.oid, c.relname, c.relrowsecurity, c.relacl, c.relowner
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'wellness_entries'::regclass AND c.relispartition
),
faults AS (
    SELECT p.relname, 'row level security' AS expected, 'off' AS actual,
           format('Row level security is off on partition %s.', p.relname) AS message
    FROM partitions p
    WHERE NOT p.relrowsecurity
    UNION ALL
    SELECT p.relname, 'no grants',
           format('%s %s', coalesce(r.rolname, 'PUBLIC'), string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)),
           format('Partition %s is open to %s: %s.', p.relname, coalesce(r.rolname, 'PUBLIC'),
                  string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type))
    FROM partitions p
    CROSS JOIN LATERAL aclexplode(p.relacl) a
    LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE a.grantee = 0 OR r.rolname IN ('anon', 'authenticated', 'service_role')
    GROUP BY p.relname, r.rolname
    UNION ALL
    SELECT p.relname, t.tgname, 'disabled', format('Trigger %s is disabled on partition %s.', t.tgname, p.relname)
    FROM partitions p
    JOIN pg_trigger t ON t.tgrelid = p.oid
    WHERE NOT t.tgisinternal AND t.tgenabled IN ('D', 'R')
)
SELECT 'wellness_entries' AS table_name, f.relname AS key, NULL::uuid AS account, NULL::text AS unit,
       f.expected, f.actual, f.message
FROM faults f
