-- title: No user, conversation or message is of a time that cannot be
-- severity: error
-- reads: users, conversations, messages
-- why: A row that is still to come is in no report, and in every list of what is newest.
-- cause: A clock was wrong, or the time was written by hand.
-- remedy: Set the time to that of the first thing that is known of the row.

SELECT d.table_name, d.key, d.account, NULL::text AS unit, format('not after %s', now()) AS expected, d.at AS actual,
       format('%s %s was %s at %s, which is %s.', d.name, d.key, d.what, d.at,
              CASE d.at WHEN '-infinity' THEN 'no time' ELSE 'still to come' END) AS message
FROM (SELECT 'users' AS table_name, 'User' AS name, u.id AS key, u.id AS account, 'created' AS what, u.created_at AS at FROM users u
      UNION ALL
      SELECT 'conversations', 'Conversation', c.id, c.user_id, 'begun', c.created_at FROM conversations c
      UNION ALL
      -- The trigger that counts messages brings the time of the newest along, which is told of the message.
      SELECT 'conversations', 'Conversation', c.id, c.user_id, 'changed', c.updated_at
      FROM conversations c
      WHERE NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND m.created_at = c.updated_at)
        AND c.created_at <= now() + interval '5 minutes'
      UNION ALL
      SELECT 'messages', 'Message', m.id, c.user_id, 'written', m.created_at
      FROM messages m
      LEFT JOIN conversations c ON c.id = m.conversation_id) AS d
WHERE d.at = '-infinity' OR d.at > now() + interval '5 minutes'
