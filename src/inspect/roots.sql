WITH waiter AS MATERIALIZED ({waiters}),
edge AS MATERIALIZED (
    SELECT DISTINCT w.pid, b AS blocker, w.locktype = 'advisory' AS advisory
      FROM waiter w CROSS JOIN LATERAL unnest(w.blockers) AS b WHERE b <> pg_backend_pid()),
below (root, pid) AS (
    WITH RECURSIVE held (root, pid) AS (
        SELECT blocker, pid FROM edge WHERE blocker NOT IN (SELECT pid FROM edge)
        UNION SELECT h.root, e.pid FROM held h JOIN edge e ON e.blocker = h.pid)
    SELECT root, pid FROM held)
SELECT b.root AS pid,
       {who} AS who,
       s.state, s.backend_type AS kind, s.backend_start AS began, s.xact_start AS transaction_began,
       s.backend_type = 'autovacuum worker' AND s.query LIKE '%(to prevent wraparound)%' AS freezes,
       (SELECT bool_or(e.advisory) FROM edge e WHERE e.blocker = b.root) AS advisory,
       coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                OR NOT coalesce(r.rolsuper, true) AND (pg_has_role('pg_signal_backend', 'USAGE') OR pg_has_role(s.usesysid, 'USAGE')), false) AS may_signal,
       current_user::text AS role, pg_is_in_recovery() AS of_replica,
       array_agg(b.pid ORDER BY w.waitstart, b.pid) AS waiting
  FROM below b JOIN waiter w ON w.pid = b.pid
  LEFT JOIN pg_stat_activity s ON s.pid = b.root AND b.root > 0
  LEFT JOIN pg_roles r ON r.oid = s.usesysid
 GROUP BY b.root, s.application_name, s.usename, s.client_addr, s.state, s.backend_type, s.backend_start, s.xact_start, s.query, r.rolsuper, s.usesysid
 ORDER BY min(w.waitstart), b.root
