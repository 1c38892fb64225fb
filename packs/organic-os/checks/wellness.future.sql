-- title: No entry is dated after today
-- severity: error
-- reads: wellness_entries, users
-- why: Nobody can say how they slept tomorrow; entries ahead of time count into averages and streaks too early.
-- cause: The entry was written past the trigger that refuses such dates, or a clock ran ahead.
-- remedy: Correct the date of the entry, or delete it.

-- Today is the user's. Who moves west may for some hours have an entry of a day that has not begun there; so where a
-- user was changed within the last 26 hours, which is as far as zones lie apart, only a date counts that has begun
-- nowhere. No zone is a day ahead of UTC, so few entries have to be looked at with their user.
WITH ahead AS MATERIALIZED (
    SELECT w.id, w.user_id, w.date
    FROM wellness_entries w
    WHERE w.date > (now() AT TIME ZONE 'UTC')::date - 2
),
zones AS MATERIALIZED (
    SELECT z.timezone, CASE WHEN z.timezone IN (SELECT t.name FROM pg_timezone_names t)
                            THEN z.timezone ELSE 'UTC' END AS zone
    FROM (SELECT DISTINCT u.timezone FROM users u WHERE u.timezone <> 'UTC') z
),
placed AS (
    SELECT a.id, a.user_id, a.date, (now() AT TIME ZONE coalesce(z.zone, 'UTC'))::date AS today,
           u.updated_at > now() - interval '26 hours' AS moved
    FROM ahead a
    JOIN users u ON u.id = a.user_id
    LEFT JOIN zones z ON z.timezone = u.timezone
)
SELECT 'wellness_entries' AS table_name, p.id AS key, p.user_id AS account, NULL::text AS unit,
       format('%s or before', p.today) AS expected, p.date AS actual,
       format('Entry %s of user %s is dated %s, but for them it is %s.', p.id, p.user_id, p.date, p.today) AS message
FROM placed p
WHERE p.date > p.today
  AND (p.moved IS NOT TRUE OR p.date > (now() AT TIME ZONE 'UTC' + interval '14 hours')::date)
