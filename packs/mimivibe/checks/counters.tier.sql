-- title: Tiers match the invites
-- severity: error
-- reads: users, user_invites
-- why: The tier decides the bonus on rewards: silver from 6 accepted invites, gold from 16, bronze below.
-- cause: The tier was not recomputed when an invite was accepted or removed, or was set by hand.
-- remedy: Set users.tier to the tier of the number of accepted invites.

-- The invites themselves are counted, so that a wrong total_invites is not reported a second time here.
WITH accepted AS (
    SELECT i.inviter_id, count(*) AS invites
    FROM user_invites i
    WHERE i.status = 'accepted'
    GROUP BY i.inviter_id
),
due AS (
    SELECT u.id, u.tier, coalesce(a.invites, 0) AS invites,
           CASE WHEN a.invites >= 16 THEN 'gold'::user_tier
                WHEN a.invites >= 6 THEN 'silver'::user_tier
                ELSE 'bronze'::user_tier END AS expected
    FROM users u
    LEFT JOIN accepted a ON a.inviter_id = u.id
)
SELECT 'users' AS table_name, d.id AS key, d.id AS account, NULL::currency AS unit,
       d.expected, d.tier AS actual,
       format('User %s is %s, but %s accepted invites make %s.', d.id, d.tier, d.invites, d.expected) AS message
FROM due d
WHERE d.tier <> d.expected
