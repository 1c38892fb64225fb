-- title: An entry of a month without a partition
-- why: Somebody entered a day of long ago, and no partition was made for it.

WITH target AS (
    SELECT u.id AS user_id, md5('entry of long ago ' || u.id || $1::bigint)::uuid AS id, m.month::date AS date
    FROM users u,
         LATERAL (SELECT m.month
                  FROM generate_series(timestamp '2001-01-01', timestamp '2019-12-01', interval '1 month') AS m (month)
                  WHERE to_regclass('wellness_entries_' || to_char(m.month, 'YYYY_MM')) IS NULL
                    AND NOT EXISTS (SELECT FROM wellness_entries w
                                    WHERE w.date >= m.month::date AND w.date < (m.month + interval '1 month')::date)
                  ORDER BY md5(m.month::text || $1::bigint) LIMIT 1) m
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO wellness_entries (id, user_id, date, sleep_hours, created_at, updated_at)
    SELECT t.id, t.user_id, t.date, 8, now(), now() FROM target t
)
SELECT 'wellness_entries' AS table_name, to_char(t.date, 'YYYY-MM') AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['wellness.partition'] AS checks,
       format('Entry %s of user %s was dated %s, a month without a partition.', t.id, t.user_id, t.date) AS message
FROM target t
