-- Of the accounts $2, whose entries these are, those whose entries from before the watermark $3 no longer sum to what
-- the seal says.
WITH sealed AS MATERIALIZED (
    SELECT s.* FROM ({sealed}) s WHERE s.account = ANY ($2::text[])
), resummed AS MATERIALIZED (
    SELECT coalesce(e.account::text, '') COLLATE "C" AS account, coalesce(e.unit::text, '') COLLATE "C" AS unit,
           count(*) AS entries, coalesce(sum(e.delta), 0)::numeric AS total
      FROM ({entries}) AS e
     WHERE e.arrival < $3::text::xid8 OR e.arrival IS NULL
     GROUP BY 1, 2
)
SELECT coalesce(s.account, r.account) AS account, coalesce(s.unit, r.unit) AS unit,
       coalesce(s.entries, 0) AS sealed_entries, coalesce(s.total, 0)::text AS sealed_total,
       coalesce(r.entries, 0) AS entries, coalesce(r.total, 0)::text AS total,
       (coalesce(r.total, 0) - coalesce(s.total, 0))::text AS difference
  FROM sealed s FULL JOIN resummed r ON r.account = s.account AND r.unit = s.unit
 WHERE coalesce(s.entries, 0) <> coalesce(r.entries, 0) OR coalesce(s.total, 0) <> coalesce(r.total, 0)
 ORDER BY 1, 2
