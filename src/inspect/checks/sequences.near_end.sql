-- title: Sequences have numbers left
-- why: When a sequence, or the column that it fills, is at its end, no row can be added any more.
-- remedy: ALTER TABLE … ALTER COLUMN … TYPE bigint in a migration, before it gets there.

-- A domain ends where its type does.
WITH RECURSIVE numbers AS (
SELECT oid AS type, CASE typname WHEN 'int2' THEN 32767 ELSE 2147483647 END AS most FROM pg_type WHERE oid IN ('int2'::regtype, 'int4'::regtype)
UNION SELECT t.oid, n.most FROM pg_type t JOIN numbers n ON n.type = t.typbasetype WHERE t.typtype = 'd'),
     -- Whoever asks for the last number waits behind who changes the sequence.
     shut AS MATERIALIZED (SELECT relation FROM pg_locks
       WHERE locktype = 'relation' AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') AND pid IS DISTINCT FROM pg_backend_pid()
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
     -- Each is asked once: the server reads a page for it.
     asked AS MATERIALIZED (
SELECT s.*, CASE WHEN s.readable AND NOT s.shut THEN pg_sequence_last_value(s.oid) END AS given
  FROM (SELECT c.oid, n.nspname, c.relname, q.seqincrement AS step, q.seqmin, q.seqmax, q.seqcycle,
               has_sequence_privilege(c.oid, 'USAGE, SELECT') AS readable, has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT') AND NOT (pg_is_in_recovery() AND c.relpersistence = 'u') AS seen, c.oid IN (SELECT relation FROM shut) AS shut
          FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT pg_is_other_temp_schema(n.oid)) s),
     -- One that has given no number yet may begin anywhere, which only its own row says. The number before its next one counts as given.
     counted AS MATERIALIZED (
SELECT a.*, coalesce(a.given, f.next - a.step) AS last_value, a.readable AND (a.given IS NOT NULL OR a.seen) AS known
  FROM asked a
 CROSS JOIN LATERAL (SELECT CASE WHEN a.given IS NULL AND a.seen AND NOT a.shut THEN substring(query_to_xml(format('SELECT last_value AS n FROM %I.%I', a.nspname, a.relname), true, false, '')::text FROM '>(-?\d+)<')::numeric END AS next) f), -- until 17
 CROSS JOIN LATERAL (SELECT CASE WHEN a.given IS NULL AND a.seen AND NOT a.shut THEN (pg_get_sequence_data(a.oid)).last_value END AS next) f), -- since 18
     -- The columns that it fills: one that owns it, or one whose default asks it for a number.
     fills AS MATERIALIZED (
SELECT d.objid AS oid, d.refobjid AS attrelid, d.refobjsubid AS attnum FROM pg_depend d
 WHERE d.classid = 'pg_class'::regclass AND d.objid IN (SELECT oid FROM counted) AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass
UNION
SELECT d.refobjid, f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
 WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM counted)),
     narrowest AS (
SELECT DISTINCT ON (f.oid) f.oid, a.attrelid, a.attname, b.most
  FROM fills f JOIN pg_attribute a USING (attrelid, attnum) LEFT JOIN numbers b ON b.type = a.atttypid
 ORDER BY f.oid, b.most NULLS LAST, a.attrelid, a.attnum),
     used AS MATERIALIZED (
SELECT c.*, col.attrelid, col.attname, room.n AS room,
       CASE WHEN c.step > 0 THEN (c.last_value::numeric - c.seqmin + 1) / (room.n - c.seqmin + 1) ELSE (c.seqmax - c.last_value::numeric + 1) / (c.seqmax - room.n + 1) END AS share
  FROM counted c LEFT JOIN narrowest col USING (oid)
  -- One that counts down ends at its least number.
 CROSS JOIN LATERAL (SELECT CASE WHEN c.step > 0 THEN least(c.seqmax, col.most) ELSE greatest(c.seqmin, -col.most - 1) END::numeric AS n) room
 -- One that begins again before its column is full never ends.
 WHERE c.last_value IS NOT NULL AND NOT (c.seqcycle AND room.n = CASE WHEN c.step > 0 THEN c.seqmax ELSE c.seqmin END))
SELECT format('%I.%I', nspname, relname) AS object, CASE WHEN share >= 0.9 THEN 'fail' ELSE 'warn' END AS verdict,
       format(CASE WHEN step > 0 THEN '%s of %s numbers are used (%s %%)%s' ELSE '%s on the way down to %s, %s %% are used%s' END, last_value, room, round(100 * share),
              CASE WHEN attname IS NOT NULL THEN format(', by %s.%I', attrelid::regclass, attname) END) AS message,
       round(share, 6) AS value, 'ratio' AS unit
  FROM used WHERE share >= 0.75
UNION ALL
SELECT format('%I.%I', nspname, relname), 'locked', 'a session changes it: see `locks`', NULL, NULL FROM counted WHERE shut AND readable
UNION ALL
SELECT NULL, 'skipped', format('%s more may not be read by this role: GRANT SELECT on the sequences to it', count(*)), count(*)::numeric, 'sequences'
  FROM counted WHERE NOT known AND NOT (shut AND readable)
HAVING count(*) > 0
 ORDER BY value DESC NULLS LAST, object
