-- One pass over the ledger and one over the cached balances. For each account and unit: whether the
-- cache equals the sum, and whether the running balances form one whole chain from the start to the sum.
-- The second is decided without an order: with h a hash, the sum of h(running) less the sum of
-- h(running - delta) telescopes to h(last) - h(start) when every entry starts where another one ended.
-- h has 32 bits, so that its sums are native integers, which cost a third of what numeric ones do:
-- of four thousand million broken accounts it misses one.
-- An account in which no entry carries a running balance has no chain. In one that has a chain, each entry carries one.
WITH sums AS MATERIALIZED (
    SELECT e.account, e.unit, count(*) AS entries, count(e.running) AS kept, coalesce(sum(e.delta), 0) AS total,
           sum({h:e.running}) AS h_after, sum({h:e.running::{number} - e.delta}) AS h_before,
           bool_or(e.delta IS NULL OR e.at IS NULL OR [[!cached:e.account IS NULL OR e.unit IS NULL OR ]][[zero:e.running < 0 OR ]][[magnitude:e.magnitude < 0 OR ]]e.at > (SELECT now() + interval '1 second' * $2)) OR {odd:sum(e.delta)} AS impossible,
           [[floor:min(e.running) AS lowest, ]][[before:bool_or(e.running_before <> e.running - e.delta) AS parted, ]]min(e.at) AS first_at,
           min(coalesce(e.kind::text, 'NULL')) FILTER (WHERE e.delta IS NULL) AS signless
      FROM ({entries}) AS e
     GROUP BY e.account, e.unit
), units AS MATERIALIZED (
    SELECT unit, sum(entries) AS entries, sum(total) AS total, sum(kept) > 0 AS chained, count(*) AS holders, count(*) FILTER (WHERE kept > 0) AS chains
      FROM sums GROUP BY unit
), compared AS (
    SELECT coalesce(s.account, c.account) AS account, coalesce(s.unit, c.unit) AS unit,
           coalesce(s.entries, 0) AS entries, coalesce(s.total, 0)[[opening: + coalesce(c.opening, 0)]] AS total, [[opening:c.opening, ]][[floor:CASE WHEN c.account IS NULL THEN 0 ELSE c.floor END AS floor, ]]c.balance,
           c.account IS NULL AS uncached, s.signless, s.h_after IS NOT NULL AS chained,
           coalesce(s.h_after - s.h_before <> {h:s.total[[opening: + coalesce(c.opening, 0)]]}::bigint - {h:[[!opening:0]][[opening:coalesce(c.opening, 0)]]}::bigint, s.h_after IS NOT NULL)
           OR coalesce(s.kept > 0 AND s.kept < s.entries[[before: OR s.parted]], false) AS broken,
           coalesce(s.impossible OR [[zero:c.balance < 0]][[floor:c.balance < c.floor OR s.lowest < CASE WHEN c.account IS NULL THEN 0 ELSE c.floor END]][[unbounded:false]] OR s.first_at < c.opened_at - interval '1 second' * $2, false) AS misplaced
      FROM sums s FULL JOIN ({balances}) c ON c.account = s.account AND c.unit = s.unit
)
(SELECT false AS summary, c.account::text, c.unit::text, NULL::bigint AS accounts, c.entries, c.total::text, c.balance::text,
       (coalesce(c.balance, 0) - c.total)::text AS difference, c.uncached, c.chained,
       [[cached:c.uncached OR c.balance IS DISTINCT FROM c.total]][[!cached:false]] AS unequal, c.broken, c.misplaced, true AS explained,
       [[opening:c.opening::text]][[!opening:NULL::text]] AS opening, NULL::bigint AS chains, NULL::bigint AS chainless, c.signless,
       [[floor:c.floor::text]][[zero:'0']][[unbounded:NULL::text]] AS floor
  FROM compared c
 WHERE [[cached:c.uncached OR c.balance IS DISTINCT FROM c.total OR ]]c.broken OR c.misplaced
 ORDER BY c.account, c.unit)
UNION ALL
SELECT true, NULL, c.unit::text, c.accounts, coalesce(l.entries, 0)::bigint, coalesce(l.total, 0)::text, [[cached:c.balance::text]][[!cached:NULL]],
       (c.balance - coalesce(l.total, 0)[[opening: - c.opening]])::text, false, coalesce(l.chained, false), false, false, false,
       -- An account with two balances is counted twice on one side only, which no account shows.
       c.balance - coalesce(l.total, 0)[[opening: - c.opening]] = c.difference,
       [[opening:c.opening::text]][[!opening:NULL]], l.chains, l.holders - l.chains, NULL, NULL
  FROM (SELECT unit, count(*) AS accounts, coalesce(sum(balance), 0) AS balance, [[opening:coalesce(sum(opening), 0) AS opening, ]]sum(coalesce(balance, 0) - total) AS difference
          FROM compared GROUP BY unit) c
  LEFT JOIN units l ON l.unit = c.unit
