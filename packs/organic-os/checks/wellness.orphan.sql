-- title: Wellness entries belong to a user
-- severity: error
-- reads: wellness_entries, users
-- references: wellness_entries.user_id
-- why: An entry without its user is personal data that nobody can see or delete any more.
-- cause: The foreign key is missing, was not validated, or was switched off while rows were removed.
-- remedy: Delete the entry, or put its user back.

SELECT 'wellness_entries' AS table_name, x.id AS key, x.user_id AS account, NULL::text AS unit,
       'an existing user' AS expected, x.user_id AS actual,
       format('Entry %s belongs to user %s, who does not exist.', x.id, x.user_id) AS message
FROM wellness_entries x
WHERE NOT EXISTS (SELECT FROM users p WHERE p.id = x.user_id)
