-- Seals and recorded audits, newest first, at most $1 of them (null for all), and how many there are.
SELECT h.*, count(*) OVER () AS of_all
  FROM (SELECT 'seal' AS kind, s.id, s.sealed_at AS at, s.app, coalesce(s.operator, s.os_user, s.database_role) AS who,
               s.mode, s.accounts, s.entries, s.root,
               NULL::text AS verdict, NULL::boolean AS complete, NULL::text AS depth, NULL::bigint AS seal_id,
               NULL::integer AS checks, NULL::integer AS passed, NULL::bigint AS errors, NULL::bigint AS warnings, NULL::bigint AS duration_ms
          FROM bursar.seals s
        UNION ALL
        SELECT 'audit', a.id, a.at, a.app, coalesce(a.operator, a.os_user, a.database_role),
               NULL, NULL, NULL, NULL,
               a.verdict, a.complete, a.depth, a.seal_id, a.checks, a.passed, a.errors, a.warnings, a.duration_ms
          FROM bursar.audits a) h
 ORDER BY h.at DESC, h.kind, h.id DESC
 LIMIT $1
