-- title: Progress beyond the whole
-- why: A client sent what it had counted. Where a constraint forbids it, no row is returned.

WITH target AS (
    SELECT p.id, p.user_id, p.progress_percentage
    FROM module_progress p
    WHERE p.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'module_progress'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%progress_percentage%')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE module_progress p SET progress_percentage = 140 FROM target t WHERE p.id = t.id
)
SELECT 'module_progress' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['progress.range'] AS checks,
       format('The progress %s was changed from %s to 140 %%.', t.id, t.progress_percentage) AS message
FROM target t
