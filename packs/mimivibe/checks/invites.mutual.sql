-- title: No two users invited each other
-- severity: warn
-- reads: users
-- why: Whoever was there to invite somebody is not new when that person invites them. Two accounts of one person earn coins
--   from each other so, and the wallet's functions allow it.
-- cause: Two accounts belong to one person, or invited_by was written by hand.
-- remedy: Look at both accounts. Take coins that were not earned with wallet_adjust. A pair that is honest is accepted with
--   --write-baseline.

SELECT 'users' AS table_name, u.id AS key, u.id AS account, NULL::currency AS unit, 'invited by somebody else' AS expected,
       i.id AS actual, format('Users %s and %s were invited by each other.', u.id, i.id) AS message
FROM users u
JOIN users i ON i.id = u.invited_by AND i.invited_by = u.id
WHERE u.id < i.id
