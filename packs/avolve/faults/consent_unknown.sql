-- title: A statement of consent that nobody can read
-- why: Another program wrote it. Where a constraint on the status forbids it, no row is returned.

WITH target AS (
    SELECT u.id AS user_id, md5('unknown ' || u.id || $1::bigint)::uuid AS id
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                      WHERE c.conrelid = 'user_consent'::regclass AND c.contype = 'c' AND a.attname = 'status')
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO user_consent (id, user_id, interaction_type, status, terms, created_at)
    SELECT t.id, t.user_id, 'imported', 'maybe', '{}', now() FROM target t
)
SELECT 'user_consent' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['consent.status'] AS checks,
       format('User %s was said to consent maybe.', t.user_id) AS message
FROM target t
