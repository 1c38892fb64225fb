-- What the entries of each tenant and unit sum to, beside the cached balances. A tenant that has only one of the two is there too.
SELECT t.tenant, t.unit, max(t.accounts) AS accounts, sum(t.entries)::bigint AS entries, coalesce(sum(t.total), 0)::text AS ledger,
       sum(t.opening)::text AS opening, coalesce(sum(t.cached), 0)::text AS cached,
       coalesce(sum(t.total), 0) + coalesce(sum(t.opening), 0) = coalesce(sum(t.cached), 0) AS agrees
  FROM (SELECT e.tenant::text AS tenant, e.unit::text AS unit, count(DISTINCT e.account) AS accounts, count(*) AS entries,
               sum(e.delta)::numeric AS total, NULL::numeric AS opening, NULL::numeric AS cached
          FROM ({entries}) AS e GROUP BY 1, 2
        UNION ALL
        SELECT b.tenant::text, b.unit::text, count(*), 0, NULL, [[opening:sum(b.opening)]][[!opening:NULL]]::numeric, sum(b.balance)::numeric
          FROM ({of_tenants}) AS b GROUP BY 1, 2) AS t
 GROUP BY t.tenant, t.unit
 ORDER BY t.tenant, t.unit
