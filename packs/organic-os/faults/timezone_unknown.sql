-- title: A time zone that does not exist
-- why: It was written past the trigger that asks for known ones.

WITH target AS (
    SELECT u.id, u.timezone
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users u SET timezone = 'Mars/Olympus_Mons' FROM target t WHERE u.id = t.id
)
SELECT 'users' AS table_name, t.id AS key, t.id AS account, NULL::text AS unit, ARRAY['users.timezone'] AS checks,
       format('The time zone of user %s was changed from %s to Mars/Olympus_Mons.', t.id, t.timezone) AS message
FROM target t
