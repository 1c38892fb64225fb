-- title: A token type of another category
-- why: The type was added by hand. Where a constraint on the category forbids it, no row is returned.

WITH added AS (
    INSERT INTO token_types (token_type, title, category, created_at)
    SELECT 'FOURTH', 'Of no category', 4, now()
    -- No account has a part in this, so neither parameter decides anything.
    WHERE $1::bigint IS NOT NULL AND $2::text[] IS NOT NULL
      AND NOT EXISTS (SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                      WHERE c.conrelid = 'token_types'::regclass AND c.contype = 'c' AND a.attname = 'category')
    ON CONFLICT DO NOTHING
    RETURNING token_type
)
SELECT 'token_types' AS table_name, a.token_type AS key, NULL::uuid AS account, a.token_type AS unit,
       ARRAY['tokens.category'] AS checks,
       format('The token type %s of category 4 was added.', a.token_type) AS message
FROM added a
