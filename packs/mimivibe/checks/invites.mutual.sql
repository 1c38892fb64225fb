-- title: No users invited each other, two of them or in a circle
-- severity: warn
-- reads: users, user_invites
-- why: Whoever was there to invite somebody is not new when that person, or somebody whom that person brought, invites
--   them. Several accounts of one person earn coins from each other so, and the wallet's functions allow it.
-- cause: The accounts belong to one person, or invited_by or an invite was written by hand.
-- remedy: Look at the accounts. Take coins that were not earned with wallet_adjust. A circle that is honest is accepted
--   with --write-baseline.

-- In a circle somebody was there no later than who invited them, so a search that begins with these misses none.
WITH RECURSIVE edges AS MATERIALIZED (
    SELECT u.id, u.invited_by AS by
    FROM users u
    WHERE u.invited_by <> u.id
    UNION
    SELECT i.invitee_id, i.inviter_id
    FROM user_invites i
    WHERE i.status = 'accepted' AND i.invitee_id <> i.inviter_id
),
walked (path, by) AS (
    SELECT ARRAY[e.id], e.by
    FROM edges e
    JOIN users u ON u.id = e.id
    JOIN users i ON i.id = e.by
    WHERE (i.created_at < u.created_at) IS NOT TRUE
    UNION ALL
    SELECT w.path || w.by, e.by
    FROM walked w
    JOIN edges e ON e.id = w.by
    WHERE w.by <> ALL (w.path)
),
circles AS (
    SELECT DISTINCT (SELECT array_agg(p.id ORDER BY p.id) FROM unnest(w.path) AS p (id)) AS members
    FROM walked w
    WHERE w.by = w.path[1]
)
SELECT 'users' AS table_name, c.members[1] AS key, c.members[1] AS account, NULL::currency AS unit,
       'invited by somebody else' AS expected, e.by AS actual,
       CASE cardinality(c.members)
           WHEN 2 THEN format('Users %s and %s were invited by each other.', c.members[1], c.members[2])
           ELSE format('Users %s and %s were invited by each other in a circle.',
                       array_to_string(trim_array(c.members, 1), ', '), c.members[cardinality(c.members)]) END AS message
FROM circles c
CROSS JOIN LATERAL (SELECT min(e.by::text)::uuid AS by FROM edges e WHERE e.id = c.members[1] AND e.by = ANY (c.members)) e
