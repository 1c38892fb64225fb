-- title: Every statement of consent has a known status
-- severity: error
-- reads: user_consent
-- why: A statement that nobody can read allows nothing and forbids nothing.
-- cause: Another program wrote it, with a word of its own.
-- remedy: Ask the user again, and acknowledge this finding; statements are never changed.

SELECT 'user_consent' AS table_name, c.id AS key, c.user_id AS account, NULL::text AS unit,
       'approved, declined or revoked' AS expected, c.status AS actual,
       format('The statement %s of user %s about %s is %s.', c.id, c.user_id, c.interaction_type,
              coalesce(quote_literal(c.status), 'empty')) AS message
FROM user_consent c
WHERE c.status IS NULL OR c.status::text NOT IN ('approved', 'declined', 'revoked')
