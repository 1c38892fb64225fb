-- title: An invite promises more than any tier gives
-- why: The reward was taken from the browser.

WITH target AS (
    SELECT i.id, i.inviter_id, i.coin_reward
    FROM user_invites i
    WHERE i.status <> 'accepted'
      AND i.inviter_id::text <> ALL ($2::text[])
      -- Of fewer invites nobody knows which reward is the usual one.
      AND (SELECT count(*) FROM user_invites o WHERE o.coin_reward IS NOT NULL) >= 40
    ORDER BY md5(i.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE user_invites i SET coin_reward = 10000 FROM target t WHERE i.id = t.id
)
SELECT 'user_invites' AS table_name, t.id AS key, t.inviter_id AS account, 'COIN'::currency AS unit,
       ARRAY['invites.priced'] AS checks,
       format('Invite %s of user %s promises 10000 COIN instead of %s.', t.id, t.inviter_id, t.coin_reward) AS message
FROM target t
