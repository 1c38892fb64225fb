-- title: Extensions are up to date
-- why: The files of a newer version are there, and the database still runs the older one.
-- remedy: ALTER EXTENSION … UPDATE, after a look at what changes.

WITH found AS (SELECT name::text AS object, format('is at %s, and %s is there', installed_version, default_version) AS message FROM pg_available_extensions WHERE installed_version <> default_version)
SELECT NULL AS object, 'ok' AS verdict, format('Extensions with an update: %s', count(*)) AS message, count(*)::numeric AS value, 'extensions' AS unit FROM found HAVING count(*) > 0
UNION ALL
SELECT object, 'ok', message, NULL, NULL FROM found
 ORDER BY object NULLS FIRST
