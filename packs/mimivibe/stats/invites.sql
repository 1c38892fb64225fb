-- title: Invites
-- reads: user_invites
-- counts: sent, inviters, accepted, rewards (COIN), expired
-- why: How many people invite others, how many of those come, and what that costs in coins.
SELECT date_trunc($3, i.created_at, $4) AS at, 'sent' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM user_invites i
WHERE i.created_at >= $1 AND i.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, i.created_at, $4), 'inviters', count(DISTINCT i.inviter_id), NULL
FROM user_invites i
WHERE i.created_at >= $1 AND i.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, i.accepted_at, $4), 'accepted', count(*), NULL
FROM user_invites i
WHERE i.status = 'accepted' AND i.accepted_at >= $1 AND i.accepted_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, i.accepted_at, $4), 'rewards', sum(i.coin_reward), 'COIN'
FROM user_invites i
WHERE i.status = 'accepted' AND i.accepted_at >= $1 AND i.accepted_at < $2
GROUP BY 1
UNION ALL
-- Also those that nobody has marked as expired yet.
SELECT date_trunc($3, i.expires_at, $4), 'expired', count(*), NULL
FROM user_invites i
WHERE i.status <> 'accepted' AND i.expires_at >= $1 AND i.expires_at < least($2, now())
GROUP BY 1
