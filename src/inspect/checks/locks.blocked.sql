-- title: No session waits for a lock
-- why: One session that waits for a strong lock keeps everybody behind it waiting too.
-- remedy: End what stands first, with the statement that its line ends with: everybody below waits for it. A session keeps its advisory locks when a statement of it is cancelled: they end with it, or with SELECT pg_advisory_unlock_all() in it.

WITH RECURSIVE lock AS MATERIALIZED (SELECT * FROM pg_locks),
waiter AS MATERIALIZED ({waiters}),
-- Each waits for one that does not wait itself, or else for the first in the queue: a tree, however many block each other.
edge AS (
    SELECT DISTINCT ON (w.pid) w.pid, b AS blocker, w.locktype = 'advisory' AS advisory, p.gid, p.owner, p.prepared,
           row_number() OVER (ORDER BY w.waitstart, w.pid) AS place
      FROM waiter w CROSS JOIN LATERAL unnest(w.blockers) AS b LEFT JOIN waiter ahead ON ahead.pid = b
      LEFT JOIN LATERAL (
            SELECT x.gid, x.owner, x.prepared
              FROM lock h JOIN lock own ON own.virtualtransaction = h.virtualtransaction AND own.pid IS NULL
              JOIN pg_prepared_xacts x ON x.transaction = own.transactionid
             WHERE b = 0 AND h.pid IS NULL AND h.locktype = w.locktype
               AND (h.database, h.relation, h.page, h.tuple, h.transactionid, h.classid, h.objid, h.objsubid)
                   IS NOT DISTINCT FROM (w.database, w.relation, w.page, w.tuple, w.transactionid, w.classid, w.objid, w.objsubid)) p ON true
     ORDER BY w.pid, ahead.pid IS NOT NULL, ahead.waitstart, b),
-- A root is a session, or a prepared transaction; those of a deadlock have none, and stand by themselves.
root AS (
    SELECT blocker AS pid, gid, min(owner) AS owner, min(prepared) AS prepared, min(place) AS place, bool_or(advisory) AS advisory
      FROM edge WHERE blocker NOT IN (SELECT pid FROM edge) GROUP BY blocker, gid),
tree AS (
    SELECT pid, gid, place AS root, ARRAY[place] AS path, 0 AS depth FROM root
    UNION ALL
    SELECT e.pid, NULL, t.root, t.path || e.place, t.depth + 1
      FROM tree t JOIN edge e ON e.blocker = t.pid AND (t.depth > 0 OR e.gid IS NOT DISTINCT FROM t.gid)),
line AS (
    SELECT * FROM tree
    UNION ALL
    SELECT e.pid, NULL, e.place, ARRAY[e.place], 0 FROM edge e WHERE e.pid NOT IN (SELECT pid FROM tree)),
known AS (
    SELECT l.*, w.mode, w.relation, w.locktype, w.waitstart, w.blockers, clock_timestamp() - w.waitstart AS waits, r.owner, r.prepared, r.advisory, s.*,
           max(clock_timestamp() - w.waitstart) OVER (PARTITION BY l.root) AS longest,
           count(w.pid) OVER (PARTITION BY l.root) AS waiting
      FROM line l LEFT JOIN waiter w ON w.pid = l.pid LEFT JOIN root r ON l.depth = 0 AND r.pid = l.pid AND r.gid IS NOT DISTINCT FROM l.gid
      LEFT JOIN LATERAL (
            SELECT {who} AS who, s.state, s.backend_type AS kind, s.backend_type IS NOT NULL AS seen,
                   round(extract(epoch FROM clock_timestamp() - s.xact_start) * 1000) AS since,
                   nullif(regexp_replace({statement}, '(?<![\w$.])[0-9].*', '...'), '') AS statement
              FROM pg_stat_activity s WHERE s.pid = l.pid AND l.pid > 0) s ON true)
