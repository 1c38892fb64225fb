-- Functions that run with their owner's rights, and those that they call, end their search path with pg_temp. An empty path
-- leaves pg_temp first for names of types and relations, so a caller could put a domain there that a cast in the body takes
-- for a built-in type.

ALTER FUNCTION public.touch_updated_at() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.refuse_change() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.called_by_backend() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.require_self_or_backend(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.bring_identity() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.get_custom_claims(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.phase_after(public.experience_phase) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.validate_phase_transition(uuid,text,public.experience_phase) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.transition_phase(uuid,text,public.experience_phase) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.user_consent_order() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.record_consent(uuid,text,text[]) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.move_tokens(uuid,uuid,numeric,text) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.transfer_tokens(uuid,uuid,numeric,text) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.mint_tokens(uuid,numeric,text) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.burn_tokens(uuid,numeric,text) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.create_activity_log_partition(date) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.ensure_activity_log_partitions(integer) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.refresh_user_stats() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.get_user_progress_stats(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.get_user_consent_stats(uuid) SET search_path = pg_catalog, pg_temp;

-- Elsewhere auth.uid() belongs to the sign-in service; the one that an earlier migration made is known by its path.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_proc p
                WHERE p.oid = pg_catalog.to_regprocedure('auth.uid()') AND p.proconfig = ARRAY['search_path=""']) THEN
        ALTER FUNCTION auth.uid() SET search_path = pg_catalog, pg_temp;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'auth.uid() belongs to another role, and stays as it is';
END
$$;

-- The search path under which statements that fire the application's triggers run, so that code which names a table without
-- its schema finds it: pg_catalog, the schemas of the path that a session of the tables' owner begins with, and pg_temp
-- last. It never depends on the caller's own path. A schema in which an untrusted role may create, or owns something,
-- is left out, and "withheld" is the first reason with its remedy. Trusted are superusers, the role whose rights hold
-- here, the owners of the tables and of the database, and members of these.
-- Refused is a change that would run code of an untrusted role with the rights that hold here, or code that would find
-- temporary objects of an untrusted caller. A function with its owner's rights and a path of its own is no danger.
-- Where an untrusted role may create triggers, a trigger with a condition or arguments is refused too.
-- Where all code of the tables sets its own path, or there is none, the path stays closed. That is told by two looks at
-- the catalogue, whose plans are worth keeping: making them anew costs more than they do. Whoever takes the path must
-- qualify every name, operator and function of the statement, and set "pg_catalog, pg_temp" again right after it.
CREATE FUNCTION public.application_path(
    p_deletes boolean,
    VARIADIC p_tables regclass[],
    OUT path text,
    OUT withheld text
)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_tables  oid[];
    v_trusted oid[];
    v_codes   oid[];
    v_open    oid[];
    v_owner   name;
    v_home    name;
    v_setting text;
    v_schema  name;
    v_schemas name[];
    v_space   oid;
    v_problem text;
    v_code    record;
BEGIN
    path := 'pg_catalog, pg_temp';

    -- What a change reaches: partitions and, where it deletes, what is deleted along with it.
    WITH RECURSIVE reached (relation) AS (
        SELECT t.relation FROM pg_catalog.unnest(p_tables::oid[]) AS t (relation)
        UNION
        SELECT n.relation
          FROM reached r
         CROSS JOIN LATERAL (
             SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = r.relation
             UNION ALL
             SELECT t.tgconstrrelid
               FROM pg_catalog.pg_trigger t
              WHERE p_deletes AND t.tgrelid = r.relation
                AND t.tgfoid IN ('pg_catalog."RI_FKey_cascade_del"'::regproc, 'pg_catalog."RI_FKey_setnull_del"'::regproc,
                                 'pg_catalog."RI_FKey_setdefault_del"'::regproc)) AS n (relation)
    )
    SELECT pg_catalog.array_agg(r.relation) INTO v_tables FROM reached r;

    -- On which of these others than their owner may create triggers. A partition's owner may too.
    v_open := ARRAY(
        SELECT c.oid
          FROM pg_catalog.pg_class c
         WHERE c.oid = ANY (v_tables)
           AND (EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) AS a WHERE a.privilege_type = 'TRIGGER' AND a.grantee <> c.relowner)
                OR c.relowner <> (SELECT o.relowner FROM pg_catalog.pg_class o WHERE o.oid = p_tables[1])
                   AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)));
    IF v_open <> '{}' THEN
        v_trusted := ARRAY(
            SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid = ANY (p_tables::oid[])
            UNION
            SELECT b.datdba FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database()
            UNION
            SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, 'pg_database_owner'));
        SELECT pg_catalog.array_agg(DISTINCT h.relation), pg_catalog.string_agg(h.remedy, '; ') INTO v_open, v_problem
          FROM (SELECT c.oid, a.grantee, pg_catalog.format('REVOKE TRIGGER ON %s FROM %s', c.oid::regclass,
                                                           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
                  FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
                 WHERE c.oid = ANY (v_open) AND a.privilege_type = 'TRIGGER' AND a.grantee <> c.relowner
                UNION ALL
                SELECT c.oid, c.relowner, pg_catalog.format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, pg_catalog.pg_get_userbyid(o.relowner))
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_class o ON o.oid = p_tables[1] AND o.relowner <> c.relowner
                 WHERE c.oid = ANY (v_open) AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
               ) AS h (relation, role, remedy)
         WHERE h.role = 0
            OR NOT EXISTS (SELECT FROM pg_catalog.unnest(v_trusted) AS t (role)
                            WHERE pg_catalog.pg_has_role(h.role, t.role, 'MEMBER'));
    END IF;

    -- A trigger of theirs needs no function of theirs: its condition and its arguments may name code that built-in
    -- functions run. The lock waits for a trigger that is being created, and keeps others away until the end.
    IF v_problem IS NOT NULL THEN
        IF pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE SQLSTATE 'BR004' USING
                MESSAGE = pg_catalog.format('others may create triggers on %s, and a %s transaction may not see one that is new',
                                            p_tables[1], pg_catalog.current_setting('transaction_isolation')),
                HINT = v_problem;
        END IF;
        BEGIN
            FOR v_code IN
                SELECT c.oid::regclass AS name
                  FROM pg_catalog.pg_class c
                 WHERE c.oid = ANY (v_tables) AND c.relkind IN ('r', 'p')
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent = ANY (v_tables))
                 ORDER BY c.oid
            LOOP
                EXECUTE pg_catalog.format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', v_code.name);
            END LOOP;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE SQLSTATE 'BR004' USING
                MESSAGE = pg_catalog.format('others may create triggers on %s, and %I may not lock it against that', v_code.name, current_user),
                HINT = v_problem;
        END;
        SELECT t.tgname AS name, t.tgrelid::regclass AS relation INTO v_code
          FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
         WHERE t.tgrelid = ANY (v_open) AND NOT t.tgisinternal
           AND (t.tgqual IS NOT NULL OR t.tgnargs > 0
                OR NOT EXISTS (SELECT FROM pg_catalog.unnest(v_trusted) AS r (role)
                                WHERE pg_catalog.pg_has_role(p.proowner, r.role, 'MEMBER'))
                   AND NOT (p.prosecdef AND EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s LIKE 'search\_path=%')))
         ORDER BY t.tgname
         LIMIT 1;
        IF FOUND THEN
            RAISE SQLSTATE 'BR004' USING
                MESSAGE = pg_catalog.format('trigger %I of %s may be by others, who may create triggers there, and would run with the rights of %I',
                                            v_code.name, v_code.relation, current_user),
                HINT = pg_catalog.format('read it. Where it is not the application''s own: DROP TRIGGER %I ON %s. In any case: %s',
                                         v_code.name, v_code.relation, v_problem);
        END IF;
        v_problem := NULL;
    END IF;

    -- The functions of triggers and their conditions, and of defaults, checks, rules, policies and indexes: what belongs to
    -- a table depends on it, and on them.
    v_codes := ARRAY(
        SELECT DISTINCT f.refobjid
          FROM pg_catalog.pg_depend o
          JOIN pg_catalog.pg_depend f
            ON f.classid = o.classid AND f.objid = o.objid AND f.refclassid = 'pg_catalog.pg_proc'::regclass
         WHERE o.refclassid = 'pg_catalog.pg_class'::regclass AND o.refobjid = ANY (v_tables) AND o.deptype <> 'n');

    -- What is ours and ends its path with pg_temp needs no second look.
    v_codes := ARRAY(
        SELECT p.oid
          FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
         WHERE p.oid = ANY (v_codes) AND l.lanname NOT IN ('internal', 'c')
           AND NOT (pg_catalog.pg_get_userbyid(p.proowner) = current_user
                    AND EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s
                                 WHERE s ~ '^search_path=(.*, )?pg_temp$')));
    IF v_codes = '{}' THEN
        RETURN;
    END IF;

    -- Who may have written code that runs with our rights: a role that has them, or that the application belongs to.
    v_trusted := ARRAY(
        SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid = ANY (p_tables::oid[])
        UNION
        SELECT b.datdba FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database()
        UNION
        SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, 'pg_database_owner'));
    SELECT pg_catalog.pg_get_userbyid(c.relowner), n.nspname INTO v_owner, v_home
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = p_tables[1];

    -- With its owner's rights and a path of its own, a function gains nothing here.
    SELECT p.oid::regprocedure AS name, pg_catalog.pg_get_userbyid(p.proowner) AS owner INTO v_code
      FROM pg_catalog.pg_proc p
     WHERE p.oid = ANY (v_codes)
       AND NOT EXISTS (SELECT FROM pg_catalog.unnest(v_trusted) AS t (role)
                        WHERE pg_catalog.pg_has_role(p.proowner, t.role, 'MEMBER'))
       AND NOT (p.prosecdef AND EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s LIKE 'search\_path=%'))
     LIMIT 1;
    IF FOUND THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('a change of %s runs %s, which belongs to %I and would run with the rights of %I',
                                        p_tables[1], v_code.name, v_code.owner, current_user),
            HINT = pg_catalog.format('read it, and then: ALTER FUNCTION %s OWNER TO %I', v_code.name, v_owner);
    END IF;

    -- Since PostgreSQL 18 a deferred trigger runs with the rights that hold here, but at the commit, when the caller has
    -- had a turn to set a path and to create temporary objects.
    SELECT p.oid::regprocedure AS name INTO v_code
      FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = ANY (v_tables) AND t.tgdeferrable AND p.oid = ANY (v_codes)
       AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s ~ '^search_path=(.*, )?pg_temp$')
     LIMIT 1;
    IF FOUND AND pg_catalog.current_setting('server_version_num')::integer >= 180000
       AND NOT pg_catalog.pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('a change of %s defers %s, which would run at the commit with the rights of %I and the path of %I',
                                        p_tables[1], v_code.name, current_user, session_user),
            HINT = pg_catalog.format('ALTER FUNCTION %s SET search_path = %I, pg_temp', v_code.name, v_home);
    END IF;

    -- Whatever does not end its path with pg_temp may find what the caller has put there.
    SELECT p.oid::regprocedure AS name INTO v_code
      FROM pg_catalog.pg_proc p
     WHERE p.oid = ANY (v_codes)
       AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s ~ '^search_path=(.*, )?pg_temp$')
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM (SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.pg_my_temp_schema()
                            UNION
                            SELECT y.typowner FROM pg_catalog.pg_type y WHERE y.typnamespace = pg_catalog.pg_my_temp_schema()
                           ) AS o (owner)
                WHERE NOT EXISTS (SELECT FROM pg_catalog.unnest(v_trusted) AS t (role)
                                   WHERE pg_catalog.pg_has_role(o.owner, t.role, 'MEMBER'))) THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('a change of %s runs %s, which could take temporary objects of this session for its own',
                                        p_tables[1], v_code.name),
            HINT = pg_catalog.format('DISCARD TEMP; or for good: ALTER FUNCTION %s SET search_path = %I, pg_temp',
                                     v_code.name, v_home);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.oid = ANY (v_codes)
                      AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s LIKE 'search\_path=%')) THEN
        RETURN;
    END IF;

    -- The path that a session of the tables' owner begins with; the server itself reads it.
    SELECT pg_catalog.substr(s.setting, 13) INTO v_setting
      FROM pg_catalog.pg_db_role_setting d
     CROSS JOIN LATERAL pg_catalog.unnest(d.setconfig) AS s (setting)
     WHERE s.setting LIKE 'search\_path=%'
       AND d.setdatabase IN (0, (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database()))
       AND d.setrole IN (0, (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = v_owner))
     ORDER BY d.setrole = 0, d.setdatabase = 0
     LIMIT 1;
    PERFORM pg_catalog.set_config('search_path', COALESCE(v_setting, '"$user", public'), true);
    v_schemas := pg_catalog.current_schemas(false);
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF v_home <> ALL (v_schemas) THEN
        v_schemas := v_home || v_schemas;
    END IF;

    -- A schema in which somebody else may have put a name stays out of it.
    path := 'pg_catalog';
    FOREACH v_schema IN ARRAY v_schemas LOOP
        CONTINUE WHEN v_schema IN ('pg_catalog', 'pg_temp');
        v_space := (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = v_schema);
        SELECT q.problem INTO v_problem
          FROM (SELECT c.role,
                       pg_catalog.format('%s may create in schema %I: REVOKE CREATE ON SCHEMA %I FROM %s',
                                         CASE WHEN c.role = 0 THEN 'everybody' ELSE c.role::regrole::text END, v_schema, v_schema,
                                         CASE WHEN c.role = 0 THEN 'PUBLIC' ELSE c.role::regrole::text END)
                  FROM pg_catalog.pg_namespace n
                 CROSS JOIN LATERAL pg_catalog.aclexplode(COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) AS a
                 CROSS JOIN LATERAL (SELECT a.grantee) AS c (role)
                 WHERE n.nspname = v_schema AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
                UNION ALL
                SELECT n.nspowner, pg_catalog.format('schema %I belongs to %I: ALTER SCHEMA %I OWNER TO %I', v_schema,
                                                     pg_catalog.pg_get_userbyid(n.nspowner), v_schema, v_owner)
                  FROM pg_catalog.pg_namespace n WHERE n.nspname = v_schema
                UNION ALL
                SELECT o.owner, pg_catalog.format('%s %s belongs to %I: ALTER %s %s OWNER TO %I', i.type, i.identity,
                                                  pg_catalog.pg_get_userbyid(o.owner),
                                                  pg_catalog.upper(pg_catalog.replace(i.type, 'composite ', '')), i.identity, v_owner)
                  FROM (SELECT 'pg_catalog.pg_proc'::regclass, p.oid, p.proowner
                          FROM pg_catalog.pg_proc p WHERE p.pronamespace = v_space
                        UNION ALL
                        SELECT 'pg_catalog.pg_operator'::regclass, p.oid, p.oprowner
                          FROM pg_catalog.pg_operator p WHERE p.oprnamespace = v_space
                        UNION ALL
                        SELECT 'pg_catalog.pg_type'::regclass, y.oid, y.typowner
                          FROM pg_catalog.pg_type y
                         WHERE y.typnamespace = v_space AND y.typrelid = 0 AND y.typcategory <> 'A'
                        UNION ALL
                        SELECT 'pg_catalog.pg_class'::regclass, c.oid, c.relowner
                          FROM pg_catalog.pg_class c
                         WHERE c.relnamespace = v_space AND c.relkind NOT IN ('i', 'I')) AS o (class, object, owner)
                 CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.object, 0) AS i
                 WHERE o.owner <> ALL (v_trusted)) AS q (role, problem)
         WHERE q.role = 0
            OR NOT EXISTS (SELECT FROM pg_catalog.unnest(v_trusted) AS t (role)
                            WHERE pg_catalog.pg_has_role(q.role, t.role, 'MEMBER'))
         LIMIT 1;
        IF FOUND THEN
            withheld := COALESCE(withheld, v_problem);
        ELSE
            path := path || pg_catalog.format(', %I', v_schema);
        END IF;
    END LOOP;
    path := path || ', pg_temp';

    -- At the commit this path is gone. Whoever commits sets it again from here, for deferred triggers.
    IF EXISTS (SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                WHERE t.tgrelid = ANY (v_tables) AND t.tgdeferrable AND p.oid = ANY (v_codes)
                  AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s LIKE 'search\_path=%')) THEN
        PERFORM pg_catalog.set_config('bursar.commit_path', path, true);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION public.application_path(boolean, regclass[]) FROM PUBLIC, anon, authenticated, service_role;

