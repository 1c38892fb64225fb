-- title: Accepted invites were rewarded
-- severity: error
-- reads: user_invites, wallet_transactions
-- references: wallet_transactions.related_invite_id
-- why: The inviter is promised coins for each accepted invite, once, and for no other.
-- cause: The invite was accepted while its reward failed, or a reward was written twice, for another user or before
--   the invite was accepted.
-- remedy: Pay a missing reward: SELECT wallet_invite_reward('<invite>'). Undo a reward of an invite that
--   was never accepted: SELECT wallet_reverse('<entry>'). Set accepted_at and is_reward_claimed where only they are missing.

WITH rewards AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.currency, e.amount, e.created_at, e.related_invite_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'invite_reward'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
),
paid AS (
    SELECT e.related_invite_id AS invite_id, count(*) AS entries, sum(e.amount) AS coins,
           array_agg(e.id ORDER BY e.created_at, e.id) AS ids,
           count(*) FILTER (WHERE e.user_id <> i.inviter_id) AS strangers
    FROM rewards e
    JOIN user_invites i ON i.id = e.related_invite_id
    GROUP BY e.related_invite_id
)
SELECT 'user_invites' AS table_name, i.id AS key, i.inviter_id AS account, 'COIN'::currency AS unit,
       CASE
           WHEN i.status <> 'accepted' THEN '0'
           WHEN p.entries IS NULL OR p.entries > 1 OR p.coins IS DISTINCT FROM i.coin_reward THEN
               coalesce(i.coin_reward::text, 'a coin_reward')
           WHEN p.strangers > 0 THEN i.inviter_id::text
           WHEN i.accepted_at IS NULL THEN 'accepted_at'
           ELSE 'is_reward_claimed'
       END AS expected,
       CASE
           WHEN p.entries IS NULL THEN '0'
           WHEN i.status <> 'accepted' OR p.entries > 1 OR p.coins IS DISTINCT FROM i.coin_reward THEN p.coins::text
           WHEN p.strangers > 0 THEN 'another user'
           WHEN i.accepted_at IS NULL THEN 'empty'
           ELSE 'false'
       END AS actual,
       CASE
           WHEN i.status <> 'accepted' THEN
               format('Invite %s of user %s is %s, but entry %s rewards it with %s COIN.',
                      i.id, i.inviter_id, i.status, p.ids[1], p.coins)
           WHEN p.entries IS NULL THEN
               format('Invite %s of user %s was accepted and promises %s COIN, but the ledger has no reward for it.',
                      i.id, i.inviter_id, coalesce(i.coin_reward::text, 'an unknown number of'))
           WHEN p.entries > 1 THEN
               format('Invite %s of user %s was rewarded %s times, by the entries %s.',
                      i.id, i.inviter_id, p.entries, array_to_string(p.ids, ', '))
           WHEN p.coins IS DISTINCT FROM i.coin_reward THEN
               format('Invite %s of user %s promises %s COIN, but entry %s credits %s.',
                      i.id, i.inviter_id, coalesce(i.coin_reward::text, 'an unknown number of'), p.ids[1], p.coins)
           WHEN p.strangers > 0 THEN
               format('Invite %s belongs to user %s, but entry %s rewards another user for it.',
                      i.id, i.inviter_id, p.ids[1])
           WHEN i.accepted_at IS NULL THEN
               format('Invite %s of user %s is accepted, but does not say when.', i.id, i.inviter_id)
           ELSE
               format('Invite %s of user %s was rewarded by entry %s, but is not marked as claimed.',
                      i.id, i.inviter_id, p.ids[1])
       END AS message,
       CASE WHEN p.entries > 1 THEN p.ids[2] ELSE p.ids[1] END AS first_bad_entry
FROM user_invites i
LEFT JOIN paid p ON p.invite_id = i.id
WHERE CASE WHEN i.status = 'accepted' THEN
               p.entries IS DISTINCT FROM 1 OR p.coins IS DISTINCT FROM i.coin_reward OR p.strangers > 0
               OR i.accepted_at IS NULL OR NOT i.is_reward_claimed
           ELSE p.entries > 0 END
UNION ALL
SELECT 'wallet_transactions', e.id, e.user_id, e.currency, 'an invite',
       CASE WHEN e.related_invite_id IS NULL THEN 'none' ELSE 'missing' END,
       CASE WHEN e.related_invite_id IS NULL THEN
               format('Entry %s rewards user %s with %s %s for an invite, but names none.',
                      e.id, e.user_id, e.amount, e.currency)
            ELSE
               format('Entry %s rewards user %s with %s %s for invite %s, which does not exist.',
                      e.id, e.user_id, e.amount, e.currency, e.related_invite_id) END,
       e.id
FROM rewards e
WHERE NOT EXISTS (SELECT FROM user_invites i WHERE i.id = e.related_invite_id)
