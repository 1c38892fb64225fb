-- title: A wellness entry of nobody
-- why: The foreign key was switched off.

WITH target AS (
    SELECT md5('entry_orphaned ' || u.id || $1::bigint)::uuid AS id,
           md5('nobody entry_orphaned ' || u.id || $1::bigint)::uuid AS nobody
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO wellness_entries (id, user_id, date, created_at, updated_at)
    SELECT t.id, t.nobody, (now() AT TIME ZONE 'UTC')::date - 2, now(), now() FROM target t
)
SELECT 'wellness_entries' AS table_name, t.id AS key, t.nobody AS account, NULL::text AS unit,
       ARRAY['wellness.orphan'] AS checks,
       format('Entry %s was added for user %s, who does not exist.', t.id, t.nobody) AS message
FROM target t
