-- title: An approval of nothing in particular
-- why: Another program recorded it without the terms. Where a constraint asks for them, no row is returned.

WITH target AS (
    SELECT u.id AS user_id, md5('terms ' || u.id || $1::bigint)::uuid AS id
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                      WHERE c.conrelid = 'user_consent'::regclass AND c.contype = 'c' AND a.attname = 'terms')
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO user_consent (id, user_id, interaction_type, status, terms, created_at)
    SELECT t.id, t.user_id, 'imported', 'approved', '{}', now() FROM target t
)
SELECT 'user_consent' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['consent.terms'] AS checks,
       format('User %s was said to approve of no terms.', t.user_id) AS message
FROM target t
