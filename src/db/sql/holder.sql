WITH RECURSIVE chain (pid, blocker) AS (
    SELECT w.pid, b.blocker FROM unnest(ARRAY[{pids}]::int[]) w (pid) CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) b (blocker)
    UNION
    SELECT c.blocker, b.blocker FROM chain c CROSS JOIN LATERAL unnest(pg_blocking_pids(c.blocker)) b (blocker) WHERE c.blocker <> 0
), named AS (
    SELECT b.blocker, b.direct, b.root, {who} AS who, a.xact_start
      FROM (SELECT c.blocker, bool_or(c.pid IN ({pids})) AS direct, NOT EXISTS (SELECT FROM chain d WHERE d.pid = c.blocker) AS root
              FROM chain c WHERE c.blocker NOT IN ({pids}) GROUP BY c.blocker) b
      LEFT JOIN pg_stat_activity a ON a.pid = b.blocker
)
SELECT string_agg(n.who, '; ' ORDER BY n.xact_start, n.blocker) FILTER (WHERE n.direct),
       string_agg(n.who, '; ' ORDER BY n.xact_start, n.blocker) FILTER (WHERE n.root AND NOT n.direct),
       string_agg(format('SELECT pg_terminate_backend(%s);', n.blocker), ' ' ORDER BY n.blocker) FILTER (WHERE n.root AND n.blocker <> 0)
  FROM named n
