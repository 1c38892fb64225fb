-- title: Invites are accepted by people who came after them
-- severity: warn
-- reads: users, user_invites
-- why: An invite pays coins for somebody new. Whoever had an account before the invite was made is not new. The wallet's
--   functions allow it, so that one person earns coins with an older account of their own.
-- cause: The invite was accepted with an account that was there already, or a time was written by hand.
-- remedy: Look at both accounts. Take coins that were not earned with wallet_adjust. What is honest is accepted with
--   --write-baseline.

-- Where people who are there already are invited as a rule, an old account says nothing: of at least 20 accepted invites
-- at least 95 in a hundred have to be of newcomers.
WITH accepted AS MATERIALIZED (
    SELECT i.id, i.inviter_id, i.invitee_id, i.created_at AS made_at, u.created_at AS there_since,
           u.created_at < i.created_at - interval '5 minutes' AS is_old
    FROM user_invites i
    JOIN users u ON u.id = i.invitee_id
    -- A time that cannot be is rows.dated's, and who invites themselves is invites.honest's.
    WHERE i.status = 'accepted' AND i.invitee_id <> i.inviter_id AND isfinite(u.created_at) AND isfinite(i.created_at)
),
counted AS (
    SELECT count(*) AS of, count(*) FILTER (WHERE NOT a.is_old) AS newcomers FROM accepted a
)
SELECT 'user_invites' AS table_name, a.id AS key, a.inviter_id AS account, 'COIN'::currency AS unit,
       format('an account since %s or later', a.made_at) AS expected, a.there_since::text AS actual,
       format('Invite %s of user %s was made at %s, when user %s, who accepted it, was there since %s. %s of %s accepted invites brought somebody new.',
              a.id, a.inviter_id, a.made_at, a.invitee_id, a.there_since, c.newcomers, c.of) AS message
FROM counted c
JOIN accepted a ON a.is_old
WHERE c.of >= 20 AND c.newcomers * 100 >= c.of * 95
