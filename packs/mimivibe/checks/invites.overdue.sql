-- title: No pending invite has expired
-- severity: warn
-- reads: user_invites
-- why: An invite that is pending after it expired can still be accepted by mistake and clutters what users see.
-- cause: The task that expires invites did not run.
-- remedy: Expire them: SELECT expire_invites().

SELECT 'user_invites' AS table_name, i.id AS key, i.inviter_id AS account, NULL::currency AS unit,
       'expired' AS expected, i.status AS actual,
       format('Invite %s of user %s is still pending, but expired at %s.', i.id, i.inviter_id, i.expires_at) AS message
FROM user_invites i
WHERE i.status = 'pending' AND i.expires_at < now()
