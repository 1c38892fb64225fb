-- Messages of before were counted by the application, if at all, and so was the time of the last one kept.
UPDATE conversations c
   SET message_count = m.messages, updated_at = greatest(c.updated_at, m.last)
  FROM (SELECT o.id, count(m.id) AS messages, max(m.created_at) AS last
          FROM conversations o LEFT JOIN messages m ON m.conversation_id = o.id
         GROUP BY o.id) AS m
 WHERE m.id = c.id AND (c.message_count IS DISTINCT FROM m.messages OR c.updated_at < m.last)