SELECT CASE WHEN pid = 0 THEN 'prepared ' || coalesce(quote_literal(gid), 'transaction') ELSE format('pid %s', pid) END AS object,
       CASE WHEN longest > $1::interval THEN 'fail' ELSE 'warn' END AS verdict,
       repeat('  ', depth) || CASE WHEN depth > 0 THEN '- ' ELSE '' END
       || CASE WHEN waitstart IS NOT NULL OR mode IS NOT NULL THEN
                    format('%s waits for %s%s since %s ({ms %s}), behind %s', who, mode, coalesce(' on ' || relation::regclass::text, ' of a' || CASE WHEN locktype ~ '^[aeiou]' THEN 'n ' ELSE ' ' END || locktype),
                           coalesce(to_char(waitstart AT TIME ZONE 'UTC', 'HH24:MI:SS'), 'now'), coalesce(round(extract(epoch FROM waits) * 1000), 0),
                           (SELECT string_agg(CASE b WHEN 0 THEN 'a prepared transaction'
                                                   ELSE format('pid %s (%s)', b, concat_ws(', ', coalesce(nullif(o.application_name, ''), 'without a name'), o.state)) END, ' and ' ORDER BY b)
                              FROM unnest(blockers) b LEFT JOIN pg_stat_activity o ON o.pid = b))
               WHEN pid = 0 THEN format('a prepared transaction of %s, %s, holds up %s', coalesce(owner, 'unknown'),
                                        coalesce('{ms ' || round(extract(epoch FROM clock_timestamp() - prepared) * 1000) || '} old', 'of unknown age'), waiting)
               ELSE format('%s, %s, holds up %s', coalesce(who, 'a session'),
                           CASE WHEN seen IS FALSE THEN format('of which %s does not see what it does', current_user) ELSE coalesce(state, 'busy') END, waiting) END
       || coalesce('; its transaction is {ms ' || since || '} old', '') || coalesce('; ' || statement, '')
       || CASE WHEN depth > 0 THEN ''
               WHEN pid = 0 THEN coalesce('; in its database, as its owner: ROLLBACK PREPARED ' || quote_literal(gid), '')
               WHEN seen IS FALSE THEN format('; as a superuser: GRANT pg_read_all_stats TO %I', current_user)
               WHEN kind = 'startup' THEN '; it holds what a transaction of the primary has locked, until that one ends'
               WHEN state LIKE 'idle%' OR advisory THEN format('; SELECT pg_terminate_backend(%s)', pid)
               ELSE format('; SELECT pg_cancel_backend(%s)', pid) END AS message,
       round(extract(epoch FROM coalesce(waits, longest)) * 1000) AS value, 'ms' AS unit, longest AS first, root AS second, path AS third
  FROM known
UNION ALL
-- Whoever has a table for himself keeps out all that come, also this program, while nobody waits.
SELECT CASE WHEN h.pid IS NULL THEN 'prepared ' || coalesce(quote_literal(x.gid), 'transaction') ELSE format('pid %s', h.pid) END, 'ok',
       format('%s, %s, holds AccessExclusiveLock on %s, and nobody waits for it', CASE WHEN h.pid IS NULL THEN 'a prepared transaction of ' || coalesce(x.owner::text, 'unknown') ELSE coalesce(s.who, 'a session') END,
              CASE WHEN h.pid IS NULL THEN coalesce('{ms ' || round(extract(epoch FROM clock_timestamp() - x.prepared) * 1000) || '} old', 'of unknown age')
                   WHEN s.seen THEN coalesce(s.state, 'busy') ELSE format('of which %s does not see what it does', current_user) END, h.names)
       || coalesce('; its transaction is {ms ' || s.since || '} old', '')
       || CASE WHEN h.pid IS NULL THEN coalesce('; in its database, as its owner: ROLLBACK PREPARED ' || quote_literal(x.gid), '')
               WHEN s.seen IS NOT TRUE THEN format('; as a superuser: GRANT pg_read_all_stats TO %I', current_user)
               WHEN s.kind = 'startup' THEN '; it holds what a transaction of the primary has locked, until that one ends'
               WHEN s.state LIKE 'idle%' THEN format('; SELECT pg_terminate_backend(%s)', h.pid) ELSE format('; SELECT pg_cancel_backend(%s)', h.pid) END,
       s.since, 'ms', NULL, NULL, NULL
  FROM (SELECT l.pid, l.virtualtransaction, string_agg(DISTINCT l.relation::regclass::text, ', ') AS names
          FROM lock l JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'm', 'p', 'v', 'f', 'S')
         WHERE l.granted AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND l.pid IS DISTINCT FROM pg_backend_pid() AND NOT EXISTS (SELECT FROM line k WHERE k.pid = coalesce(l.pid, 0))
         GROUP BY 1, 2) h
  LEFT JOIN lock own ON h.pid IS NULL AND own.pid IS NULL AND own.virtualtransaction = h.virtualtransaction AND own.transactionid IS NOT NULL
  LEFT JOIN pg_prepared_xacts x ON x.transaction = own.transactionid
  LEFT JOIN LATERAL (SELECT {who} AS who, s.state, s.backend_type AS kind, s.backend_type IS NOT NULL AS seen, round(extract(epoch FROM clock_timestamp() - s.xact_start) * 1000) AS since
                       FROM pg_stat_activity s WHERE s.pid = h.pid) s ON true
 ORDER BY first DESC NULLS LAST, second, third
