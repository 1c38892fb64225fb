-- title: A wrong invite counter
-- why: The counter was raised without an accepted invite.

WITH target AS (
    SELECT u.id, u.total_invites
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users u SET total_invites = u.total_invites + 1 FROM target t WHERE u.id = t.id
)
SELECT 'users' AS table_name, t.id AS key, t.id AS account, NULL::currency AS unit,
       ARRAY['counters.total_invites'] AS checks,
       format('total_invites of user %s was changed from %s to %s.',
              t.id, t.total_invites, t.total_invites + 1) AS message
FROM target t
