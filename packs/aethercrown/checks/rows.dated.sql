-- title: No user, clone or task is of a time that cannot be
-- severity: error
-- reads: users, ai_clones, ai_tasks
-- why: A row that is still to come is in no report, and in every list of what is newest.
-- cause: A clock was wrong, or the time was written by hand.
-- remedy: Set the time to that of the first thing that is known of the row.

SELECT d.table_name, d.key, d.account, NULL::text AS unit, format('not after %s', now()) AS expected, d.at AS actual,
       format('%s %s was %s at %s, which is %s.', d.name, d.key, d.what, d.at,
              CASE d.at WHEN '-infinity' THEN 'no time' ELSE 'still to come' END) AS message
FROM (SELECT 'users' AS table_name, 'User' AS name, u.id AS key, u.id AS account, 'created' AS what, u.created_at AS at FROM users u
      UNION ALL
      SELECT 'ai_clones', 'Clone', c.id, c.user_id, 'created', c.created_at FROM ai_clones c
      UNION ALL
      SELECT 'ai_tasks', 'Task', t.id, c.user_id, 'created', t.created_at
      FROM ai_tasks t
      LEFT JOIN ai_clones c ON c.id = t.clone_id) AS d
WHERE d.at = '-infinity' OR d.at > now() + interval '5 minutes'
