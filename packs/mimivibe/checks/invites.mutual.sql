-- title: No users invited each other, two of them or in a circle
-- severity: warn
-- reads: users, user_invites
-- why: Whoever was there to invite somebody is not new when that person, or somebody whom that person brought, invites
--   them. Several accounts of one person earn coins from each other so, and the wallet's functions allow it.
-- cause: The accounts belong to one person, or invited_by or an invite was written by hand.
-- remedy: Look at the accounts. Take coins that were not earned with wallet_adjust. A circle that is honest is accepted
--   with --write-baseline.

-- In a circle somebody was there no later than who invited them, so a search that begins with these misses none. Its steps
-- are pairs of users, each once, however many ways lead from one to the other.
WITH RECURSIVE edges AS MATERIALIZED (
    SELECT u.id, u.invited_by AS by
    FROM users u
    WHERE u.invited_by <> u.id
    UNION
    SELECT i.invitee_id, i.inviter_id
    FROM user_invites i
    WHERE i.status = 'accepted' AND i.invitee_id <> i.inviter_id
),
brought (start, by) AS (
    SELECT e.id, e.by
    FROM edges e
    JOIN users u ON u.id = e.id
    JOIN users i ON i.id = e.by
    WHERE (i.created_at < u.created_at) IS NOT TRUE
    UNION
    SELECT b.start, e.by
    FROM brought b
    JOIN edges e ON e.id = b.by
),
back (start, id) AS (
    SELECT b.start, b.start
    FROM brought b
    WHERE b.by = b.start
    UNION
    SELECT k.start, e.id
    FROM back k
    JOIN edges e ON e.by = k.id
    JOIN brought b ON b.start = k.start AND b.by = e.id
),
circles AS (
    SELECT DISTINCT array_agg(k.id ORDER BY k.id) AS members
    FROM back k
    GROUP BY k.start
)
SELECT 'users' AS table_name, c.members[1] AS key, c.members[1] AS account, NULL::currency AS unit,
       'invited by somebody else' AS expected, e.by AS actual,
       CASE cardinality(c.members)
           WHEN 2 THEN format('Users %s and %s were invited by each other.', c.members[1], c.members[2])
           ELSE format('Users %s and %s were invited by each other in a circle.',
                       array_to_string(trim_array(c.members, 1), ', '), c.members[cardinality(c.members)]) END AS message
FROM circles c
CROSS JOIN LATERAL (SELECT min(e.by::text)::uuid AS by FROM edges e WHERE e.id = c.members[1] AND e.by = ANY (c.members)) e
