-- title: A revocation follows the approval that it takes back
-- severity: error
-- reads: user_consent
-- why: Statements are only ever added, so whatever was taken back must have been given before; if it is not there, it was
--   removed.
-- cause: An approval was deleted or dated by hand, or another program wrote the revocation.
-- remedy: Look for the approval in a backup, and acknowledge this finding; statements are never changed.

WITH statements AS (
    SELECT c.id, c.user_id, c.interaction_type, c.status, c.created_at,
           lag(c.status) OVER history AS previous, lag(c.id) OVER history AS previous_id
    FROM user_consent c
    WINDOW history AS (PARTITION BY c.user_id, c.interaction_type ORDER BY c.created_at, c.id)
)
SELECT 'user_consent' AS table_name, s.id AS key, s.user_id AS account, NULL::text AS unit,
       'approved' AS expected, s.previous AS actual,
       CASE WHEN s.previous_id IS NULL THEN
                format('The statement %s of user %s revokes an approval of %s that there is no record of.',
                       s.id, s.user_id, s.interaction_type)
            ELSE format('The statement %s of user %s revokes an approval of %s, but the one before it, %s, is %s.',
                        s.id, s.user_id, s.interaction_type, s.previous_id, s.previous) END AS message,
       s.id AS first_bad_entry
FROM statements s
WHERE s.status = 'revoked' AND s.previous IS DISTINCT FROM 'approved'
