-- title: Rows have a time that can be, and none is older than what it belongs to
-- severity: error
-- reads: users, wellness_entries, module_progress, conversations, messages
-- why: Lists, streaks and reports go by these times. A row without a time, or with one that is still to come, is in the
--   wrong place of each of them or in none.
-- cause: A clock was wrong, or the time was written by hand.
-- remedy: Set the time to that of the first thing that is known of the row. A row that was brought along from elsewhere
--   is created when it is added here.

-- The day of an entry is looked at by wellness.future, and a conversation that is older than its messages by
-- conversations.updated.
WITH dated AS (
    SELECT d.table_name, d.name, d.key, d.account, d.what, d.at, d.optional, d.since, d.of
    FROM (SELECT 'users' AS table_name, 'User' AS name, u.id AS key, u.id AS account, 'created' AS what, u.created_at AS at,
                 false AS optional, NULL::timestamptz AS since, NULL::text AS of
          FROM users u
          UNION ALL
          SELECT 'users', 'User', u.id, u.id, 'changed', u.updated_at, true, u.created_at, 'it was created' FROM users u
          UNION ALL
          SELECT 'wellness_entries', 'Entry', w.id, w.user_id, 'created', w.created_at, false, u.created_at, 'its user was there'
          FROM wellness_entries w LEFT JOIN users u ON u.id = w.user_id
          UNION ALL
          SELECT 'wellness_entries', 'Entry', w.id, w.user_id, 'changed', w.updated_at, true, w.created_at, 'it was created'
          FROM wellness_entries w
          UNION ALL
          SELECT 'module_progress', 'Progress', p.id, p.user_id, 'created', p.created_at, false, u.created_at, 'its user was there'
          FROM module_progress p LEFT JOIN users u ON u.id = p.user_id
          UNION ALL
          SELECT 'module_progress', 'Progress', p.id, p.user_id, 'changed', p.updated_at, true, p.created_at, 'it was created'
          FROM module_progress p
          UNION ALL
          -- What somebody did elsewhere before may be brought along.
          SELECT 'module_progress', 'Progress', p.id, p.user_id, 'worked on', p.last_activity, true, NULL, NULL
          FROM module_progress p
          UNION ALL
          SELECT 'conversations', 'Conversation', c.id, c.user_id, 'created', c.created_at, false, u.created_at, 'its user was there'
          FROM conversations c LEFT JOIN users u ON u.id = c.user_id
          UNION ALL
          SELECT 'conversations', 'Conversation', c.id, c.user_id, 'changed', c.updated_at, true, NULL, NULL
          FROM conversations c
          UNION ALL
          SELECT 'messages', 'Message', m.id, c.user_id, 'created', m.created_at, false, c.created_at, 'its conversation began'
          FROM messages m LEFT JOIN conversations c ON c.id = m.conversation_id) AS d
),
judged AS (
    SELECT d.*,
           CASE WHEN d.at IS NULL THEN CASE WHEN NOT d.optional THEN 'none' END
                WHEN d.at = '-infinity' THEN 'no time'
                WHEN d.at > now() + interval '5 minutes' THEN 'future'
                -- A time that cannot be says nothing of what comes after it.
                WHEN d.at < d.since - interval '5 minutes' AND d.since <= now() + interval '5 minutes' THEN 'early' END AS fault
    FROM dated d
)
SELECT j.table_name, j.key, j.account, NULL::text AS unit,
       CASE j.fault WHEN 'early' THEN format('not before %s', j.since)
                    WHEN 'future' THEN format('not after %s', now())
                    ELSE 'a time' END AS expected,
       coalesce(j.at::text, 'none') AS actual,
       CASE j.fault
           WHEN 'none' THEN format('%s %s does not say when it was %s.', j.name, j.key, j.what)
           WHEN 'no time' THEN format('%s %s was %s at %s, which is no time.', j.name, j.key, j.what, j.at)
           WHEN 'future' THEN format('%s %s was %s at %s, which is still to come.', j.name, j.key, j.what, j.at)
           ELSE format('%s %s was %s at %s, before %s at %s.', j.name, j.key, j.what, j.at, j.of, j.since) END AS message
FROM judged j
WHERE j.fault IS NOT NULL
