-- title: A user invites themselves
-- why: The one who accepted the invite was not compared with the one who made it.

WITH target AS (
    SELECT i.id, i.inviter_id
    FROM user_invites i
    WHERE i.status = 'accepted' AND i.inviter_id::text <> ALL ($2::text[])
    ORDER BY md5(i.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE user_invites i SET invitee_id = i.inviter_id FROM target t WHERE i.id = t.id
)
SELECT 'user_invites' AS table_name, t.id AS key, t.inviter_id AS account, 'COIN'::currency AS unit,
       ARRAY['invites.rewarded'] AS checks,
       format('Invite %s was accepted by user %s, who made it.', t.id, t.inviter_id) AS message
FROM target t
