-- One pass over the ledger and one over the cached balances. For each account and unit: whether the
-- cache equals the sum, and whether the running balances form one whole chain from zero to the sum.
-- The second is decided without an order: with h a hash, the sum of h(running) less the sum of
-- h(running - delta) telescopes to h(last) - h(0) when every entry starts where another one ended.
-- The two sides are summed apart because their difference would overflow term by term.
WITH sums AS MATERIALIZED (
    SELECT e.account, e.unit, count(*) AS entries, coalesce(sum(e.delta), 0) AS total,
           {h:e.running:sum} AS h_after, {h:e.running - e.delta:sum} AS h_before, count(e.running) AS links,
           count(*) FILTER (WHERE e.delta IS NULL OR {odd:e.delta}) AS unplaced,
           min(e.running) AS lowest, min(e.at) AS first_at, max(e.at) AS last_at
      FROM ({entries}) AS e
     GROUP BY e.account, e.unit
), cached AS MATERIALIZED (
    SELECT b.account, b.unit, b.balance, b.opened_at FROM ({balances}) AS b
), compared AS (
    SELECT coalesce(s.account, c.account) AS account, coalesce(s.unit, c.unit) AS unit,
           coalesce(s.entries, 0) AS entries, coalesce(s.total, 0) AS total, c.balance,
           c.account IS NULL AS uncached, coalesce(s.links, 0) > 0 AS chained,
           coalesce(s.links > 0 AND s.h_after - s.h_before IS DISTINCT FROM {h:s.total} - {h:0}, false) AS broken,
           coalesce(s.unplaced > 0 OR s.lowest < 0 OR c.balance < 0
                    OR s.first_at < c.opened_at - interval '1 second' * $1
                    OR s.last_at > now() + interval '1 second' * $1, false) AS misplaced
      FROM sums s FULL JOIN cached c ON c.account = s.account AND c.unit = s.unit
)
SELECT false AS summary, c.account::text, c.unit::text, NULL::bigint AS accounts, c.entries, c.total::text, c.balance::text,
       (coalesce(c.balance, 0) - c.total)::text AS difference, c.uncached, c.chained,
       coalesce(c.balance, 0) <> c.total OR c.uncached AND c.entries > 0 AS unequal, c.broken, c.misplaced, true AS explained
  FROM compared c
 WHERE c.uncached OR coalesce(c.balance, 0) <> c.total OR c.broken OR c.misplaced
UNION ALL
SELECT true, NULL, c.unit::text, c.accounts, coalesce(l.entries, 0)::bigint, coalesce(l.total, 0)::text, c.balance::text,
       (c.balance - coalesce(l.total, 0))::text, false, false, false, false, false,
       -- An account with two balances is counted twice on one side only, which no account shows.
       c.balance - coalesce(l.total, 0) = c.difference
  FROM (SELECT unit, count(*) AS accounts, coalesce(sum(balance), 0) AS balance, sum(coalesce(balance, 0) - total) AS difference
          FROM compared GROUP BY unit) c
  LEFT JOIN (SELECT unit, sum(entries) AS entries, sum(total) AS total FROM sums GROUP BY unit) l ON l.unit = c.unit
