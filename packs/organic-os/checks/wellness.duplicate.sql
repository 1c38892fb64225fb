-- title: No entry is there twice
-- severity: error
-- reads: wellness_entries
-- why: A user has one entry a day, and an id means one entry; twice the same counts twice in every average.
-- cause: A key is missing, or an entry was copied. The key of a partitioned table contains the date, so it cannot keep
--   an id from occurring on two days.
-- remedy: Keep one of them and delete the others; give an entry that only shares its id with another a new one.

-- Candidates are few or none, so they are found once, before anything else is asked about them.
WITH days AS MATERIALIZED (
    SELECT w.user_id, w.date, count(*) AS entries
    FROM wellness_entries w
    GROUP BY w.user_id, w.date
    HAVING count(*) > 1
),
ids AS MATERIALIZED (
    SELECT w.id, min(w.date) AS first, max(w.date) AS last
    FROM wellness_entries w
    GROUP BY w.id
    HAVING min(w.date) <> max(w.date)
)
SELECT 'wellness_entries' AS table_name, o.id AS key, d.user_id AS account, NULL::text AS unit,
       1::bigint AS expected, d.entries AS actual,
       format('User %s has %s entries of %s.', d.user_id, d.entries, d.date) AS message
FROM days d
CROSS JOIN LATERAL (SELECT w.id FROM wellness_entries w WHERE w.user_id = d.user_id AND w.date = d.date
                    ORDER BY w.created_at, w.id LIMIT 1) o
UNION ALL
SELECT 'wellness_entries', i.id, o.user_id, NULL, 1, o.days,
       format('The id %s stands for entries of %s days, %s to %s.', i.id, o.days, i.first, i.last)
FROM ids i
CROSS JOIN LATERAL (SELECT count(DISTINCT w.date) AS days, (array_agg(w.user_id ORDER BY w.date))[1] AS user_id
                    FROM wellness_entries w WHERE w.id = i.id) o
