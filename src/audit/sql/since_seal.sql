-- What arrived after a seal, on top of what it sealed, against the cached balances: each account and unit where they
-- disagree, or where the entries need to be looked at. The entries are those that arrived later; $2 is the tolerance for
-- clocks. The running balances are compared as in sums.sql, from the sealed sum instead of from zero. An entry without an
-- account or a unit is nobody's: it goes on from nothing, and no cached balance is its own.
WITH fresh AS MATERIALIZED (
    SELECT coalesce(e.account::text, '') COLLATE "C" AS account, coalesce(e.unit::text, '') COLLATE "C" AS unit,
           e.account IS NULL OR e.unit IS NULL AS lost, count(*) AS entries, count(e.running) AS kept, coalesce(sum(e.delta), 0) AS total,
           sum({h:e.running}) AS h_after, sum({h:e.running::{number} - e.delta}) AS h_before,
           bool_or(e.delta IS NULL OR e.at IS NULL OR [[!cached:e.account IS NULL OR e.unit IS NULL OR ]][[zero:e.running < 0 OR ]][[magnitude:e.magnitude < 0 OR ]]e.at > (SELECT now() + interval '1 second' * $2)) OR {odd:sum(e.delta)} AS impossible,
           [[floor:min(e.running) AS lowest, ]][[before:bool_or(e.running_before <> e.running - e.delta) AS parted, ]]min(e.at) AS first_at
      FROM ({entries}) AS e
     GROUP BY 1, 2, 3
), sealed AS MATERIALIZED (
    SELECT s.* FROM ({sealed}) s
), units AS MATERIALIZED (
    -- A unit in which no entry carries a running balance has no chain, as in sums.sql.
    SELECT u.unit, bool_or(u.chained) AS chained
      FROM (SELECT unit, kept > 0 AS chained FROM fresh UNION ALL SELECT unit, running IS NOT NULL FROM sealed) u
     GROUP BY u.unit
), cached AS MATERIALIZED (
    SELECT b.account::text COLLATE "C" AS account, b.unit::text COLLATE "C" AS unit, b.balance, b.opened_at[[floor:, b.floor]][[opening:, b.opening]]
      FROM ({balances}) AS b
), known AS (
    SELECT coalesce(f.account, s.account) AS account, coalesce(f.unit, s.unit) AS unit,
           CASE WHEN f.lost THEN NULL ELSE coalesce(f.account, s.account) END AS holder,
           coalesce(s.entries, 0) + coalesce(f.entries, 0) AS entries, coalesce(s.total, 0) AS start,
           coalesce(s.total, 0) + coalesce(f.total, 0) AS total,
           f.entries AS fresh, s.entries AS sealed, s.running, [[floor:f.lowest, ]][[before:f.parted, ]]f.kept, f.h_after, f.h_before, f.impossible, f.first_at
      FROM sealed s FULL JOIN (SELECT CASE WHEN lost THEN NULL ELSE account END AS holder, * FROM fresh) f ON f.holder = s.account AND f.unit = s.unit
), compared AS (
    SELECT coalesce(k.account, c.account) AS account, coalesce(k.unit, c.unit) AS unit,
           coalesce(k.entries, 0) AS entries, coalesce(k.fresh, 0) AS fresh, coalesce(k.total, 0)[[opening: + coalesce(c.opening, 0)]] AS total, [[opening:c.opening, ]]c.balance, c.account IS NULL AS uncached,
           coalesce(k.h_after - k.h_before <> {h:k.total[[opening: + coalesce(c.opening, 0)]]}::bigint - {h:k.start[[opening: + coalesce(c.opening, 0)]]}::bigint, k.h_after IS NOT NULL)
           -- The chain went on from the sealed running balance, which the sealed sum has to lead to from the same start.
           OR coalesce(k.running <> k.start[[opening: + coalesce(c.opening, 0)]], false)
           -- Entries with a running balance beside entries without one.
           OR coalesce(k.kept > 0 AND k.kept < k.fresh OR k.kept > 0 AND k.sealed > 0 AND k.running IS NULL
                       OR k.fresh > 0 AND k.kept = 0 AND k.running IS NOT NULL[[before: OR k.parted]], false) AS suspect,
           coalesce(k.impossible OR [[zero:c.balance < 0]][[floor:c.balance < c.floor OR k.lowest < CASE WHEN c.account IS NULL THEN 0 ELSE c.floor END]][[unbounded:false]] OR k.first_at < c.opened_at - interval '1 second' * $2, false) AS misplaced
      FROM known k FULL JOIN cached c ON c.account = k.holder AND c.unit = k.unit
)
SELECT false AS summary, c.account, c.unit, c.entries, c.fresh, c.total::text, c.balance::text,
       (coalesce(c.balance, 0) - c.total)::text AS difference, c.uncached, false AS chained, false AS broken,
       [[cached:c.uncached OR c.balance IS DISTINCT FROM c.total]][[!cached:false]] AS unequal, c.suspect, c.misplaced,
       NULL::text[] AS unchained, [[opening:c.opening::text]][[!opening:NULL::text]] AS opening, NULL::text AS doubled
  FROM compared c
 WHERE [[cached:c.uncached OR c.balance IS DISTINCT FROM c.total OR ]]c.suspect OR c.misplaced
UNION ALL
SELECT true, NULL, NULL, coalesce(sum(f.entries), 0)::bigint, NULL, NULL, NULL, NULL, false, (SELECT coalesce(bool_or(chained), false) FROM units), false, false, false, false,
       ARRAY(SELECT unit FROM units WHERE NOT chained ORDER BY unit), NULL,
       -- Each of two balances may be what the entries come to, though they are not together.
       (SELECT concat_ws(' ', account, unit) FROM cached GROUP BY account, unit HAVING count(*) > 1 ORDER BY 1 LIMIT 1)
  FROM fresh f
