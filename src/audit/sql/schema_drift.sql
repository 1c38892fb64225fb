-- Where the schema $2 differs from its snapshot after the last migration of set $1, for the kinds $3 and the tables that
-- the application's pack names ($4), and every other one in the snapshot as long as it is there, but no partitions, which
-- come and go. Functions and settings belong to no table. Something that was added counts only where it
-- opens a door: a policy, a rule, a setting, a trigger that fires and is no extension's, or a grant to everyone, to a role that
-- the snapshot knows, or to write. A trigger and a grant to write to a role that is not known may be wanted. What is
-- gone does not count where that opens none, or where its constraint says so. Each part is read once, whatever the planner
-- expects of it: until the snapshot was analyzed it expects a row or two, and would read the catalogs again for every one.
WITH watched AS MATERIALIZED (SELECT unnest($4) AS relation
                 UNION SELECT r.relation FROM bursar.schema_objects r
                         JOIN pg_class c ON c.relname = r.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
                         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $2
                        WHERE r.set_name = $1),
     now_there AS MATERIALIZED (SELECT * FROM ({objects}) o WHERE o.kind = ANY ($3)
                   AND (o.kind IN ('function', 'setting') OR o.relation IN (SELECT relation FROM watched))),
     recorded AS MATERIALIZED (SELECT kind, relation, object, definition FROM bursar.schema_objects
                   WHERE set_name = $1 AND kind = ANY ($3)
                     AND (kind IN ('function', 'setting') OR relation IN (SELECT relation FROM watched))),
     doors AS (SELECT DISTINCT split_part(object, ' ', 1) AS grantee FROM bursar.schema_objects WHERE set_name = $1 AND kind = 'grant'
               UNION SELECT unnest(ARRAY['PUBLIC', 'anon', 'authenticated']))
SELECT coalesce(r.kind, n.kind) AS kind, coalesce(r.relation, n.relation) AS relation, coalesce(r.object, n.object) AS object,
       r.definition AS recorded, n.definition AS found,
       r.object IS NULL AND (n.kind = 'trigger'
                             OR n.kind = 'grant' AND split_part(n.object, ' ', 1) NOT IN (SELECT grantee FROM doors)) AS may_be_wanted
  FROM recorded r FULL JOIN now_there n ON n.kind = r.kind AND n.relation = r.relation AND n.object = r.object
 WHERE n.definition IS DISTINCT FROM r.definition
   AND CASE WHEN r.object IS NULL
            THEN n.kind IN ('policy', 'rule', 'setting')
                 OR n.kind = 'trigger' AND n.definition NOT LIKE '% DISABLED'
                    AND NOT EXISTS (SELECT FROM pg_trigger t
                                      JOIN pg_class c ON c.oid = t.tgrelid AND c.relname = n.relation
                                      JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = $2
                                      JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = t.tgfoid AND d.deptype = 'e'
                                     WHERE t.tgname = n.object)
                 OR n.kind = 'grant' AND (split_part(n.object, ' ', 1) IN (SELECT grantee FROM doors)
                                          OR n.object ~ ' (INSERT|UPDATE|DELETE|TRUNCATE|TRIGGER)( |$)')
            ELSE n.object IS NOT NULL OR r.kind NOT IN ('firing', 'setting') END
 ORDER BY 1, 2, 3
