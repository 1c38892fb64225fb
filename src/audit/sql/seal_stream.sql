-- For each account and unit in order: what its seals stored of it (rank 0), what its entries come to (rank 1, with
-- what was sealed before where $3 says so), its entries from $1 to below $2 (rank 2), in the order of the digest, and
-- what a later seal that started over stored of it (rank 3).
-- Everything is text, so that the digest does not depend on how a driver reads a type.
WITH states AS MATERIALIZED ({states})
SELECT x.account, x.unit, x.rank, x.seal_id, x.digest, x.f1, x.f2, x.f3, x.f4, x.f5, x.f6, x.f7, x.f8
  FROM (SELECT coalesce(e.account::text, '') COLLATE "C" AS account, coalesce(e.unit::text, '') COLLATE "C" AS unit,
               2 AS rank, NULL::bigint AS seal_id, NULL::bytea AS digest, {arrival} AS arrival, e.at, e.seq,
               e.entry_id::text COLLATE "C" AS f1, e.delta::text AS f2, e.running::text AS f3, e.at::timestamptz::text AS f4,
               e.seq::text AS f5, e.kind::text AS f6, e.ref::text AS f7, {content}::text AS f8
          FROM ({entries}) AS e
         WHERE {range}
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
          FROM ({restarted}) r) x
 ORDER BY x.account, x.unit, x.rank, x.seal_id, x.arrival NULLS FIRST, x.at, x.seq, x.f1
