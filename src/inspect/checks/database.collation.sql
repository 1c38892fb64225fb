-- title: Texts are sorted as their indexes are
-- why: An update of the system may sort texts anew. Indexes from before then miss rows and let duplicates in.
-- remedy: REINDEX what depends on it, then ALTER DATABASE … REFRESH COLLATION VERSION, or ALTER COLLATION … REFRESH VERSION.

SELECT format('the database %I', datname) AS object, 'fail' AS verdict, format('was made with version %s of its collation, and the system has %s', datcollversion, actual) AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_database, LATERAL (SELECT pg_database_collation_actual_version(oid) AS actual) a
 WHERE datname = current_database() AND datcollversion <> actual
UNION ALL
SELECT format('%I.%I', n.nspname, c.collname), 'fail', format('was made with version %s, and the system has %s; columns that use it: %s', c.collversion, actual, used.n), used.n::numeric, 'columns'
  FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
  JOIN (SELECT a.attcollation, count(*) AS n FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid WHERE a.attcollation <> 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'm') GROUP BY 1) used ON used.attcollation = c.oid
 CROSS JOIN LATERAL (SELECT CASE WHEN c.collversion IS NOT NULL THEN pg_collation_actual_version(c.oid) END AS actual) v
 WHERE c.collversion <> actual
 ORDER BY object