-- What these do is what they did; the statements that fire triggers run under that path.

CREATE OR REPLACE FUNCTION public.transition_phase(
    p_user_id   uuid,
    p_pillar    text,
    p_new_phase public.experience_phase
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_from public.experience_phase;
    v_path text;
BEGIN
    PERFORM public.require_self_or_backend(p_user_id);
    SELECT up.phase INTO v_from
      FROM public.user_progress up
     WHERE up.user_id = p_user_id AND up.pillar = p_pillar
       FOR NO KEY UPDATE;
    PERFORM public.validate_phase_transition(p_user_id, p_pillar, p_new_phase);

    v_path := pg_catalog.set_config(
        'search_path', (public.application_path(false,
                VARIADIC ARRAY['public.user_progress'::pg_catalog.regclass, 'public.phase_transitions'::pg_catalog.regclass])).path, true);
    UPDATE public.user_progress up
       SET phase = p_new_phase
     WHERE up.user_id OPERATOR(pg_catalog.=) p_user_id AND up.pillar OPERATOR(pg_catalog.=) p_pillar;
    INSERT INTO public.phase_transitions (user_id, pillar, from_phase, to_phase, created_at)
    VALUES (p_user_id, p_pillar, v_from, p_new_phase, pg_catalog.clock_timestamp());
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;

CREATE OR REPLACE FUNCTION public.move_tokens(
    p_from_user_id uuid,
    p_to_user_id   uuid,
    p_amount       numeric,
    p_token_type   text
) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_wanted  uuid[] := pg_catalog.array_remove(ARRAY[p_from_user_id, p_to_user_id], NULL);
    v_found   uuid[];
    v_balance numeric;
    v_id      uuid;
    v_path    text;
BEGIN
    IF COALESCE(NOT (p_amount > 0 AND p_amount < 1e20 AND pg_catalog.min_scale(p_amount) <= 18), true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('an amount is above 0, below 10^20 and has at most 18 decimals; %s is not',
                                        COALESCE(pg_catalog.left(p_amount::text, 60), 'null'));
    END IF;
    IF p_from_user_id IS NOT DISTINCT FROM p_to_user_id THEN
        RAISE invalid_parameter_value USING MESSAGE = 'tokens move between two different users';
    END IF;
    PERFORM FROM public.token_types t WHERE t.token_type = p_token_type;
    IF NOT FOUND THEN
        RAISE no_data_found USING
            MESSAGE = pg_catalog.format('there is no token type %s', COALESCE(pg_catalog.quote_literal(p_token_type), 'null'));
    END IF;

    -- Both accounts are locked before anything is decided, and always in the order of their ids: two transfers in
    -- opposite directions wait for each other instead of for ever. The user and not the balance is locked, because a
    -- receiver may have no balance yet.
    SELECT pg_catalog.array_agg(l.id) INTO v_found
      FROM (SELECT u.id FROM public.users u WHERE u.id = ANY (v_wanted) ORDER BY u.id FOR NO KEY UPDATE) AS l;
    IF pg_catalog.cardinality(COALESCE(v_found, '{}')) < pg_catalog.cardinality(v_wanted) THEN
        RAISE no_data_found USING
            MESSAGE = pg_catalog.format('there is no user %s',
                (SELECT w.id FROM pg_catalog.unnest(v_wanted) AS w (id) WHERE w.id <> ALL (COALESCE(v_found, '{}')) LIMIT 1));
    END IF;

    IF p_from_user_id IS NOT NULL THEN
        SELECT b.balance INTO v_balance
          FROM public.token_balances b
         WHERE b.user_id = p_from_user_id AND b.token_type = p_token_type
           FOR NO KEY UPDATE;
        IF COALESCE(v_balance, 0) < p_amount THEN
            RAISE check_violation USING
                MESSAGE = pg_catalog.format('insufficient balance: %s %s needed, %s there', p_amount, p_token_type, COALESCE(v_balance, 0)),
                SCHEMA = 'public', TABLE = 'token_balances', CONSTRAINT = 'token_balances_balance_check';
        END IF;
    END IF;

    v_path := pg_catalog.set_config(
        'search_path', (public.application_path(false,
                VARIADIC ARRAY['public.token_transactions'::pg_catalog.regclass, 'public.token_balances'::pg_catalog.regclass])).path, true);
    -- The clock is read here, with the locks held: the order of times is then the order of balances.
    INSERT INTO public.token_transactions (from_user_id, to_user_id, amount, token_type, created_at)
    VALUES (p_from_user_id, p_to_user_id, p_amount, p_token_type, pg_catalog.clock_timestamp())
    RETURNING id INTO v_id;
    IF p_from_user_id IS NOT NULL THEN
        UPDATE public.token_balances b
           SET balance = b.balance OPERATOR(pg_catalog.-) p_amount
         WHERE b.user_id OPERATOR(pg_catalog.=) p_from_user_id AND b.token_type OPERATOR(pg_catalog.=) p_token_type;
    END IF;
    IF p_to_user_id IS NOT NULL THEN
        INSERT INTO public.token_balances AS b (user_id, token_type, balance)
        VALUES (p_to_user_id, p_token_type, p_amount)
        ON CONFLICT (user_id, token_type) DO UPDATE SET balance = b.balance OPERATOR(pg_catalog.+) EXCLUDED.balance;
    END IF;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    RETURN v_id;
END
$$;

-- A call of a function in a schema where others may create passes every argument, of the very type: then none of theirs is
-- nearer.

CREATE OR REPLACE FUNCTION public.mint_tokens(p_to_user_id uuid, p_amount numeric, p_token_type text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN public.move_tokens(NULL::pg_catalog.uuid, p_to_user_id, p_amount, p_token_type);
END
$$;

CREATE OR REPLACE FUNCTION public.burn_tokens(p_from_user_id uuid, p_amount numeric, p_token_type text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN public.move_tokens(p_from_user_id, NULL::pg_catalog.uuid, p_amount, p_token_type);
END
$$;

CREATE OR REPLACE FUNCTION public.create_activity_log_partition(p_month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_month date := pg_catalog.date_trunc('month', p_month::timestamp)::date;
    v_from  timestamptz;
    v_to    timestamptz;
    v_name  text;
BEGIN
    IF COALESCE(p_month NOT BETWEEN '2000-01-01'::date AND '2199-12-31'::date, true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a month between 2000 and 2199 is needed';
    END IF;
    v_from := v_month::timestamp AT TIME ZONE 'UTC';
    v_to := (v_month::timestamp + interval '1 month') AT TIME ZONE 'UTC';
    v_name := 'activity_logs_y' || pg_catalog.to_char(v_month, 'YYYY"m"MM');

    -- Two runs at once would make the same table.
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('create_activity_log_partition', 0));
    IF EXISTS (SELECT FROM pg_catalog.pg_inherits i
                 JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'public.activity_logs'::regclass AND c.relname = v_name) THEN
        RETURN false;
    END IF;

    -- A partition cannot be added over rows of its range that DEFAULT holds, and none may arrive between moving them and
    -- adding it. Writers of other partitions wait only for the moment of attaching.
    LOCK TABLE public.activity_logs_default IN ACCESS EXCLUSIVE MODE;
    -- Triggers of others would run with the rights that hold here; this refuses them.
    PERFORM public.application_path(false, VARIADIC ARRAY['public.activity_logs'::pg_catalog.regclass]);
    EXECUTE pg_catalog.format(
        'CREATE TABLE public.%I (LIKE public.activity_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name);
    EXECUTE pg_catalog.format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', v_name);
    EXECUTE pg_catalog.format('REVOKE ALL ON TABLE public.%I FROM PUBLIC, anon, authenticated, service_role', v_name);
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bursar_auditor') THEN
        EXECUTE pg_catalog.format('GRANT SELECT ON TABLE public.%I TO bursar_auditor', v_name);
    END IF;
    EXECUTE pg_catalog.format(
        'WITH moved AS (DELETE FROM ONLY public.activity_logs_default d
                         WHERE d.created_at >= %1$L AND d.created_at < %2$L RETURNING d.*)
         INSERT INTO public.%3$I (id, user_id, action, created_at) SELECT id, user_id, action, created_at FROM moved',
        v_from, v_to, v_name);
    EXECUTE pg_catalog.format(
        'ALTER TABLE public.activity_logs ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to);
    RETURN true;
END
$$;
