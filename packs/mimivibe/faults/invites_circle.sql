-- title: Three users invited each other in a circle
-- why: One person has three accounts.

-- Of a chain of three, the first becomes somebody whom the last invited.
WITH target AS (
    SELECT c.id AS last, b.id AS middle, a.id AS first, least(a.id, b.id, c.id) AS lesser
    FROM users c
    JOIN users b ON b.id = c.invited_by
    JOIN users a ON a.id = b.invited_by
    WHERE a.invited_by IS NULL AND a.id <> c.id
      AND ARRAY[a.id::text, b.id::text, c.id::text] && $2::text[] IS FALSE
      AND NOT EXISTS (SELECT FROM user_invites i WHERE i.invitee_id = a.id AND i.status = 'accepted')
    ORDER BY md5(c.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users u SET invited_by = t.last FROM target t WHERE u.id = t.first
)
SELECT 'users' AS table_name, t.lesser AS key, t.lesser AS account, NULL::currency AS unit,
       ARRAY['invites.mutual'] AS checks,
       format('User %s, who invited user %s, who invited user %s, was invited by the last of them.',
              t.first, t.middle, t.last) AS message
FROM target t
