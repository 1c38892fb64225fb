-- title: Clones belong to a user
-- severity: error
-- reads: ai_clones, users
-- references: ai_clones.user_id
-- why: A clone without a user, and every task of it, is seen by nobody.
-- cause: The clone was added without its user, or the user was removed while the foreign key was not enforced.
-- remedy: Set user_id to the user that was meant, or delete the clone.

SELECT 'ai_clones' AS table_name, c.id AS key, c.user_id AS account, NULL::text AS unit,
       'a user' AS expected, coalesce(c.user_id::text, 'none') AS actual,
       CASE WHEN c.user_id IS NULL THEN format('Clone %s (%s) belongs to no user.', c.id, c.name)
            ELSE format('Clone %s (%s) belongs to user %s, who does not exist.', c.id, c.name, c.user_id) END AS message
FROM ai_clones c
WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = c.user_id)
