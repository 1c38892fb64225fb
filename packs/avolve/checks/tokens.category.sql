-- title: Every token type has one of the three categories
-- severity: error
-- reads: token_types
-- why: Tokens are of category 3, 6 or 9, and what they are worth is decided by it.
-- cause: The type was added by hand.
-- remedy: Set token_types.category to 3, 6 or 9.

SELECT 'token_types' AS table_name, t.token_type AS key, NULL::uuid AS account, t.token_type AS unit,
       '3, 6 or 9' AS expected, t.category AS actual,
       format('The token type %s is of category %s.', t.token_type, coalesce(t.category::text, 'none')) AS message
FROM token_types t
WHERE t.category IS NULL OR t.category NOT IN (3, 6, 9)
