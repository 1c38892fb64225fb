-- For each account and unit in order: what its seals stored of it (rank 0), what its entries come to (rank 1, with
-- what was sealed before where $3 says so), its entries (rank 2) in the order of the digest, of the accounts that have
-- to be sorted for it, and what a later seal that started over stored of it (rank 3).
WITH states AS MATERIALIZED ({states})
SELECT x.account, x.unit, x.rank, x.seal_id, x.digest, x.f1, x.f2, x.f3, x.f4, x.f5, x.f6, x.f7, x.f8
  FROM (SELECT n.account, n.unit, 2 AS rank, NULL::bigint AS seal_id, NULL::bytea AS digest, n.arrival, n.at, n.seq,
               n.f1, n.f2, n.f3, n.f4, n.f5, n.f6, n.f7, n.f8
          FROM ({fields}) AS n
         WHERE {sorted}
        UNION ALL
        SELECT t.account, t.unit, 1, NULL, NULL, NULL, NULL, NULL,
               coalesce(sum(t.total), 0)::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL
          FROM (SELECT coalesce(e.account::text, '') COLLATE "C" AS account, coalesce(e.unit::text, '') COLLATE "C" AS unit, sum(e.delta)::numeric AS total
                  FROM ({entries}) AS e
                 WHERE {range}
                 GROUP BY 1, 2
                UNION ALL
                (SELECT DISTINCT ON (s.account, s.unit) s.account, s.unit, s.total
                   FROM states s
                  WHERE $3
                  ORDER BY s.account, s.unit, s.seal_id DESC)) t
         GROUP BY 1, 2
        UNION ALL
        SELECT s.account, s.unit, 0, s.seal_id, s.digest, NULL, NULL, NULL,
               s.entries::text, s.total::text, s.running::text, NULL, NULL, NULL, NULL, NULL
          FROM states s
        UNION ALL
        SELECT r.account, r.unit, 3, r.seal_id, r.digest, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
          FROM ({restarted}) AS r) x
 ORDER BY x.account, x.unit, x.rank, x.seal_id, x.arrival NULLS FIRST, x.at, x.seq, x.f1
