-- title: Wellness values are possible
-- severity: error
-- reads: wellness_entries
-- why: A value that cannot be (a night of 30 hours, less than nothing drunk) spoils every average it is in.
-- cause: A constraint is missing or was not validated.
-- remedy: Correct the value, or set it to null where it is not known.

SELECT 'wellness_entries' AS table_name, w.id AS key, w.user_id AS account, v.name AS unit,
       format('0 to %s', coalesce(v.most::text, 'any')) AS expected, v.value AS actual,
       format('Entry %s of user %s for %s has %s %s.', w.id, w.user_id, w.date, v.name, v.value) AS message
FROM wellness_entries w,
     LATERAL (VALUES ('sleep_hours', w.sleep_hours, 24::numeric), ('water_intake_ml', w.water_intake_ml, NULL),
                     ('exercise_minutes', w.exercise_minutes, NULL), ('meditation_minutes', w.meditation_minutes, NULL),
                     ('mood_score', w.mood_score, 9.99), ('energy_level', w.energy_level, 9.99)) AS v (name, value, most)
WHERE (w.sleep_hours < 0 OR w.sleep_hours > 24 OR w.water_intake_ml < 0 OR w.exercise_minutes < 0
       OR w.meditation_minutes < 0 OR w.mood_score < 0 OR w.mood_score > 9.99
       OR w.energy_level < 0 OR w.energy_level > 9.99)
  AND (v.value < 0 OR v.value > v.most)
