-- What the breaks of a chain that are acknowledged explain of an account's difference, exactly: $1 the sums of the
-- entries and $2 the differences, by account; $3 and $4 the gaps and the accounts that they belong to, counted from 1; $5
-- those gaps that were acknowledged and are there no more. As a whole, both kinds are what was accepted.
SELECT coalesce(g.gaps, 0)::text AS gaps, coalesce(g.accepted, 0)::text AS accepted,
       (r.total::numeric + coalesce(g.accepted, 0))::text AS expected,
       (r.difference::numeric - coalesce(g.accepted, 0))::text AS remaining,
       r.difference::numeric = coalesce(g.gaps, 0) AND (r.difference::numeric = 0 OR g.gaps = g.accepted) AS settled,
       coalesce(g.gaps <> g.accepted, false) AS moved,
       r.difference::numeric <> 0 AS different
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r (total, difference, number)
  LEFT JOIN (SELECT u.number, coalesce(sum(u.gap::numeric) FILTER (WHERE NOT u.gone), 0) AS gaps, sum(u.gap::numeric) AS accepted
               FROM unnest($3::text[], $4::bigint[], $5::boolean[]) AS u (gap, number, gone) GROUP BY u.number) g
    ON g.number = r.number
 ORDER BY r.number
