-- title: Partitions are made ahead
-- why: Rows of a day that no partition takes are refused, or end in the default partition.
-- remedy: Make the next partitions, or let the job that does so run again.

-- A bound names no column. With its table, the server would wait for who has locked that.
-- The next partition has to be there: as long before as one lasts, and two weeks before where it lasts longer.
WITH times AS MATERIALIZED (
SELECT p.partrelid FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
 WHERE p.partstrat = 'r' AND p.partnatts = 1)
SELECT format('%I.%I', n.nspname, c.relname) AS object,
       CASE WHEN count(m.oid) = 0 OR max(bound.upto) <= now() THEN 'fail'
            WHEN max(bound.upto) IS NULL OR max(bound.upto) < now() + least((array_agg(lasts.long ORDER BY bound.upto DESC NULLS LAST))[1], '14 days') THEN 'warn' ELSE 'ok' END AS verdict,
       CASE WHEN count(m.oid) = 0 THEN 'has no partition, so that every row is refused'
            WHEN max(bound.upto) IS NULL THEN 'has no partition but the default one'
            ELSE format('%s partitions, the last one until %s', count(*), to_char(max(bound.upto) AT TIME ZONE 'UTC', 'YYYY-MM-DD')) END AS message,
       round(extract(epoch FROM max(bound.upto) - now()) / 86400) AS value, 'days' AS unit
  FROM times p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_inherits i ON i.inhparent = c.oid LEFT JOIN pg_class m ON m.oid = i.inhrelid
  CROSS JOIN LATERAL (SELECT pg_get_expr(m.relpartbound, 0) AS text) said
  CROSS JOIN LATERAL (SELECT (regexp_match(said.text, 'FROM \(''([^'']+)'''))[1]::timestamptz AS since,
                             (regexp_match(said.text, 'TO \(''([^'']+)'''))[1]::timestamptz AS upto) bound
  CROSS JOIN LATERAL (SELECT CASE WHEN isfinite(bound.since) THEN bound.upto - bound.since END AS long) lasts
 -- The partitions of a month that is itself a partition end with it.
 WHERE NOT EXISTS (SELECT FROM ({partitions}) t JOIN times above ON above.partrelid = t.root WHERE t.relid = c.oid AND t.root <> c.oid)
   AND NOT EXISTS (SELECT FROM pg_inherits x JOIN pg_class y ON y.oid = x.inhrelid WHERE x.inhparent = c.oid AND pg_get_expr(y.relpartbound, 0) ~ 'TO \((MAXVALUE|''infinity'')\)')
 GROUP BY n.nspname, c.relname
 ORDER BY object
