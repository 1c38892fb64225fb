-- title: Each job that succeeded made one reading, of its own user
-- severity: error
-- reads: jobs, tarot_readings
-- why: The reading is what the stars bought. A job that succeeded without one took them for nothing, and one with two, or
--   with somebody else's, gave a reading away.
-- cause: The worker died between storing the reading and the outcome, two workers had the job at once, or rows were
--   moved or removed by hand.
-- remedy: Compare the result of the job with the reading. Give the stars of a reading that is gone back with
--   wallet_refund_reading, or set related_job_id to the job that made it.

-- Jobs are purged and deleted, so a reading may name one that is gone, unless it is the result of another that is there.
WITH made AS NOT MATERIALIZED (
    SELECT t.id, t.user_id, t.created_at, t.related_job_id
    FROM tarot_readings t
    WHERE t.related_job_id IS NOT NULL
),
-- Counts take no sort; only the few jobs that made several have their readings listed.
several AS MATERIALIZED (
    SELECT m.related_job_id AS job_id, array_agg(m.id ORDER BY m.created_at, m.id) AS ids
    FROM made m
    JOIN (SELECT related_job_id FROM made GROUP BY 1 HAVING count(*) > 1) AS s USING (related_job_id)
    GROUP BY m.related_job_id
)
SELECT 'jobs' AS table_name, j.id AS key, j.payload->>'user_id' AS account, NULL::currency AS unit,
       'a reading' AS expected, coalesce(j.result->>'reading_id', 'none') AS actual,
       CASE WHEN j.result->>'reading_id' IS NULL THEN
               format('Job %s is succeeded, but no reading names it.', j.id)
            ELSE
               format('Job %s is succeeded and names reading %s, which does not exist.', j.id, j.result->>'reading_id')
       END AS message
FROM jobs j
WHERE j.status = 'succeeded' AND j.job_type = 'tarot_reading'
  AND NOT EXISTS (SELECT FROM made m WHERE m.related_job_id = j.id)
  AND NOT EXISTS (SELECT FROM tarot_readings t WHERE t.id::text = lower(btrim(j.result->>'reading_id')))
UNION ALL
SELECT 'jobs', s.job_id, j.payload->>'user_id', NULL, '1 reading', format('%s readings', cardinality(s.ids)),
       format('Job %s made %s readings: %s.', s.job_id, cardinality(s.ids), array_to_string(s.ids, ', '))
FROM several s
LEFT JOIN jobs j ON j.id = s.job_id
UNION ALL
SELECT 'tarot_readings', m.id, m.user_id::text, NULL,
       CASE WHEN lower(btrim(j.payload->>'user_id')) <> m.user_id::text THEN j.payload->>'user_id'
            ELSE j.result->>'reading_id' END,
       CASE WHEN lower(btrim(j.payload->>'user_id')) <> m.user_id::text THEN m.user_id::text
            ELSE m.id::text END,
       CASE WHEN lower(btrim(j.payload->>'user_id')) <> m.user_id::text THEN
               format('Reading %s belongs to user %s, but job %s made it for user %s.',
                      m.id, m.user_id, j.id, j.payload->>'user_id')
            ELSE
               format('Reading %s names job %s, whose result is reading %s.', m.id, j.id, j.result->>'reading_id') END
FROM made m
JOIN jobs j ON j.id = m.related_job_id
-- Few ids are written in another way than the database writes them, and the others are compared faster.
WHERE (j.payload->>'user_id' <> m.user_id::text AND lower(btrim(j.payload->>'user_id')) <> m.user_id::text)
   OR (j.result->>'reading_id' <> m.id::text AND lower(btrim(j.result->>'reading_id')) <> m.id::text
       AND NOT EXISTS (SELECT FROM several s WHERE s.job_id = j.id))
UNION ALL
SELECT 'tarot_readings', m.id, m.user_id::text, NULL, j.id::text, m.related_job_id::text,
       format('Reading %s names job %s, which does not exist, and is the result of job %s.', m.id, m.related_job_id, j.id)
FROM jobs j
JOIN made m ON m.id::text = lower(btrim(j.result->>'reading_id'))
WHERE j.status = 'succeeded' AND m.related_job_id <> j.id
  AND NOT EXISTS (SELECT FROM jobs o WHERE o.id = m.related_job_id)
