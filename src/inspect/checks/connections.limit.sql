-- title: Connections are available
-- needs: role pg_read_all_stats
-- why: Once all are taken, everybody new is turned away, an administrator too.
-- remedy: Put a pooler in front, or find who opens them: the list counts by user and application.

WITH used AS (SELECT count(*)::numeric AS n FROM pg_stat_activity WHERE backend_type = 'client backend'),
     room AS (SELECT current_setting('max_connections')::numeric - current_setting('superuser_reserved_connections')::numeric
                    - coalesce(current_setting('reserved_connections', true), '0')::numeric AS n)
SELECT NULL AS object, CASE WHEN used.n / room.n >= 0.95 THEN 'fail' WHEN used.n / room.n >= 0.80 THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s of %s connections are open', used.n, room.n) AS message, used.n AS value, 'connections' AS unit
  FROM used, room
UNION ALL
-- A role and a database may have a limit of their own, which does not bind superusers.
SELECT own.object, CASE WHEN own.n >= 0.95 * own.room THEN 'fail' WHEN own.n >= 0.80 * own.room THEN 'warn' ELSE 'ok' END,
       format('%s of the %s connections that it may have are open', own.n, own.room), own.n, 'connections'
  FROM (SELECT format('the role %I', rolname) AS object, rolconnlimit AS room,
               (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.backend_type = 'client backend')::numeric AS n
          FROM pg_roles r WHERE rolconnlimit > 0 AND NOT rolsuper
        UNION ALL
        SELECT format('the database %I', datname), datconnlimit,
               (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid AND a.backend_type = 'client backend')::numeric
          FROM pg_database d WHERE datconnlimit > 0 AND datname = current_database()) own
UNION ALL
SELECT format('%s, %s', coalesce(usename, 'unknown'), coalesce(nullif(application_name, ''), 'without a name')), 'ok',
       format('%s open, %s of them busy', count(*), count(*) FILTER (WHERE state = 'active')), count(*)::numeric, 'connections'
  FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY usename, application_name
 ORDER BY object NULLS FIRST
