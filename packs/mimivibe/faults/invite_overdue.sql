-- title: A pending invite is past its end
-- why: The task that expires invites did not run.

WITH target AS (
    SELECT u.id, u.invite_code, md5('invite ' || u.id || $1::bigint)::uuid AS invite_id
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO user_invites (id, inviter_id, invite_code, status, created_at, expires_at)
    SELECT t.invite_id, t.id, t.invite_code, 'pending', now() - interval '40 days', now() - interval '10 days'
    FROM target t
)
SELECT 'user_invites' AS table_name, t.invite_id AS key, t.id AS account, NULL::currency AS unit,
       ARRAY['invites.overdue'] AS checks,
       format('Invite %s of user %s is pending and expired ten days ago.', t.invite_id, t.id) AS message
FROM target t
