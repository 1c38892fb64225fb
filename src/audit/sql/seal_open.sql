-- The transactions of this database that are open now. A row that one of them commits later is dated when it began, or
-- later: before "until" no row can arrive in a snapshot that is taken after this, but from the "hidden" and the "prepared".
-- Of the hidden, another login's session, this role may not see when they began; they are named by what they lock. What began
-- a prepared transaction is not kept. Sessions without a login, as that of autovacuum, write no row.
WITH sessions AS MATERIALIZED (
    SELECT a.pid, a.usename, a.xact_start, a.backend_type
      FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.usesysid IS NOT NULL
), hidden AS MATERIALIZED (
    SELECT l.virtualxid, s.pid, s.usename
      FROM sessions s
      JOIN pg_locks l ON l.pid = s.pid AND l.locktype = 'virtualxid' AND l.virtualxid = l.virtualtransaction
     WHERE s.xact_start IS NULL AND s.backend_type IS NULL
)
SELECT to_char(least(statement_timestamp(), (SELECT min(s.xact_start) FROM sessions s)) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS until,
       ARRAY(SELECT h.virtualxid FROM hidden h ORDER BY h.pid) AS hidden,
       ARRAY(SELECT format('session %s of %s', h.pid, coalesce(h.usename, 'an unknown login')) FROM hidden h ORDER BY h.pid) AS hidden_names,
       ARRAY(SELECT p.gid FROM pg_prepared_xacts p WHERE p.database = current_database() ORDER BY p.gid) AS prepared,
       current_user::text AS role
