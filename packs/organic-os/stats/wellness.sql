-- title: Wellness
-- reads: wellness_entries
-- why: How many keep writing down how they are, and how they are. A metric that nobody entered is left out.

-- Days are those of the users' own calendars. A day belongs to the window in which it begins by the asked time zone;
-- the plain comparisons of the date only leave out partitions.
WITH buckets AS (
    SELECT b.at
    FROM generate_series(date_trunc($3::text, $1::timestamptz AT TIME ZONE $4::text),
                         date_trunc($3::text, ($2::timestamptz - interval '1 microsecond') AT TIME ZONE $4::text),
                         ('1 ' || $3::text)::interval) AS b (at)
),
summed AS (
    SELECT date_trunc($3::text, w.date::timestamp) AS at, count(*) AS entries, count(DISTINCT w.user_id) AS users,
           round(avg(w.sleep_hours), 2) AS sleep, round(avg(w.mood_score), 2) AS mood,
           round(avg(w.energy_level), 2) AS energy, round(avg(w.water_intake_ml)) AS water,
           round(avg(w.exercise_minutes), 1) AS exercise, round(avg(w.meditation_minutes), 1) AS meditation
    FROM wellness_entries w
    WHERE w.date::timestamp AT TIME ZONE $4::text >= $1::timestamptz
      AND w.date::timestamp AT TIME ZONE $4::text < $2::timestamptz
      AND w.date >= ($1::timestamptz AT TIME ZONE $4::text)::date
      AND w.date <= ($2::timestamptz AT TIME ZONE $4::text)::date
    GROUP BY 1
)
SELECT b.at AT TIME ZONE $4::text AS at, m.metric, m.value, m.unit
FROM buckets b
LEFT JOIN summed s ON s.at = b.at
CROSS JOIN LATERAL (VALUES
    ('entries', coalesce(s.entries, 0)::numeric, 'entries'), ('users', coalesce(s.users, 0)::numeric, 'users'),
    ('average sleep', s.sleep, 'hours'), ('average mood', s.mood, NULL), ('average energy', s.energy, NULL),
    ('average water', s.water, 'ml'), ('average exercise', s.exercise, 'minutes'),
    ('average meditation', s.meditation, 'minutes')
) AS m (metric, value, unit)
WHERE m.value IS NOT NULL
ORDER BY 1, m.metric
