-- title: An entry lies in the future
-- why: It was written past the trigger that refuses such dates.

-- Two days ahead is the future everywhere. The entry is added in the current month's partition or the next one's, which
-- are there unless nobody made partitions for a year.
WITH target AS (
    SELECT u.id AS user_id, md5('entry ahead ' || u.id || $1::bigint)::uuid AS id,
           (now() AT TIME ZONE 'UTC')::date + 2 AS date
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM wellness_entries w
                      WHERE w.user_id = u.id AND w.date = (now() AT TIME ZONE 'UTC')::date + 2)
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO wellness_entries (id, user_id, date, sleep_hours, created_at, updated_at)
    SELECT t.id, t.user_id, t.date, 7.5, now(), now() FROM target t
)
SELECT 'wellness_entries' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['wellness.future'] AS checks,
       format('Entry %s of user %s was dated %s, two days ahead.', t.id, t.user_id, t.date) AS message
FROM target t
