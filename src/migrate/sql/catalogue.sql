-- What a database holds besides its rows, one text row an object: kind, object, definition. Two databases with the same
-- rows here have the same schema. Nothing depends on OIDs, on the order of creation, or on columns that were dropped.
-- Run with search_path = pg_catalog and TimeZone = UTC, because the deparsed text depends on them; PostgreSQL 15 and later.
--
-- Left out are system schemas, bursar's own, sqlx's history tables, and what belongs to an extension. Constraints of
-- kind NOT NULL, which older servers do not have, are part of the column here. What concerns a partition of a calendar has a
-- kind that begins with "partition", because such partitions come and go: those by ranges of dates or times, but for the
-- default one, and those below them. Owners and the rights of others are rows of their own, so that a database of another
-- owner can be compared without them.
WITH RECURSIVE member AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
space AS MATERIALIZED (
    SELECT n.oid, quote_ident(n.nspname) AS name, n.nspowner, n.nspacl
      FROM pg_namespace n
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'bursar')
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = n.oid)
),
calendar (oid) AS (
    SELECT c.oid
      FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
      JOIN pg_partitioned_table p ON p.partrelid = i.inhparent
      JOIN pg_opclass o ON o.oid = p.partclass[0]
     WHERE c.relispartition AND p.partstrat = 'r' AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
       AND o.opcintype IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
    UNION
    SELECT i.inhrelid FROM calendar p JOIN pg_inherits i ON i.inhparent = p.oid
),
-- Tables, views, sequences and composite types.
relation AS MATERIALIZED (
    SELECT c.*, s.name || '.' || quote_ident(c.relname) AS name,
           CASE WHEN EXISTS (SELECT FROM calendar d WHERE d.oid = c.oid) THEN 'partition ' ELSE '' END AS of,
           CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                          WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' ELSE 'composite type' END AS kind
      FROM pg_class c JOIN space s ON s.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.relname <> '_sqlx_migrations'
       -- The same under another name: the history of another project.
       AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r')
           IS DISTINCT FROM ARRAY['checksum', 'description', 'execution_time', 'installed_on', 'success', 'version']
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
),
routine AS MATERIALIZED (
    SELECT p.*, p.oid::regprocedure::text AS name,
           CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind
      FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
     WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
),
-- Enums, domains, ranges and base types; those that come with a table, an array or a range are no objects of their own.
vocabulary AS MATERIALIZED (
    SELECT t.*, s.name || '.' || quote_ident(t.typname) AS name
      FROM pg_type t JOIN space s ON s.oid = t.typnamespace
     WHERE t.typtype IN ('e', 'd', 'r', 'b')
       AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
),
-- A foreign key to a partitioned table has a row for each partition that it leads to. They say nothing of their own.
rule AS MATERIALIZED (
    SELECT con.oid, coalesce(r.of, '') AS of, coalesce(r.name, v.name) || '.' || quote_ident(con.conname) AS name
      FROM pg_constraint con
      LEFT JOIN relation r ON r.oid = con.conrelid
      LEFT JOIN vocabulary v ON v.oid = con.contypid
     WHERE con.contype IN ('c', 'f', 'p', 'u', 'x') AND coalesce(r.oid, v.oid) IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_constraint parent WHERE parent.oid = con.conparentid AND parent.conrelid = con.conrelid)
),
hook AS MATERIALIZED (
    SELECT t.oid, t.tgenabled, r.of, r.name || '.' || quote_ident(t.tgname) AS name
      FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid
     WHERE NOT t.tgisinternal
),
-- What can carry a comment.
thing (classid, oid, of) AS (
    SELECT 'pg_namespace'::regclass, oid, '' FROM space
    UNION ALL SELECT 'pg_class'::regclass, oid, of FROM relation
    UNION ALL SELECT 'pg_class'::regclass, x.indexrelid, r.of FROM pg_index x JOIN relation r ON r.oid = x.indrelid
    UNION ALL SELECT 'pg_proc'::regclass, oid, '' FROM routine
    UNION ALL SELECT 'pg_type'::regclass, oid, '' FROM vocabulary
    UNION ALL SELECT 'pg_type'::regclass, reltype, '' FROM relation WHERE relkind = 'c'
    UNION ALL SELECT 'pg_constraint'::regclass, oid, of FROM rule
    UNION ALL SELECT 'pg_trigger'::regclass, oid, of FROM hook
    UNION ALL SELECT 'pg_policy'::regclass, p.oid, r.of FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
),
-- Rights as they are in force: a list that was never written down means the defaults.
right_list (of, object, owner, rights) AS (
    SELECT '', 'schema ' || name, nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM space
    UNION ALL
    SELECT of, kind || ' ' || name, relowner,
           coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, relowner))
      FROM relation WHERE relkind <> 'c'
    UNION ALL
    SELECT r.of, 'column ' || r.name || '.' || quote_ident(a.attname), r.relowner, a.attacl
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND NOT a.attisdropped AND a.attacl IS NOT NULL
    UNION ALL
    SELECT '', kind || ' ' || name, proowner, coalesce(proacl, acldefault('f', proowner)) FROM routine
    UNION ALL
    SELECT '', 'type ' || name, typowner, coalesce(typacl, acldefault('T', typowner)) FROM vocabulary
    UNION ALL
    SELECT '', 'type ' || r.name, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
      FROM relation r JOIN pg_type t ON t.oid = r.reltype WHERE r.relkind = 'c'
    UNION ALL
    -- Somebody's defaults for what they will make take the place of the server's, so that a right can be missing here.
    SELECT '', 'new ' || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                              WHEN 'T' THEN 'types' ELSE 'schemas' END
                   || coalesce(' in schema ' || s.name, '') || ' of ' || pg_get_userbyid(d.defaclrole), d.defaclrole, d.defaclacl
      FROM pg_default_acl d LEFT JOIN space s ON s.oid = d.defaclnamespace
     WHERE d.defaclnamespace = 0 OR s.oid IS NOT NULL
),
-- The rarer kinds are looked at for being there, not for what they are, but for how texts are searched.
rare (classid, oid, namespace) AS (
    SELECT 'pg_collation'::regclass, oid, collnamespace FROM pg_collation
    UNION ALL SELECT 'pg_conversion'::regclass, oid, connamespace FROM pg_conversion
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace FROM pg_opfamily
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace FROM pg_ts_dict
    UNION ALL SELECT 'pg_ts_parser'::regclass, oid, prsnamespace FROM pg_ts_parser
    UNION ALL SELECT 'pg_ts_template'::regclass, oid, tmplnamespace FROM pg_ts_template
    -- These are in no schema; OIDs below this come with the server.
    UNION ALL SELECT 'pg_cast'::regclass, oid, NULL FROM pg_cast WHERE oid >= 16384
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, NULL FROM pg_foreign_server
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, NULL FROM pg_foreign_data_wrapper
),
object (kind, object, definition) AS (
    SELECT 'schema', name, '' FROM space
    UNION ALL
    SELECT 'extension', quote_ident(e.extname), concat('version ', e.extversion, ' in schema ', e.extnamespace::regnamespace)
      FROM pg_extension e
    UNION ALL
    SELECT of || CASE r.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'c' THEN 'type' ELSE 'table' END,
           name,
           concat_ws(' ', CASE r.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END, r.kind,
                     'partition by ' || pg_get_partkeydef(r.oid),
                     CASE WHEN r.relispartition THEN 'partition' END,
                     'of ' || (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = r.oid),
                     pg_get_expr(r.relpartbound, r.oid),
                     'of type ' || nullif(r.reloftype, 0)::regtype,
                     'using ' || (SELECT a.amname FROM pg_am a WHERE a.oid = r.relam),
                     CASE WHEN r.relkind NOT IN ('r', 'p', 'm') THEN NULL
                          WHEN r.relreplident = 'f' THEN 'replica identity full'
                          WHEN r.relreplident = 'n' THEN 'replica identity nothing' END,
                     'with (' || (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(r.reloptions) o) || ')',
                     'as ' || CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid) END,
                     (SELECT concat('as ', format_type(q.seqtypid, NULL), ' start ', q.seqstart, ' increment ', q.seqincrement,
                                    ' from ', q.seqmin, ' to ', q.seqmax, ' cache ', q.seqcache, CASE WHEN q.seqcycle THEN ' cycle' END)
                        FROM pg_sequence q WHERE q.seqrelid = r.oid),
                     (SELECT 'owned by ' || (pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid)).identity
                        FROM pg_depend d
                       WHERE r.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = r.oid
                         AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')))
      FROM relation r
    UNION ALL
    SELECT r.of || 'rls', r.name,
           CASE WHEN r.relrowsecurity THEN 'enabled' ELSE 'disabled' END || CASE WHEN r.relforcerowsecurity THEN ', forced' ELSE '' END
      FROM relation r WHERE r.relkind IN ('r', 'p')
    UNION ALL
    -- Dropped columns leave a gap in their numbers, so those that are left are counted anew.
    SELECT r.of || 'column', r.name || '.' || quote_ident(a.attname),
           concat_ws(' ', '#' || row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod),
                     'collate ' || CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation END,
                     CASE WHEN a.attnotnull THEN 'not null' END,
                     CASE a.attidentity WHEN 'a' THEN 'generated always as identity' WHEN 'd' THEN 'generated by default as identity' END,
                     CASE a.attgenerated WHEN '' THEN 'default ' ELSE 'generated always as ' END || pg_get_expr(d.adbin, d.adrelid),
                     CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
                     'storage ' || CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
                     'compression ' || nullif(a.attcompression::text, ''),
                     'with (' || array_to_string(a.attoptions, ', ') || ')')
      FROM relation r
      JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE r.relkind <> 'S'
    UNION ALL
    -- A foreign key whose triggers are switched off is there and holds nobody back.
    SELECT of || 'constraint', name,
           pg_get_constraintdef(oid)
               || coalesce(' BUT FOR TRIGGERS IN STATE ' || (SELECT string_agg(DISTINCT t.tgenabled::text, ', ') FROM pg_trigger t
                                                              WHERE t.tgconstraint = rule.oid AND t.tgisinternal AND t.tgenabled <> 'O'), '')
      FROM rule
    UNION ALL
    SELECT r.of || 'index', r.name || '.' || quote_ident(i.relname),
           concat(pg_get_indexdef(x.indexrelid), CASE WHEN NOT x.indisvalid THEN ' INVALID' END,
                  CASE WHEN x.indisclustered THEN ' CLUSTERED' END, CASE WHEN x.indisreplident THEN ' REPLICA IDENTITY' END)
      FROM pg_index x JOIN relation r ON r.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    UNION ALL
    SELECT of || 'trigger', name,
           pg_get_triggerdef(oid) || CASE tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ON REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END
      FROM hook
    UNION ALL
    SELECT r.of || 'rule', r.name || '.' || quote_ident(w.rulename), concat(pg_get_ruledef(w.oid), ' ', w.ev_enabled)
      FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class
     WHERE w.rulename <> '_RETURN'
    UNION ALL
    SELECT r.of || 'policy', r.name || '.' || quote_ident(p.polname),
           concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
                     'for ' || CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
                                           WHEN 'd' THEN 'delete' ELSE 'all' END,
                     'to ' || (SELECT string_agg(g.name, ', ' ORDER BY g.name COLLATE "C")
                                 FROM (SELECT CASE o WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(o)::text END AS name FROM unnest(p.polroles) o) g),
                     'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                     'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
      FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
    UNION ALL
    SELECT p.kind, p.name,
           CASE p.prokind WHEN 'a' THEN
               (SELECT concat_ws(' ', pg_get_function_result(p.oid), a.aggkind, a.aggtransfn, a.aggtranstype::regtype, a.aggfinalfn,
                                 a.aggcombinefn, 'initially ' || a.agginitval) FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
           ELSE pg_get_functiondef(p.oid) END
      FROM routine p
    UNION ALL
    SELECT 'type', v.name,
           CASE v.typtype
               WHEN 'e' THEN concat('enum (', (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                                             FROM pg_enum e WHERE e.enumtypid = v.oid), ')')
               WHEN 'd' THEN concat_ws(' ', 'domain', format_type(v.typbasetype, v.typtypmod), CASE WHEN v.typnotnull THEN 'not null' END,
                                       'default ' || v.typdefault, 'collate ' || nullif(v.typcollation, 0)::regcollation)
               WHEN 'r' THEN (SELECT concat_ws(' ', 'range', format_type(g.rngsubtype, NULL), 'collate ' || nullif(g.rngcollation, 0)::regcollation,
                                               g.rngcanonical, g.rngsubdiff) FROM pg_range g WHERE g.rngtypid = v.oid)
               ELSE concat_ws(' ', 'base', v.typinput, v.typoutput, v.typlen) END
      FROM vocabulary v
    UNION ALL
    SELECT 'statistics', s.name || '.' || quote_ident(e.stxname), pg_get_statisticsobjdef(e.oid)
      FROM pg_statistic_ext e JOIN space s ON s.oid = e.stxnamespace
    UNION ALL
    SELECT (pg_identify_object(o.classid, o.oid, 0)).type, (pg_identify_object(o.classid, o.oid, 0)).identity,
           CASE o.classid
               WHEN 'pg_ts_config'::regclass THEN
                   (SELECT concat_ws(', ', 'parser ' || (pg_identify_object('pg_ts_parser'::regclass, c.cfgparser, 0)).identity,
                                     (SELECT string_agg(w.alias || ' with ' || w.dictionaries, ', ' ORDER BY w.alias COLLATE "C")
                                        FROM (SELECT t.alias, string_agg(m.mapdict::regdictionary::text, ' and ' ORDER BY m.mapseqno) AS dictionaries
                                                FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
                                               WHERE m.mapcfg = c.oid GROUP BY t.alias) w))
                      FROM pg_ts_config c WHERE c.oid = o.oid)
               WHEN 'pg_ts_dict'::regclass THEN
                   (SELECT concat_ws(', ', (pg_identify_object('pg_ts_template'::regclass, d.dicttemplate, 0)).identity, d.dictinitoption)
                      FROM pg_ts_dict d WHERE d.oid = o.oid)
           END
      FROM rare o LEFT JOIN space s ON s.oid = o.namespace
     WHERE (o.namespace IS NULL OR s.oid IS NOT NULL)
       AND NOT EXISTS (SELECT FROM member m WHERE m.classid = o.classid AND m.objid = o.oid)
    UNION ALL
    SELECT 'event trigger', quote_ident(e.evtname), concat_ws(' ', 'on', e.evtevent, e.evttags, 'calls', e.evtfoid::regprocedure, e.evtenabled)
      FROM pg_event_trigger e
     WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_event_trigger'::regclass AND m.objid = e.oid)
    UNION ALL
    SELECT 'publication', quote_ident(p.pubname),
           concat_ws(', ', CASE WHEN p.puballtables THEN 'all tables' END, CASE WHEN p.pubinsert THEN 'insert' END,
                     CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END, CASE WHEN p.pubviaroot THEN 'via root' END)
      FROM pg_publication p
    UNION ALL
    SELECT r.of || 'publication', quote_ident(p.pubname) || ' with ' || r.name,
           concat_ws(' ', '(' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                                    FROM unnest(m.prattrs) n JOIN pg_attribute a ON a.attrelid = m.prrelid AND a.attnum = n) || ')',
                     'where ' || pg_get_expr(m.prqual, m.prrelid))
      FROM pg_publication_rel m JOIN pg_publication p ON p.oid = m.prpubid JOIN relation r ON r.oid = m.prrelid
    UNION ALL
    SELECT 'publication', quote_ident(p.pubname) || ' with schema ' || s.name, ''
      FROM pg_publication_namespace m JOIN pg_publication p ON p.oid = m.pnpubid JOIN space s ON s.oid = m.pnnspid
    UNION ALL
    SELECT l.of || 'grant', l.object || ' to ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
           string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY a.privilege_type COLLATE "C")
      FROM right_list l, aclexplode(l.rights) a
     WHERE a.grantee <> l.owner OR l.object LIKE 'new %'
     GROUP BY l.of, l.object, a.grantee
    UNION ALL
    SELECT t.of || 'comment', concat_ws(' ', i.type, i.identity), d.description
      FROM thing t JOIN pg_description d ON d.classoid = t.classid AND d.objoid = t.oid,
           pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    UNION ALL
    SELECT l.of || 'owner', l.object, pg_get_userbyid(l.owner)
      FROM right_list l
     WHERE l.object !~ '^(column|new) '
)
-- A part that is NULL, such as the labels of an enum without any, must not hide the object.
SELECT kind, object, coalesce(definition, '') AS definition FROM object ORDER BY kind COLLATE "C", object COLLATE "C", definition COLLATE "C"
