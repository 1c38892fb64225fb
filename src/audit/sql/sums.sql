-- One pass over the ledger and one over the cached balances. For each account and unit: whether the
-- cache equals the sum, and whether the running balances form one whole chain from zero to the sum.
-- The second is decided without an order: with h a hash, the sum of h(running) less the sum of
-- h(running - delta) telescopes to h(last) - h(0) when every entry starts where another one ended.
-- h has 32 bits, so that its sums are native integers, which cost a third of what numeric ones do:
-- of four thousand million broken accounts it misses one.
-- A unit in which no entry carries a running balance has no chain. In one that has a chain, each entry must carry one;
-- of one account ($1), the other accounts of the ledger tell which of the two it is.
WITH sums AS MATERIALIZED (
    SELECT e.account, e.unit, count(*) AS entries, count(e.running) AS kept, coalesce(sum(e.delta), 0) AS total,
           sum({h:e.running}) AS h_after, sum({h:e.running::{number} - e.delta}) AS h_before,
           bool_or(e.delta IS NULL OR e.running < 0 OR e.at > (SELECT now() + interval '1 second' * $2)) OR {odd:sum(e.delta)} AS impossible,
           min(e.at) AS first_at
      FROM ({entries}) AS e
     GROUP BY e.account, e.unit
), units AS MATERIALIZED (
    SELECT u.unit, u.entries, u.total,
           CASE WHEN u.kept > 0 THEN true
                WHEN $1::text IS NULL THEN false
                ELSE EXISTS (SELECT FROM ({ledger}) AS x WHERE x.unit = u.unit AND x.running IS NOT NULL) END AS chained
      FROM (SELECT unit, sum(entries) AS entries, sum(total) AS total, sum(kept) AS kept FROM sums GROUP BY unit) u
), compared AS (
    SELECT coalesce(s.account, c.account) AS account, coalesce(s.unit, c.unit) AS unit,
           coalesce(s.entries, 0) AS entries, coalesce(s.total, 0) AS total, c.balance,
           c.account IS NULL AS uncached, s.h_after IS NOT NULL AS chained,
           coalesce(s.h_after - s.h_before <> {h:s.total}::bigint - {h:0}::bigint, s.h_after IS NOT NULL)
           OR CASE WHEN s.kept < s.entries THEN coalesce((SELECT u.chained FROM units u WHERE u.unit = s.unit), false) ELSE false END AS broken,
           coalesce(s.impossible OR c.balance < 0 OR s.first_at < c.opened_at - interval '1 second' * $2, false) AS misplaced
      FROM sums s FULL JOIN ({balances}) c ON c.account = s.account AND c.unit = s.unit
)
(SELECT false AS summary, c.account::text, c.unit::text, NULL::bigint AS accounts, c.entries, c.total::text, c.balance::text,
       (coalesce(c.balance, 0) - c.total)::text AS difference, c.uncached, c.chained,
       coalesce(c.balance, 0) <> c.total OR c.uncached AND c.entries > 0 AS unequal, c.broken, c.misplaced, true AS explained
  FROM compared c
 WHERE c.uncached OR coalesce(c.balance, 0) <> c.total OR c.broken OR c.misplaced
 ORDER BY c.account, c.unit)
UNION ALL
SELECT true, NULL, c.unit::text, c.accounts, coalesce(l.entries, 0)::bigint, coalesce(l.total, 0)::text, c.balance::text,
       (c.balance - coalesce(l.total, 0))::text, false, coalesce(l.chained, false), false, false, false,
       -- An account with two balances is counted twice on one side only, which no account shows.
       c.balance - coalesce(l.total, 0) = c.difference
  FROM (SELECT unit, count(*) AS accounts, coalesce(sum(balance), 0) AS balance, sum(coalesce(balance, 0) - total) AS difference
          FROM compared GROUP BY unit) c
  LEFT JOIN units l ON l.unit = c.unit
