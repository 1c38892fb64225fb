-- title: Statements of consent are dated between the sign-up and now
-- severity: error
-- reads: user_consent, users
-- why: The latest statement holds, so a time that cannot be right decides what the application may do.
-- cause: A clock ran ahead, or the time was written by hand.
-- remedy: Ask the user again, and acknowledge this finding; statements are never changed.

SELECT 'user_consent' AS table_name, c.id AS key, c.user_id AS account, NULL::text AS unit,
       CASE WHEN c.created_at > now() THEN format('not after %s', now()) ELSE format('not before %s', u.created_at) END AS expected,
       c.created_at AS actual,
       format('The statement %s of user %s about %s is dated %s, which is %s.', c.id, c.user_id, c.interaction_type,
              c.created_at, CASE WHEN c.created_at > now() THEN 'in the future' ELSE 'before the user signed up' END) AS message
FROM user_consent c
LEFT JOIN users u ON u.id = c.user_id
WHERE c.created_at > now() + interval '5 minutes' OR c.created_at < u.created_at - interval '5 minutes'
