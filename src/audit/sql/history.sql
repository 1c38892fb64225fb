-- Seals and recorded audits since $1, newest first, that follow the $3 with the number $4 of the time $2, at most $5 of
-- them. Each may be null; a limit of 0 is none.
SELECT h.*
  FROM (SELECT 'seal' AS kind, s.id, s.sealed_at AS at, s.app, coalesce(s.operator, s.os_user, s.database_role) AS who,
               s.mode, s.accounts, s.entries, s.root,
               NULL::text AS verdict, NULL::boolean AS complete, NULL::text AS depth, NULL::bigint AS seal_id, NULL::boolean AS whole,
               NULL::integer AS checks, NULL::integer AS passed, NULL::bigint AS errors, NULL::bigint AS warnings, NULL::bigint AS duration_ms
          FROM bursar.seals s
        UNION ALL
        SELECT 'audit', a.id, a.at, a.app, coalesce(a.operator, a.os_user, a.database_role),
               NULL, NULL, NULL, NULL,
               a.verdict, a.complete, a.depth, a.seal_id, (to_jsonb(a) ->> 'whole')::boolean, a.checks, a.passed, a.errors, a.warnings, a.duration_ms
          FROM bursar.audits a) h
 WHERE ($1::timestamptz IS NULL OR h.at >= $1)
   AND ($2::timestamptz IS NULL OR h.at < $2 OR (h.at = $2 AND (h.kind, -h.id) > ($3, -$4)))
 ORDER BY h.at DESC, h.kind, h.id DESC
 LIMIT nullif($5, 0)
