-- title: Invites promise what the price list says
-- severity: error
-- prices: invite
-- reads: user_invites
-- why: Accepting an invite pays whatever it states, so a reward of another size makes coins from nothing.
-- cause: The reward was taken from the browser, written by hand, or the price list lacks a reward of that day.
-- remedy: Take what is too much with wallet_adjust. A reward that was right belongs in the price list.

WITH prices AS MATERIALIZED (
    SELECT *
    FROM {prices} s
),
older AS (
    SELECT count(*) AS rows, count(*) FILTER (WHERE i.created_at < (SELECT min(s.since) FROM prices s)) AS older
    FROM user_invites i
    WHERE i.coin_reward IS NOT NULL
)
SELECT 'user_invites' AS table_name, i.id AS key, i.inviter_id AS account, 'COIN'::currency AS unit,
       coalesce((SELECT string_agg(s.amount::text, ' or ' ORDER BY s.amount)
                 FROM prices s
                 WHERE upper(s.unit) = 'COIN' AND coalesce(i.created_at >= s.since AND i.created_at < s.until, true)),
                'a reward of the list') AS expected,
       i.coin_reward AS actual,
       format('Invite %s of user %s promises %s COIN, which is no reward of that day.', i.id, i.inviter_id, i.coin_reward)
           AS message,
       NULL AS skipped, NULL AS unchecked
FROM user_invites i
WHERE i.coin_reward IS NOT NULL
  AND coalesce(i.created_at >= (SELECT min(s.since) FROM prices s), true)
  AND NOT EXISTS (SELECT FROM prices s
                  WHERE s.amount = i.coin_reward AND upper(s.unit) = 'COIN'
                    AND coalesce(i.created_at >= s.since AND i.created_at < s.until, true))
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       CASE WHEN o.older = o.rows THEN 'every invite is older than the first price of the list' END,
       CASE WHEN o.older < o.rows
            THEN format('%s of %s invites are older than the first price of the list, and were not compared', o.older, o.rows) END
FROM older o
WHERE o.older > 0
