-- title: Progress belongs to a user
-- severity: error
-- reads: module_progress, users
-- references: module_progress.user_id
-- why: Progress without its user is personal data that nobody can see or delete any more.
-- cause: The foreign key is missing, was not validated, or was switched off while rows were removed.
-- remedy: Delete the row, or put its user back.

SELECT 'module_progress' AS table_name, x.id AS key, x.user_id AS account, NULL::text AS unit,
       'an existing user' AS expected, x.user_id AS actual,
       format('Progress %s belongs to user %s, who does not exist.', x.id, x.user_id) AS message
FROM module_progress x
WHERE NOT EXISTS (SELECT FROM users p WHERE p.id = x.user_id)
