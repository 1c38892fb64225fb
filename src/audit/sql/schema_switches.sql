-- Where the catalog says of a table in the schemas $1 that a guard is not there which is: switches that no statement of the
-- language leaves so, only an UPDATE of the catalog itself. No record of the schema is needed to tell. "guard" is the check
-- that tells it, "remedy" a statement for a superuser, or NULL where there is none.
WITH here AS MATERIALIZED (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS relation, c.relkind, c.relhastriggers, c.relhasrules, c.relhasindex, c.relchecks,
           format('%I.%I', n.nspname, c.relname) AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p')
), indexes AS MATERIALIZED (
    SELECT h.schema, h.relation, h.name, i.relname::text AS index, format('%I.%I', h.schema, i.relname) AS index_name, i.relkind,
           x.indexrelid, x.indisunique, x.indisprimary, x.indisexclusion, x.indimmediate, x.indisvalid, x.indisready, x.indislive,
           con.contype, con.condeferrable
      FROM here h
      JOIN pg_index x ON x.indrelid = h.oid
      JOIN pg_class i ON i.oid = x.indexrelid
      LEFT JOIN pg_constraint con ON con.conindid = x.indexrelid AND con.conrelid = h.oid AND con.contype IN ('p', 'u', 'x')
)
SELECT 'schema.triggers' AS guard, h.schema, h.relation, 'triggers' AS object, 'that fire' AS expected, 'none fires: pg_class.relhastriggers is false' AS found,
       format('UPDATE pg_catalog.pg_class SET relhastriggers = true WHERE oid = %L::regclass', h.name) AS remedy
  FROM here h
 WHERE NOT h.relhastriggers AND EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = h.oid)
UNION ALL
SELECT 'schema.triggers', h.schema, h.relation, 'rules', 'that apply', 'none applies: pg_class.relhasrules is false',
       format('UPDATE pg_catalog.pg_class SET relhasrules = true WHERE oid = %L::regclass', h.name)
  FROM here h
 WHERE NOT h.relhasrules AND EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = h.oid)
UNION ALL
-- Two triggers of each table stand behind a foreign key.
SELECT 'schema.triggers', h.schema, h.relation, con.conname::text, '4 triggers behind the foreign key', count(t.oid)::text, NULL
  FROM here h
  JOIN pg_constraint con ON con.conrelid = h.oid AND con.contype = 'f' AND con.conparentid = 0
  JOIN pg_class p ON p.oid = con.confrelid AND p.relkind = 'r'
  LEFT JOIN pg_trigger t ON t.tgconstraint = con.oid
 WHERE h.relkind = 'r' AND coalesce(to_jsonb(con) ->> 'conenforced', 'true') = 'true'
 GROUP BY h.schema, h.relation, con.oid, con.conname
HAVING count(t.oid) < 4
UNION ALL
SELECT 'schema.constraints', h.schema, h.relation, 'check constraints', count(con.oid)::text, h.relchecks || ': pg_class.relchecks says so',
       format('UPDATE pg_catalog.pg_class SET relchecks = %s WHERE oid = %L::regclass', count(con.oid), h.name)
  FROM here h
  LEFT JOIN pg_constraint con ON con.conrelid = h.oid AND con.contype = 'c'
 GROUP BY h.schema, h.relation, h.relchecks, h.name
HAVING count(con.oid) <> h.relchecks
UNION ALL
SELECT 'schema.constraints', h.schema, h.relation, 'indexes', 'that are kept', 'none is kept: pg_class.relhasindex is false',
       format('UPDATE pg_catalog.pg_class SET relhasindex = true WHERE oid = %L::regclass; REINDEX TABLE %s', h.name, h.name)
  FROM here h
 WHERE NOT h.relhasindex AND EXISTS (SELECT FROM pg_index x WHERE x.indrelid = h.oid)
UNION ALL
SELECT 'schema.constraints', i.schema, i.relation, i.index, 'an index that keeps rows apart',
       'one that does not: ' || concat_ws(', ', CASE WHEN w.unique_off THEN 'indisunique is false' END,
                                         CASE WHEN w.primary_off THEN 'indisprimary is false' END,
                                         CASE WHEN w.exclusion_off THEN 'indisexclusion is false' END,
                                         CASE WHEN w.late THEN 'indimmediate is false' END,
                                         CASE WHEN w.invalid THEN 'indisvalid is false' END,
                                         CASE WHEN w.not_ready THEN 'indisready is false' END, CASE WHEN w.not_live THEN 'indislive is false' END),
       format('UPDATE pg_catalog.pg_index SET %s WHERE indexrelid = %L::regclass; REINDEX INDEX %s',
              concat_ws(', ', CASE WHEN w.unique_off THEN 'indisunique = true' END,
                        CASE WHEN w.primary_off THEN 'indisprimary = true' END,
                        CASE WHEN w.exclusion_off THEN 'indisexclusion = true' END,
                        CASE WHEN w.late THEN 'indimmediate = true' END,
                        CASE WHEN w.invalid THEN 'indisvalid = true' END,
                        CASE WHEN w.not_ready THEN 'indisready = true' END, CASE WHEN w.not_live THEN 'indislive = true' END),
              i.index_name, i.index_name)
  FROM indexes i
 CROSS JOIN LATERAL (
       SELECT coalesce(i.contype IN ('p', 'u') AND NOT i.indisunique, false) AS unique_off,
              coalesce(i.contype = 'p' AND NOT i.indisprimary, false) AS primary_off,
              coalesce(i.contype = 'x' AND NOT i.indisexclusion, false) AS exclusion_off,
              coalesce(i.contype IN ('p', 'u') AND NOT i.condeferrable AND NOT i.indimmediate, false) AS late,
              -- That of a partitioned table is valid once each of its partitions has one.
              i.contype IS NOT NULL AND i.relkind = 'i' AND NOT i.indisvalid AS invalid,
              -- While an index is made or dropped beside writers it is not valid yet, or any more.
              (i.indisvalid OR i.contype IS NOT NULL) AND NOT i.indisready AS not_ready,
              (i.indisvalid OR i.contype IS NOT NULL) AND NOT i.indislive AS not_live) w
 WHERE w.unique_off OR w.primary_off OR w.exclusion_off OR w.late OR w.invalid OR w.not_ready OR w.not_live
 ORDER BY 1, 2, 3, 4
