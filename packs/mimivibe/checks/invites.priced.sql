-- title: Invites promise a reward that some tier gives
-- severity: warn
-- reads: user_invites
-- why: The reward of an invite is a base and the bonus of a tier: a fifth for silver, a half for gold. Accepting an invite
--   pays whatever it states, so a reward of another size makes coins from nothing.
-- cause: The reward was taken from the browser, written by hand, or the base was changed.
-- remedy: Compare it with the base of its day (SELECT invite_reward_for_tier(BASE, TIER)). Take what is too much with
--   wallet_adjust. A reward that was right is accepted with --write-baseline.

-- The base is the caller's. It is told from the invites themselves: the one from which most rewards come, of at least 20, and
-- at least 95 in a hundred. The bonus is written out, because the function may have been replaced and an auditor may not
-- call it.
WITH rewards AS MATERIALIZED (
    SELECT i.coin_reward, count(*) AS invites, sum(count(*)) OVER () AS of
    FROM user_invites i
    WHERE i.coin_reward IS NOT NULL
    GROUP BY i.coin_reward
),
base AS MATERIALIZED (
    SELECT b.coin_reward AS bronze, b.coin_reward::bigint * 120 / 100 AS silver, b.coin_reward::bigint * 150 / 100 AS gold,
           b.of, sum(r.invites) AS invites
    FROM rewards b
    JOIN rewards r ON r.coin_reward IN (b.coin_reward, b.coin_reward::bigint * 120 / 100, b.coin_reward::bigint * 150 / 100)
    GROUP BY b.coin_reward, b.of
    ORDER BY sum(r.invites) DESC, b.coin_reward
    LIMIT 1
)
SELECT 'user_invites' AS table_name, i.id AS key, i.inviter_id AS account, 'COIN'::currency AS unit,
       format('%s, %s or %s', b.bronze, b.silver, b.gold) AS expected, i.coin_reward AS actual,
       format('Invite %s of user %s promises %s COIN. %s of %s invites promise %s, %s or %s.', i.id, i.inviter_id,
              i.coin_reward, b.invites, b.of, b.bronze, b.silver, b.gold) AS message
FROM base b
JOIN user_invites i ON i.coin_reward NOT IN (b.bronze, b.silver, b.gold)
WHERE b.of >= 20 AND b.invites * 100 >= b.of * 95
