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
