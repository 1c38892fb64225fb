-- title: Time zones are known
-- severity: error
-- reads: users
-- why: A user's zone says which day is today. With an unknown one the entries and streaks of that user are counted by
--   UTC, and the database may read a misspelt one as an offset.
-- cause: The zone was written past the trigger that refuses unknown ones, or the server's time zone database is another
--   one since.
-- remedy: Set users.timezone to a name of pg_timezone_names, or to UTC.

-- The view of all zones is slow to read, so it is asked once about the few that occur.
WITH zones AS MATERIALIZED (
    SELECT DISTINCT u.timezone FROM users u WHERE u.timezone <> 'UTC'
),
unknown AS MATERIALIZED (
    SELECT z.timezone FROM zones z WHERE z.timezone NOT IN (SELECT t.name FROM pg_timezone_names t)
)
SELECT 'users' AS table_name, u.id AS key, u.id AS account, NULL::text AS unit,
       'a known time zone' AS expected, u.timezone AS actual,
       format('User %s lives in time zone "%s", which does not exist.', u.id, u.timezone) AS message
FROM users u
JOIN unknown n ON n.timezone = u.timezone
