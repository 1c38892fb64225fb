-- The newest entries of an account, at most $4 of them (null for all), older than $3 where that is named, from $5 on and
-- before $6 where these are named, and how many there are in all between the two.
WITH ordered AS MATERIALIZED (
{ordered}
), fitting AS MATERIALIZED (
SELECT * FROM ordered o
 WHERE ($5::timestamptz IS NULL OR o.moment >= $5) AND ($6::timestamptz IS NULL OR o.moment < $6)
)
SELECT o.*, (SELECT count(*) FROM fitting) AS total
  FROM fitting o
 WHERE $3::text IS NULL OR o.age > (SELECT b.age FROM ordered b WHERE b.entry = $3)
 ORDER BY o.age
 LIMIT $4
