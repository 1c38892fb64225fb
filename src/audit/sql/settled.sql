-- What the breaks of a chain that are acknowledged explain of an account's difference, exactly: $1 the sums of the
-- entries and $2 the differences, by account; $3 and $4 the gaps and the accounts that they belong to, counted from 1.
SELECT coalesce(g.gaps, 0)::text AS gaps, (r.total::numeric + coalesce(g.gaps, 0))::text AS expected,
       (r.difference::numeric - coalesce(g.gaps, 0))::text AS remaining, r.difference::numeric = coalesce(g.gaps, 0) AS settled,
       r.difference::numeric <> 0 AS different
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r (total, difference, number)
  LEFT JOIN (SELECT u.number, sum(u.gap::numeric) AS gaps FROM unnest($3::text[], $4::bigint[]) AS u (gap, number) GROUP BY u.number) g
    ON g.number = r.number
 ORDER BY r.number
