-- title: Invites bring new users, each of them once
-- severity: error
-- reads: users, user_invites
-- why: An invite pays coins for somebody new. Whoever invites themselves, or one person many times, makes coins from nothing.
-- cause: The invite was accepted without the rules being checked, or the rows were written by hand.
-- remedy: Look at both accounts. Where the reward was not earned, set the invite to expired, with no invitee. Take the
--   reward back: SELECT wallet_reverse('<entry>'). Set total_invites and tier of the inviter to the accepted invites that
--   are left (SELECT tier_for_invites(<invites>)), and invited_by of the invitee to NULL where it names the wrong user.
--   Where only a time or a code is wrong, set it to the right one.

-- Of several invites that one person accepted, the first is the one that counts.
WITH accepted AS NOT MATERIALIZED (
    SELECT i.id, i.inviter_id, i.invitee_id, i.invite_code, i.created_at, i.accepted_at, i.expires_at
    FROM user_invites i
    WHERE i.status = 'accepted'
),
repeated AS MATERIALIZED (
    SELECT a.invitee_id, (array_agg(a.id ORDER BY a.accepted_at, a.id))[1] AS first_id, count(*) AS times
    FROM accepted a
    WHERE a.invitee_id IS NOT NULL
    GROUP BY a.invitee_id
    HAVING count(*) > 1
),
judged AS (
    SELECT a.id, a.inviter_id, a.invitee_id, a.invite_code, a.created_at, a.accepted_at, a.expires_at, r.times, r.first_id,
           inviter.invite_code AS own_code, invitee.invited_by,
           CASE WHEN a.invitee_id = a.inviter_id THEN 'self'
                WHEN r.first_id <> a.id THEN 'again'
                WHEN a.accepted_at < a.created_at THEN 'before'
                WHEN a.accepted_at > a.expires_at + interval '5 minutes' THEN 'after'
                WHEN a.invite_code <> inviter.invite_code THEN 'code'
                WHEN invitee.invited_by <> a.inviter_id THEN 'other' END AS fault
    FROM accepted a
    LEFT JOIN repeated r ON r.invitee_id = a.invitee_id
    LEFT JOIN users inviter ON inviter.id = a.inviter_id
    LEFT JOIN users invitee ON invitee.id = a.invitee_id
)
SELECT 'user_invites' AS table_name, j.id AS key, j.inviter_id AS account, NULL::currency AS unit,
       CASE j.fault WHEN 'self' THEN 'another user'
                    WHEN 'again' THEN '1 accepted invite'
                    WHEN 'before' THEN format('accepted after %s', j.created_at)
                    WHEN 'after' THEN format('accepted before %s', j.expires_at)
                    WHEN 'code' THEN j.own_code
                    ELSE j.inviter_id::text END AS expected,
       CASE j.fault WHEN 'self' THEN j.invitee_id::text
                    WHEN 'again' THEN format('%s accepted invites', j.times)
                    WHEN 'code' THEN j.invite_code
                    WHEN 'other' THEN j.invited_by::text
                    ELSE j.accepted_at::text END AS actual,
       CASE j.fault
           WHEN 'self' THEN format('User %s accepted their own invite %s.', j.inviter_id, j.id)
           WHEN 'again' THEN format('User %s accepted %s invites; %s is not the first of them, which is %s.',
                                    j.invitee_id, j.times, j.id, j.first_id)
           WHEN 'before' THEN format('Invite %s of user %s was accepted at %s, before it was made at %s.',
                                     j.id, j.inviter_id, j.accepted_at, j.created_at)
           WHEN 'after' THEN format('Invite %s of user %s was accepted at %s, after it expired at %s.',
                                    j.id, j.inviter_id, j.accepted_at, j.expires_at)
           WHEN 'code' THEN format('Invite %s of user %s has the code %s, which is not the code %s of that user.',
                                   j.id, j.inviter_id, j.invite_code, j.own_code)
           ELSE format('Invite %s of user %s was accepted by user %s, who was invited by user %s.',
                       j.id, j.inviter_id, j.invitee_id, j.invited_by) END AS message
FROM judged j
WHERE j.fault IS NOT NULL
UNION ALL
SELECT 'users', u.id, u.id, NULL, 'another user', u.invited_by::text, format('User %s was invited by themselves.', u.id)
FROM users u
WHERE u.id = u.invited_by
  -- Where the invite itself says so, once is enough.
  AND NOT EXISTS (SELECT FROM judged j WHERE j.fault = 'self' AND j.invitee_id = u.id)
