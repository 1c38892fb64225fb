-- title: An approval disappears
-- why: A statement was removed from the record, and its revocation stayed.

WITH statements AS (
    SELECT c.id, c.user_id, c.interaction_type, c.status, c.created_at,
           lead(c.status) OVER history AS following, lead(c.id) OVER history AS following_id,
           lag(c.status) OVER history AS previous
    FROM user_consent c
    WHERE c.user_id::text <> ALL ($2::text[])
    WINDOW history AS (PARTITION BY c.user_id, c.interaction_type ORDER BY c.created_at, c.id)
),
target AS (
    SELECT s.*
    FROM statements s
    WHERE s.status = 'approved' AND s.following = 'revoked' AND s.previous IS DISTINCT FROM 'approved'
    ORDER BY md5(s.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM user_consent d USING target t WHERE d.id = t.id
)
SELECT 'user_consent' AS table_name, t.following_id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['consent.order'] AS checks,
       format('The approval %s of %s by user %s was deleted.', t.id, t.interaction_type, t.user_id) AS message
FROM target t
