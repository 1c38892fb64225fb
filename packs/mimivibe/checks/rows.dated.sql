-- title: Rows have a time that can be, and none is older than its account
-- severity: error
-- reads: users, tarot_readings, user_invites, payments
-- why: An account without a time, or with one that is still to come, hides entries that are older than it, and no report
--   counts it. A payment or a reading of a day before its account is in no price list.
-- cause: A clock was wrong, or the time was written by hand.
-- remedy: Set created_at to the time of the first thing that is known of the row.

-- The times of payments themselves are looked at by payments.dated.
WITH dated AS (
    SELECT d.table_name, d.name, d.key, d.account, d.what, d.at,
           d.table_name <> 'payments'
               AND (d.at IS NULL OR d.at = '-infinity' OR d.at > now() + interval '5 minutes') IS TRUE AS impossible,
           o.created_at AS opened_at
    FROM (SELECT 'users' AS table_name, 'User' AS name, u.id AS key, u.id AS account, 'created' AS what, u.created_at AS at
          FROM users u
          UNION ALL
          SELECT 'tarot_readings', 'Reading', t.id, t.user_id, 'created', t.created_at FROM tarot_readings t
          UNION ALL
          SELECT 'payments', 'Payment', p.id, p.user_id, 'made', p.created_at FROM payments p
          UNION ALL
          SELECT 'user_invites', 'Invite', i.id, i.inviter_id, 'created', i.created_at FROM user_invites i
          UNION ALL
          SELECT 'user_invites', 'Invite', i.id, i.inviter_id, 'accepted', i.accepted_at
          FROM user_invites i
          WHERE i.accepted_at IS NOT NULL) AS d
    -- An account whose own time cannot be says nothing of its rows.
    LEFT JOIN users o ON o.id = d.account AND d.what <> 'accepted' AND o.created_at <= now() + interval '5 minutes'
)
SELECT d.table_name, d.key, d.account, NULL::currency AS unit,
       CASE WHEN NOT d.impossible THEN format('not before %s', d.opened_at)
            WHEN d.at IS NULL THEN 'a time' ELSE format('not after %s', now()) END AS expected,
       coalesce(d.at::text, 'none') AS actual,
       CASE WHEN NOT d.impossible THEN
               format('%s %s was %s at %s, before its user %s was there at %s.', d.name, d.key, d.what, d.at, d.account, d.opened_at)
            WHEN d.at IS NULL THEN format('%s %s does not say when it was %s.', d.name, d.key, d.what)
            WHEN d.at = '-infinity' THEN format('%s %s was %s at %s, which is no time.', d.name, d.key, d.what, d.at)
            ELSE format('%s %s was %s at %s, which is still to come.', d.name, d.key, d.what, d.at) END AS message
FROM dated d
WHERE d.impossible OR (d.at < d.opened_at - interval '5 minutes' AND d.at > '-infinity')
