-- title: Every month has its partition
-- severity: warn
-- reads: wellness_entries
-- why: DEFAULT takes the entries of a month that has no partition, grows without bound, and makes adding one slower.
-- cause: The function that makes partitions ahead was not run, or somebody entered a day of long ago.
-- remedy: Run: SELECT * FROM make_wellness_partitions();

SELECT 'wellness_entries' AS table_name, to_char(w.date, 'YYYY-MM') AS key, NULL::uuid AS account, NULL::text AS unit,
       0 AS expected, count(*) AS actual,
       format('%s of %s in the partition DEFAULT.',
              CASE count(*) WHEN 1 THEN '1 entry' ELSE format('%s entries', count(*)) END, to_char(w.date, 'YYYY-MM')) AS message
FROM wellness_entries w
WHERE w.tableoid = (SELECT t.partdefid FROM pg_partitioned_table t WHERE t.partrelid = 'wellness_entries'::regclass)
GROUP BY to_char(w.date, 'YYYY-MM')
