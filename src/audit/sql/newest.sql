-- The newest entries of an account, at most $4 of them (null for all), older than $3 where that is named, and how many
-- there are in all.
WITH ordered AS MATERIALIZED (
{ordered}
)
SELECT o.*, (SELECT count(*) FROM ordered) AS total
  FROM ordered o
 WHERE $3::text IS NULL OR o.age > (SELECT b.age FROM ordered b WHERE b.entry = $3)
 ORDER BY o.age
 LIMIT $4
