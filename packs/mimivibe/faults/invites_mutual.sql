-- title: Two users invited each other
-- why: One person has two accounts.

WITH target AS (
    SELECT u.id, u.invited_by, least(u.id, u.invited_by) AS lesser
    FROM users u
    JOIN users i ON i.id = u.invited_by AND i.invited_by IS NULL
    WHERE u.id::text <> ALL ($2::text[])
      AND i.id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM user_invites a WHERE a.invitee_id = i.id AND a.status = 'accepted')
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users i SET invited_by = t.id FROM target t WHERE i.id = t.invited_by
)
SELECT 'users' AS table_name, t.lesser AS key, t.lesser AS account, NULL::currency AS unit,
       ARRAY['invites.mutual'] AS checks,
       format('User %s, who invited user %s, was invited by them too.', t.invited_by, t.id) AS message
FROM target t
