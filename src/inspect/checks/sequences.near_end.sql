-- title: Sequences have numbers left
-- why: When a sequence, or the column that it fills, is at its end, no row can be added any more.
-- remedy: ALTER TABLE … ALTER COLUMN … TYPE bigint in a migration, before it gets there.

-- A domain ends where its type does.
WITH RECURSIVE numbers AS (
SELECT oid AS type, CASE typname WHEN 'int2' THEN 32767 ELSE 2147483647 END AS most FROM pg_type WHERE oid IN ('int2'::regtype, 'int4'::regtype)
UNION SELECT t.oid, n.most FROM pg_type t JOIN numbers n ON n.type = t.typbasetype WHERE t.typtype = 'd')
SELECT format('%I.%I', s.schemaname, s.sequencename) AS object, CASE WHEN used.share >= 0.9 THEN 'fail' ELSE 'warn' END AS verdict,
       format(CASE WHEN s.increment_by > 0 THEN '%s of %s numbers are used (%s %%)%s' ELSE '%s on the way down to %s, %s %% are used%s' END, s.last_value, room.n, round(100 * used.share), coalesce(', by ' || col.name, '')) AS message,
       round(used.share, 6) AS value, 'ratio' AS unit
  FROM pg_sequences s
  JOIN pg_class c ON c.relname = s.sequencename JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = s.schemaname
  -- The narrowest column that it fills: one that owns it, or one whose default asks it for a number.
  LEFT JOIN LATERAL (SELECT format('%s.%I', a.attrelid::regclass, a.attname) AS name, b.most
                       FROM (SELECT d.refobjid, d.refobjsubid FROM pg_depend d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass
                             UNION SELECT f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
                              WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid) filled (attrelid, attnum)
                       JOIN pg_attribute a USING (attrelid, attnum) LEFT JOIN numbers b ON b.type = a.atttypid
                      ORDER BY b.most NULLS LAST, name LIMIT 1) col ON true
  -- One that counts down ends at its least number.
  CROSS JOIN LATERAL (SELECT CASE WHEN s.increment_by > 0 THEN least(s.max_value, col.most) ELSE greatest(s.min_value, -col.most - 1) END::numeric AS n) room
  CROSS JOIN LATERAL (SELECT CASE WHEN s.increment_by > 0 THEN (s.last_value::numeric - s.min_value + 1) / (room.n - s.min_value + 1)
                                  ELSE (s.max_value - s.last_value::numeric + 1) / (s.max_value - room.n + 1) END AS share) used
 WHERE s.last_value IS NOT NULL AND NOT s.cycle AND used.share >= 0.75
UNION ALL
SELECT NULL, 'skipped', format('%s more may not be read by this role: GRANT SELECT on the sequences to it', count(*)), count(*)::numeric, 'sequences'
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT pg_is_other_temp_schema(n.oid)
   -- Asked in another order, the privilege would be asked of a table, which is an error.
   AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE, SELECT') ELSE false END
HAVING count(*) > 0
 ORDER BY value DESC, object
