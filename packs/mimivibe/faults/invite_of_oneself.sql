-- title: Somebody accepts their own invite
-- why: The rules of invites were not checked.

WITH target AS (
    SELECT i.id, i.inviter_id, i.invitee_id
    FROM user_invites i
    JOIN users u ON u.id = i.inviter_id
    WHERE i.status = 'accepted'
      AND i.inviter_id::text <> ALL ($2::text[])
    ORDER BY md5(i.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE user_invites i SET invitee_id = t.inviter_id FROM target t WHERE i.id = t.id
)
SELECT 'user_invites' AS table_name, t.id AS key, t.inviter_id AS account, NULL::currency AS unit,
       ARRAY['invites.honest'] AS checks,
       format('Invite %s of user %s was accepted by themselves instead of user %s.', t.id, t.inviter_id, t.invitee_id) AS message
FROM target t
