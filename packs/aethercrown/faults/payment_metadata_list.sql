-- title: A payment whose metadata is a list
-- why: A client sent a list, and nothing refused it.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.metadata <> '{}'
      AND p.user_id::text <> ALL ($2::text[])
      -- A constraint on metadata makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'payments'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%metadata%')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET metadata = '[]' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['jsonb.shape'] AS checks,
       format('The metadata of payment %s was changed to a list.', t.id) AS message
FROM target t
