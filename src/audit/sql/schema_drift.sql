-- Where the schema differs from its snapshot after the last migration, for the kind $3 and the tables
-- of set $1: those that the application's pack names ($4), and every other one in the snapshot as long
-- as it is there, but no partitions, which come and go. Something that was added counts only where it opens a door: a policy, or a
-- grant to everyone or to a role that the snapshot knows. Each part is read once, whatever the planner expects of it: until the
-- snapshot was analyzed it expects a row or two, and would read the catalogs again for every one that there is.
WITH watched AS MATERIALIZED (SELECT unnest($4) AS relation
                 UNION SELECT r.relation FROM bursar.schema_objects r
                         JOIN pg_class c ON c.relname = r.relation AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $2
                        WHERE r.set_name = $1),
     now_there AS MATERIALIZED (SELECT * FROM ({objects}) o WHERE o.kind = $3 AND o.relation IN (SELECT relation FROM watched)),
     recorded AS MATERIALIZED (SELECT kind, relation, object, definition FROM bursar.schema_objects
                   WHERE set_name = $1 AND kind = $3 AND relation IN (SELECT relation FROM watched)),
     doors AS (SELECT DISTINCT split_part(object, ' ', 1) AS grantee FROM bursar.schema_objects WHERE set_name = $1 AND kind = 'grant'
               UNION SELECT unnest(ARRAY['PUBLIC', 'anon', 'authenticated']))
SELECT coalesce(r.relation, n.relation) AS relation, coalesce(r.object, n.object) AS object,
       r.definition AS recorded, n.definition AS found
  FROM recorded r FULL JOIN now_there n ON n.relation = r.relation AND n.object = r.object
 WHERE n.definition IS DISTINCT FROM r.definition
   AND (r.object IS NOT NULL OR $3 = 'policy'
        OR $3 = 'grant' AND split_part(n.object, ' ', 1) IN (SELECT grantee FROM doors))
 ORDER BY 1, 2
