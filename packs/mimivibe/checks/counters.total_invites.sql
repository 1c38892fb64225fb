-- title: Invite counters match the invites
-- severity: error
-- reads: users, user_invites
-- why: total_invites is shown to the user and must equal the number of accepted invites.
-- cause: An invite was accepted, taken back or removed without its counter, or two were accepted at the same
--   moment.
-- remedy: Set users.total_invites to the number of accepted invites.

WITH accepted AS (
    SELECT i.inviter_id, count(*) AS invites
    FROM user_invites i
    WHERE i.status = 'accepted'
    GROUP BY i.inviter_id
)
SELECT 'users' AS table_name, u.id AS key, u.id AS account, NULL::currency AS unit,
       coalesce(a.invites, 0) AS expected, u.total_invites AS actual,
       format('User %s has total_invites %s, but %s accepted invites.',
              u.id, u.total_invites, coalesce(a.invites, 0)) AS message
FROM users u
LEFT JOIN accepted a ON a.inviter_id = u.id
WHERE u.total_invites <> coalesce(a.invites, 0)
