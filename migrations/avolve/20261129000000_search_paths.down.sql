-- Functions find names as they did before.

-- The bodies of before.

CREATE OR REPLACE FUNCTION public.transition_phase(
    p_user_id   uuid,
    p_pillar    text,
    p_new_phase public.experience_phase
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_from public.experience_phase;
BEGIN
    PERFORM public.require_self_or_backend(p_user_id);
    SELECT up.phase INTO v_from
      FROM public.user_progress up
     WHERE up.user_id = p_user_id AND up.pillar = p_pillar
       FOR NO KEY UPDATE;
    PERFORM public.validate_phase_transition(p_user_id, p_pillar, p_new_phase);

    UPDATE public.user_progress up
       SET phase = p_new_phase
     WHERE up.user_id = p_user_id AND up.pillar = p_pillar;
    INSERT INTO public.phase_transitions (user_id, pillar, from_phase, to_phase, created_at)
    VALUES (p_user_id, p_pillar, v_from, p_new_phase, pg_catalog.clock_timestamp());
END
$$;

CREATE OR REPLACE FUNCTION public.move_tokens(
    p_from_user_id uuid,
    p_to_user_id   uuid,
    p_amount       numeric,
    p_token_type   text
) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_wanted  uuid[] := pg_catalog.array_remove(ARRAY[p_from_user_id, p_to_user_id], NULL);
    v_found   uuid[];
    v_balance numeric;
    v_id      uuid;
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

    -- The clock is read here, with the locks held: the order of times is then the order of balances.
    INSERT INTO public.token_transactions (from_user_id, to_user_id, amount, token_type, created_at)
    VALUES (p_from_user_id, p_to_user_id, p_amount, p_token_type, pg_catalog.clock_timestamp())
    RETURNING id INTO v_id;
    IF p_from_user_id IS NOT NULL THEN
        UPDATE public.token_balances b
           SET balance = b.balance - p_amount
         WHERE b.user_id = p_from_user_id AND b.token_type = p_token_type;
    END IF;
    IF p_to_user_id IS NOT NULL THEN
        INSERT INTO public.token_balances AS b (user_id, token_type, balance)
        VALUES (p_to_user_id, p_token_type, p_amount)
        ON CONFLICT (user_id, token_type) DO UPDATE SET balance = b.balance + EXCLUDED.balance;
    END IF;
    RETURN v_id;
END
$$;

CREATE OR REPLACE FUNCTION public.mint_tokens(p_to_user_id uuid, p_amount numeric, p_token_type text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN public.move_tokens(NULL, p_to_user_id, p_amount, p_token_type);
END
$$;

CREATE OR REPLACE FUNCTION public.burn_tokens(p_from_user_id uuid, p_amount numeric, p_token_type text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN public.move_tokens(p_from_user_id, NULL, p_amount, p_token_type);
END
$$;

CREATE OR REPLACE FUNCTION public.create_activity_log_partition(p_month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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

DROP FUNCTION public.application_path(boolean, regclass[]);

ALTER FUNCTION public.touch_updated_at() SET search_path = '';
ALTER FUNCTION public.refuse_change() SET search_path = '';
ALTER FUNCTION public.called_by_backend() SET search_path = '';
ALTER FUNCTION public.require_self_or_backend(uuid) SET search_path = '';
ALTER FUNCTION public.bring_identity() SET search_path = '';
ALTER FUNCTION public.get_custom_claims(uuid) SET search_path = '';
ALTER FUNCTION public.phase_after(public.experience_phase) SET search_path = '';
ALTER FUNCTION public.validate_phase_transition(uuid,text,public.experience_phase) SET search_path = '';
ALTER FUNCTION public.user_consent_order() SET search_path = '';
ALTER FUNCTION public.record_consent(uuid,text,text[]) SET search_path = '';
ALTER FUNCTION public.transfer_tokens(uuid,uuid,numeric,text) SET search_path = '';
ALTER FUNCTION public.mint_tokens(uuid,numeric,text) SET search_path = '';
ALTER FUNCTION public.burn_tokens(uuid,numeric,text) SET search_path = '';
ALTER FUNCTION public.create_activity_log_partition(date) SET search_path = '';
ALTER FUNCTION public.ensure_activity_log_partitions(integer) SET search_path = '';
ALTER FUNCTION public.refresh_user_stats() SET search_path = '';
ALTER FUNCTION public.get_user_progress_stats(uuid) SET search_path = '';
ALTER FUNCTION public.get_user_consent_stats(uuid) SET search_path = '';

-- Elsewhere auth.uid() belongs to the sign-in service; the one that an earlier migration made is known by its path.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_proc p
                WHERE p.oid = pg_catalog.to_regprocedure('auth.uid()') AND p.proconfig = ARRAY['search_path=pg_catalog, pg_temp']) THEN
        ALTER FUNCTION auth.uid() SET search_path = '';
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'auth.uid() belongs to another role, and stays as it is';
END
$$;
