-- title: Somebody who was there before accepts an invite
-- why: One person has two accounts, and the older one accepts the invite of the newer.

WITH target AS (
    SELECT i.id, i.inviter_id, i.invitee_id, i.created_at
    FROM user_invites i
    WHERE i.status = 'accepted' AND i.invitee_id <> i.inviter_id
      AND ARRAY[i.inviter_id::text, i.invitee_id::text] && $2::text[] IS FALSE
    ORDER BY md5(i.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users u SET created_at = t.created_at - interval '100 days' FROM target t WHERE u.id = t.invitee_id
)
SELECT 'user_invites' AS table_name, t.id AS key, t.inviter_id AS account, NULL::currency AS unit,
       ARRAY['invites.newcomers'] AS checks,
       format('User %s, who accepted invite %s, was given an account that is 100 days older than it.', t.invitee_id, t.id) AS message
FROM target t
