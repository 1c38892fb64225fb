-- Functions that run with their owner's rights, and those that they call, end their search path with pg_temp. An empty path
-- leaves pg_temp first for names of types and relations, so a caller could put a domain there that a cast in the body takes
-- for a built-in type.

ALTER FUNCTION public.touch_updated_at() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.new_invite_code() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.tier_for_invites(integer) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.invite_reward_for_tier(integer,public.user_tier) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.is_admin(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.tarot_readings_keep_search() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.user_can_access_reading(uuid,uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.refuse_change() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_transactions_check_reversal() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_entry_sign(public.transaction_type,public.currency,jsonb,uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_lock_user(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_apply(uuid,public.transaction_type,public.currency,bigint,jsonb,uuid,uuid,uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_purchase(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_refund_payment(uuid,bigint) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_reading(uuid,text,text,integer,jsonb,jsonb,integer,uuid,jsonb,integer) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_refund_reading(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_invite_reward(uuid,uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_exchange(uuid,bigint,bigint) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_reverse(uuid) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_adjust(uuid,public.currency,bigint,text,text,text) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.expire_invites() SET search_path = pg_catalog, pg_temp;

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

CREATE OR REPLACE FUNCTION public.wallet_apply(
    p_user_id            uuid,
    p_transaction_type   public.transaction_type,
    p_currency           public.currency,
    p_delta              bigint,
    p_metadata           jsonb DEFAULT NULL,
    p_related_payment_id uuid DEFAULT NULL,
    p_related_reading_id uuid DEFAULT NULL,
    p_related_invite_id  uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_balance  bigint;
    v_after    bigint;
    v_amount   integer;
    v_entry_id uuid;
    v_path     text;
BEGIN
    IF p_transaction_type IS NULL OR p_currency IS NULL OR COALESCE(p_delta, 0) = 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a ledger entry needs a kind, a currency and an amount other than zero';
    END IF;
    IF p_delta NOT BETWEEN -2147483647 AND 2147483647 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('%s is more than one ledger entry can hold', pg_catalog.abs(p_delta::numeric));
    END IF;

    SELECT CASE p_currency WHEN 'STAR'::public.currency THEN u.star_balance ELSE u.coin_balance END
      INTO v_balance
      FROM public.users u
     WHERE u.id = p_user_id
       FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no user %s', COALESCE(p_user_id::text, 'null'));
    END IF;

    IF v_balance + p_delta < 0 THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('insufficient funds: %s %s needed, %s there', -p_delta, p_currency, v_balance),
            DETAIL = pg_catalog.format('User %s is %s %s short.', p_user_id, -(v_balance + p_delta), p_currency),
            SCHEMA = 'public', TABLE = 'users',
            CONSTRAINT = CASE p_currency WHEN 'STAR'::public.currency
                              THEN 'users_star_balance_check' ELSE 'users_coin_balance_check' END;
    END IF;

    v_after := v_balance + p_delta;
    v_amount := pg_catalog.abs(p_delta);
    v_path := pg_catalog.set_config(
        'search_path', (public.application_path(false,
                VARIADIC ARRAY['public.users'::pg_catalog.regclass, 'public.wallet_transactions'::pg_catalog.regclass])).path, true);
    -- The clock is read here, with the lock held: the order of times is then the order of balances.
    INSERT INTO public.wallet_transactions
        (user_id, transaction_type, amount, currency, balance_after, metadata,
         related_payment_id, related_reading_id, related_invite_id, created_at)
    VALUES
        (p_user_id, p_transaction_type, v_amount, p_currency, v_after, p_metadata,
         p_related_payment_id, p_related_reading_id, p_related_invite_id, pg_catalog.clock_timestamp())
    RETURNING id INTO v_entry_id;

    IF p_currency OPERATOR(pg_catalog.=) 'STAR'::public.currency THEN
        UPDATE public.users u SET star_balance = v_after WHERE u.id OPERATOR(pg_catalog.=) p_user_id;
    ELSE
        UPDATE public.users u SET coin_balance = v_after WHERE u.id OPERATOR(pg_catalog.=) p_user_id;
    END IF;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    RETURN v_entry_id;
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_refund_payment(p_payment_id uuid, p_stars bigint DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_payment  public.payments;
    v_granted  bigint;
    v_taken    bigint;
    v_last     uuid;
    v_stars    bigint;
    v_entry_id uuid;
    v_path     text;
BEGIN
    IF p_stars <= 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('%s stars cannot be taken back', p_stars);
    END IF;

    SELECT * INTO v_payment FROM public.payments p WHERE p.id = p_payment_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no payment %s', COALESCE(p_payment_id::text, 'null'));
    END IF;
    IF v_payment.status NOT IN ('succeeded'::public.payment_status, 'refunded'::public.payment_status) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('payment %s is %s: there is nothing to take back', p_payment_id, v_payment.status);
    END IF;

    SELECT w.amount INTO v_granted
      FROM public.wallet_transactions w
     WHERE w.related_payment_id = p_payment_id AND w.transaction_type = 'purchase'::public.transaction_type;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('payment %s was never credited: there is nothing to take back', p_payment_id);
    END IF;

    SELECT COALESCE(pg_catalog.sum(w.amount), 0), (pg_catalog.array_agg(w.id ORDER BY w.created_at DESC, w.seq DESC))[1]
      INTO v_taken, v_last
      FROM public.wallet_transactions w
     WHERE w.related_payment_id = p_payment_id
       AND w.transaction_type = 'refund'::public.transaction_type
       AND w.related_reading_id IS NULL
       AND NOT COALESCE(w.metadata ? 'reverses_entry_id', false)
       AND NOT EXISTS (SELECT FROM public.wallet_transactions r
                        WHERE r.metadata ? 'reverses_entry_id' AND (r.metadata ->> 'reverses_entry_id')::uuid = w.id);

    v_stars := COALESCE(p_stars, v_granted - v_taken);
    IF v_stars > v_granted - v_taken THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('payment %s has %s stars left to take back, not %s',
                                        p_payment_id, v_granted - v_taken, v_stars);
    END IF;

    IF v_stars > 0 THEN
        v_entry_id := public.wallet_apply(v_payment.user_id, 'refund'::public.transaction_type, 'STAR'::public.currency,
                                          -v_stars, NULL::pg_catalog.jsonb, p_payment_id,
                                          NULL::pg_catalog.uuid, NULL::pg_catalog.uuid);
    ELSE
        v_entry_id := v_last;
    END IF;

    IF v_taken + v_stars = v_granted AND v_payment.status <> 'refunded'::public.payment_status THEN
        v_path := pg_catalog.set_config(
            'search_path', (public.application_path(false, VARIADIC ARRAY['public.payments'::pg_catalog.regclass])).path, true);
        UPDATE public.payments p
           SET status = 'refunded'::public.payment_status
         WHERE p.id OPERATOR(pg_catalog.=) p_payment_id;
        v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    END IF;
    RETURN v_entry_id;
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_reading(
    p_user_id            uuid,
    p_question           text,
    p_locale             text,
    p_card_count         integer,
    p_cards              jsonb,
    p_reading            jsonb,
    p_price              integer DEFAULT NULL,
    p_job_id             uuid DEFAULT NULL,
    p_question_analysis  jsonb DEFAULT NULL,
    p_processing_time_ms integer DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_attempts   integer := 0;
    v_owner      uuid;
    v_reading_id uuid;
    v_length     integer := pg_catalog.char_length(p_question);
    v_locale     text := COALESCE(p_locale, 'th');
    v_path       text;
BEGIN
    IF COALESCE(p_question !~ '\S', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a reading needs a question';
    END IF;
    IF COALESCE(p_card_count NOT IN (3, 5), true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('a reading has 3 or 5 cards, not %s', COALESCE(p_card_count::text, 'null'));
    END IF;
    IF COALESCE(pg_catalog.jsonb_typeof(p_cards) <> 'array', true)
       OR pg_catalog.jsonb_array_length(p_cards) <> p_card_count THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('the cards must be an array of %s', p_card_count);
    END IF;
    IF COALESCE(pg_catalog.jsonb_typeof(p_reading) <> 'object', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the text of the reading must be an object';
    END IF;
    IF p_price <= 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('a reading cannot cost %s stars', p_price);
    END IF;
    IF p_processing_time_ms <= 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('a reading cannot take %s ms', p_processing_time_ms);
    END IF;

    IF p_job_id IS NOT NULL THEN
        PERFORM FROM public.jobs j WHERE j.id = p_job_id FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no job %s', p_job_id);
        END IF;
        SELECT r.id, r.user_id INTO v_reading_id, v_owner
          FROM public.tarot_readings r
         WHERE r.related_job_id = p_job_id
         ORDER BY r.created_at
         LIMIT 1;
        IF FOUND THEN
            IF v_owner IS DISTINCT FROM p_user_id THEN
                RAISE object_not_in_prerequisite_state USING
                    MESSAGE = pg_catalog.format('job %s has delivered a reading for another user', p_job_id);
            END IF;
            RETURN v_reading_id;
        END IF;
        SELECT pg_catalog.count(*) INTO v_attempts FROM public.job_attempts a WHERE a.job_id = p_job_id;
    END IF;

    PERFORM public.wallet_lock_user(p_user_id);

    v_path := pg_catalog.set_config(
        'search_path', (public.application_path(false, VARIADIC ARRAY['public.tarot_readings'::pg_catalog.regclass])).path, true);
    INSERT INTO public.tarot_readings
        (user_id, question, question_length, question_locale, card_count, cards, question_analysis, tarot_reading,
         processing_time_ms, related_job_id, job_attempts, created_at)
    VALUES
        (p_user_id, p_question, v_length, v_locale, p_card_count, p_cards,
         p_question_analysis, p_reading, p_processing_time_ms, p_job_id, v_attempts, pg_catalog.clock_timestamp())
    RETURNING id INTO v_reading_id;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    PERFORM public.wallet_apply(p_user_id, 'reading'::public.transaction_type, 'STAR'::public.currency,
                                -COALESCE(p_price, CASE p_card_count WHEN 3 THEN 1 ELSE 2 END)::bigint,
                                NULL::pg_catalog.jsonb, NULL::pg_catalog.uuid, v_reading_id, NULL::pg_catalog.uuid);
    RETURN v_reading_id;
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_invite_reward(p_invite_id uuid, p_invitee_id uuid DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_invite     public.user_invites;
    v_invitee_id uuid;
    v_invited_by uuid;
    v_accepted   integer;
    v_entry_id   uuid;
    v_since      timestamptz;
    v_tier       public.user_tier;
    v_path       text;
BEGIN
    SELECT * INTO v_invite FROM public.user_invites i WHERE i.id = p_invite_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no invite %s', COALESCE(p_invite_id::text, 'null'));
    END IF;
    IF p_invitee_id <> v_invite.invitee_id THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = pg_catalog.format('invite %s is for another user', p_invite_id);
    END IF;

    SELECT w.id INTO v_entry_id
      FROM public.wallet_transactions w
     WHERE w.related_invite_id = p_invite_id AND w.transaction_type = 'invite_reward'::public.transaction_type;
    IF FOUND THEN
        RETURN v_entry_id;
    END IF;

    IF v_invite.status = 'expired'
       OR (v_invite.status = 'pending' AND v_invite.expires_at <= pg_catalog.clock_timestamp()) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = pg_catalog.format('invite %s has expired', p_invite_id);
    END IF;
    IF v_invite.coin_reward IS NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = pg_catalog.format('invite %s states no reward', p_invite_id);
    END IF;
    v_invitee_id := COALESCE(v_invite.invitee_id, p_invitee_id);
    IF v_invitee_id IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('invite %s needs the user who accepts it', p_invite_id);
    END IF;
    IF v_invitee_id = v_invite.inviter_id THEN
        RAISE invalid_parameter_value USING MESSAGE = 'nobody can accept their own invite';
    END IF;

    PERFORM public.wallet_lock_user(LEAST(v_invite.inviter_id, v_invitee_id));
    PERFORM public.wallet_lock_user(GREATEST(v_invite.inviter_id, v_invitee_id));

    SELECT u.invited_by INTO v_invited_by FROM public.users u WHERE u.id = v_invitee_id;
    IF v_invited_by <> v_invite.inviter_id
       OR EXISTS (SELECT FROM public.user_invites i
                   WHERE i.invitee_id = v_invitee_id AND i.status = 'accepted' AND i.id <> p_invite_id) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('user %s has accepted another invite', v_invitee_id);
    END IF;

    v_since := COALESCE(v_invite.accepted_at, pg_catalog.clock_timestamp());
    v_path := pg_catalog.set_config(
        'search_path', (public.application_path(false,
                VARIADIC ARRAY['public.user_invites'::pg_catalog.regclass, 'public.users'::pg_catalog.regclass])).path, true);
    UPDATE public.user_invites i
       SET status = 'accepted',
           invitee_id = v_invitee_id,
           accepted_at = v_since,
           is_reward_claimed = true
     WHERE i.id OPERATOR(pg_catalog.=) p_invite_id;
    UPDATE public.users u SET invited_by = v_invite.inviter_id
     WHERE u.id OPERATOR(pg_catalog.=) v_invitee_id AND u.invited_by IS NULL;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    -- Counted and not added up: with the inviter locked the count cannot move, and it mends a count that was wrong.
    SELECT pg_catalog.count(*) INTO v_accepted
      FROM public.user_invites i WHERE i.inviter_id = v_invite.inviter_id AND i.status = 'accepted';
    v_tier := public.tier_for_invites(v_accepted);
    v_path := pg_catalog.set_config(
        'search_path', (public.application_path(false, VARIADIC ARRAY['public.users'::pg_catalog.regclass])).path, true);
    UPDATE public.users u
       SET total_invites = v_accepted, tier = v_tier
     WHERE u.id OPERATOR(pg_catalog.=) v_invite.inviter_id;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

    RETURN public.wallet_apply(v_invite.inviter_id, 'invite_reward'::public.transaction_type, 'COIN'::public.currency,
                               v_invite.coin_reward::pg_catalog.int8, NULL::pg_catalog.jsonb, NULL::pg_catalog.uuid,
                               NULL::pg_catalog.uuid, p_invite_id);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_reverse(p_entry_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_entry    public.wallet_transactions;
    v_leg      public.wallet_transactions;
    v_made     uuid;
    v_entry_id uuid;
    v_path     text;
BEGIN
    -- Entries never change, so this one may be read before anything is locked.
    SELECT * INTO v_entry FROM public.wallet_transactions w WHERE w.id = p_entry_id;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no ledger entry %s', COALESCE(p_entry_id::text, 'null'));
    END IF;
    IF v_entry.metadata ? 'reverses_entry_id' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('ledger entry %s is a reversal, which cannot be reversed', p_entry_id),
            HINT = 'Enter an adjustment.';
    END IF;
    IF v_entry.transaction_type IN ('purchase'::public.transaction_type, 'reading'::public.transaction_type) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('ledger entry %s is a %s, which is not undone by a reversal', p_entry_id, v_entry.transaction_type),
            HINT = CASE v_entry.transaction_type WHEN 'purchase'::public.transaction_type
                        THEN 'Take its stars back with wallet_refund_payment.'
                        ELSE 'Give its stars back with wallet_refund_reading.' END;
    END IF;

    IF v_entry.transaction_type = 'invite_reward'::public.transaction_type THEN
        PERFORM FROM public.user_invites i
          WHERE i.id = v_entry.related_invite_id AND i.status = 'accepted' FOR NO KEY UPDATE;
        IF FOUND THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = pg_catalog.format('ledger entry %s rewards an invite that was accepted, so it stays', p_entry_id),
                HINT = 'Take the coins with wallet_adjust.';
        END IF;
    END IF;

    IF v_entry.transaction_type = 'refund'::public.transaction_type THEN
        PERFORM FROM public.payments p WHERE p.id = v_entry.related_payment_id FOR NO KEY UPDATE;
        PERFORM FROM public.tarot_readings r WHERE r.id = v_entry.related_reading_id FOR NO KEY UPDATE;
    END IF;
    PERFORM public.wallet_lock_user(v_entry.user_id);

    SELECT r.id INTO v_entry_id
      FROM public.wallet_transactions r
     WHERE r.metadata ? 'reverses_entry_id' AND (r.metadata ->> 'reverses_entry_id')::uuid = p_entry_id;
    IF FOUND THEN
        RETURN v_entry_id;
    END IF;

    FOR v_leg IN
        SELECT w.*
          FROM public.wallet_transactions w
         WHERE w.id = p_entry_id
            OR (v_entry.transaction_type = 'exchange'::public.transaction_type
                AND w.transaction_type = 'exchange'::public.transaction_type
                AND w.metadata ->> 'exchange_id' = v_entry.metadata ->> 'exchange_id'
                AND w.user_id = v_entry.user_id)
         ORDER BY w.currency
    LOOP
        v_made := public.wallet_apply(
            v_leg.user_id, 'refund'::public.transaction_type, v_leg.currency,
            -v_leg.amount::bigint
                * public.wallet_entry_sign(v_leg.transaction_type, v_leg.currency, v_leg.metadata, v_leg.related_reading_id),
            pg_catalog.jsonb_build_object('reverses_entry_id', v_leg.id),
            v_leg.related_payment_id, v_leg.related_reading_id, v_leg.related_invite_id);
        IF v_leg.id = p_entry_id THEN
            v_entry_id := v_made;
        END IF;
    END LOOP;

    IF v_entry.transaction_type = 'refund'::public.transaction_type AND v_entry.related_reading_id IS NULL THEN
        v_path := pg_catalog.set_config(
            'search_path', (public.application_path(false, VARIADIC ARRAY['public.payments'::pg_catalog.regclass])).path, true);
        UPDATE public.payments p
           SET status = 'succeeded'::public.payment_status
         WHERE p.id OPERATOR(pg_catalog.=) v_entry.related_payment_id
           AND p.status OPERATOR(pg_catalog.=) 'refunded'::public.payment_status;
        v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    END IF;
    RETURN v_entry_id;
END
$$;

CREATE OR REPLACE FUNCTION public.expire_invites() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now   timestamptz := pg_catalog.clock_timestamp();
    v_count bigint;
    v_path  text;
BEGIN
    v_path := pg_catalog.set_config(
        'search_path', (public.application_path(false, VARIADIC ARRAY['public.user_invites'::pg_catalog.regclass])).path, true);
    UPDATE public.user_invites i
       SET status = 'expired'
     WHERE i.id OPERATOR(pg_catalog.=) ANY (SELECT o.id FROM public.user_invites o
                     WHERE o.status::text OPERATOR(pg_catalog.=) 'pending'::text
                       AND o.expires_at OPERATOR(pg_catalog.<=) v_now
                       FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    RETURN v_count;
END
$$;

-- A call of a function in a schema where others may create passes every argument, of the very type: then none of theirs is
-- nearer.

CREATE OR REPLACE FUNCTION public.wallet_purchase(p_payment_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_payment  public.payments;
    v_entry_id uuid;
BEGIN
    SELECT * INTO v_payment FROM public.payments p WHERE p.id = p_payment_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no payment %s', COALESCE(p_payment_id::text, 'null'));
    END IF;

    -- Gateways deliver their events more than once, and the second may come after a refund.
    SELECT w.id INTO v_entry_id
      FROM public.wallet_transactions w
     WHERE w.related_payment_id = p_payment_id AND w.transaction_type = 'purchase'::public.transaction_type;
    IF FOUND THEN
        RETURN v_entry_id;
    END IF;

    IF v_payment.status <> 'succeeded'::public.payment_status THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('payment %s is %s, and only a succeeded one is credited', p_payment_id, v_payment.status);
    END IF;

    RETURN public.wallet_apply(v_payment.user_id, 'purchase'::public.transaction_type, 'STAR'::public.currency,
                               v_payment.stars_total::pg_catalog.int8, NULL::pg_catalog.jsonb, p_payment_id,
                               NULL::pg_catalog.uuid, NULL::pg_catalog.uuid);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_refund_reading(p_reading_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user_id  uuid;
    v_debit    public.wallet_transactions;
    v_entry_id uuid;
BEGIN
    SELECT r.user_id INTO v_user_id FROM public.tarot_readings r WHERE r.id = p_reading_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no reading %s', COALESCE(p_reading_id::text, 'null'));
    END IF;

    SELECT w.id INTO v_entry_id
      FROM public.wallet_transactions w
     WHERE w.related_reading_id = p_reading_id
       AND w.transaction_type = 'refund'::public.transaction_type
       AND NOT COALESCE(w.metadata ? 'reverses_entry_id', false);
    IF FOUND THEN
        IF EXISTS (SELECT FROM public.wallet_transactions r
                    WHERE r.metadata ? 'reverses_entry_id' AND (r.metadata ->> 'reverses_entry_id')::uuid = v_entry_id) THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = pg_catalog.format('the stars of reading %s were given back, and that was reversed', p_reading_id),
                HINT = 'Give them back with an adjustment.';
        END IF;
        RETURN v_entry_id;
    END IF;

    SELECT * INTO v_debit
      FROM public.wallet_transactions w
     WHERE w.related_reading_id = p_reading_id AND w.transaction_type = 'reading'::public.transaction_type;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('reading %s was never debited: there is nothing to give back', p_reading_id);
    END IF;
    IF EXISTS (SELECT FROM public.wallet_transactions r
                WHERE r.metadata ? 'reverses_entry_id' AND (r.metadata ->> 'reverses_entry_id')::uuid = v_debit.id) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('the debit of reading %s was reversed: there is nothing to give back', p_reading_id);
    END IF;

    RETURN public.wallet_apply(v_debit.user_id, 'refund'::public.transaction_type, 'STAR'::public.currency,
                               v_debit.amount::pg_catalog.int8, NULL::pg_catalog.jsonb, NULL::pg_catalog.uuid, p_reading_id,
                               NULL::pg_catalog.uuid);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_exchange(
    p_user_id uuid,
    p_coins   bigint,
    p_stars   bigint,
    OUT exchange_id   uuid,
    OUT coin_entry_id uuid,
    OUT star_entry_id uuid
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_metadata jsonb;
BEGIN
    IF COALESCE(p_coins <= 0, true) OR COALESCE(p_stars <= 0, true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an exchange needs a number of coins and a number of stars, both above zero';
    END IF;
    exchange_id := pg_catalog.gen_random_uuid();
    v_metadata := pg_catalog.jsonb_build_object('exchange_id', exchange_id);
    coin_entry_id := public.wallet_apply(p_user_id, 'exchange'::public.transaction_type, 'COIN'::public.currency,
                                         -p_coins, v_metadata, NULL::pg_catalog.uuid, NULL::pg_catalog.uuid,
                                         NULL::pg_catalog.uuid);
    star_entry_id := public.wallet_apply(p_user_id, 'exchange'::public.transaction_type, 'STAR'::public.currency,
                                         p_stars, v_metadata, NULL::pg_catalog.uuid, NULL::pg_catalog.uuid,
                                         NULL::pg_catalog.uuid);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_adjust(
    p_user_id   uuid,
    p_currency  public.currency,
    p_amount    bigint,
    p_direction text,
    p_reason    text,
    p_operator  text
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_currency IS NULL OR COALESCE(p_amount <= 0, true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an adjustment needs a currency and an amount above zero';
    END IF;
    IF COALESCE(p_direction NOT IN ('credit', 'debit'), true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the direction of an adjustment is credit or debit';
    END IF;
    IF COALESCE(p_reason !~ '\S', true) OR COALESCE(p_operator !~ '\S', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an adjustment needs a reason and an operator';
    END IF;
    RETURN public.wallet_apply(
        p_user_id, 'adjustment'::public.transaction_type, p_currency,
        CASE p_direction WHEN 'credit' THEN p_amount ELSE -p_amount END,
        pg_catalog.jsonb_build_object('direction', p_direction, 'reason', p_reason, 'operator', p_operator),
        NULL::pg_catalog.uuid, NULL::pg_catalog.uuid, NULL::pg_catalog.uuid);
END
$$;
