-- What `bursar audit repair` and `bursar wallet adjust` write with. They run with the rights of whoever calls them, so bursar can do no more than
-- the role that it connects as.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Locks an account until the end of the transaction, as the wallet's own functions do before they decide anything.
CREATE OR REPLACE FUNCTION bursar.lock_account(p_account text) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM public.users u WHERE u.id = p_account::uuid FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no user %s', COALESCE(p_account, 'null'));
    END IF;
END
$$;

-- What the account has of a unit. It locks nothing: whoever decides by it has locked the account.
CREATE OR REPLACE FUNCTION bursar.balance(p_account text, p_unit text) RETURNS numeric
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF COALESCE(p_unit NOT IN ('STAR', 'COIN'), true) THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('there is no unit %s', COALESCE(pg_catalog.quote_literal(p_unit), 'null'));
    END IF;
    RETURN (SELECT CASE p_unit WHEN 'STAR' THEN u.star_balance ELSE u.coin_balance END
              FROM public.users u
             WHERE u.id = p_account::uuid);
END
$$;

-- Sets a cached balance that is known to be wrong. What it was is named too, so that a balance that has moved since is
-- left alone.
CREATE OR REPLACE FUNCTION bursar.set_balance(p_account text, p_unit text, p_was numeric, p_becomes numeric) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account uuid := p_account::uuid;
    v_balance bigint;
    v_is      numeric;
    v_path    text;
BEGIN
    SELECT CASE p_unit WHEN 'STAR' THEN u.star_balance WHEN 'COIN' THEN u.coin_balance END
      INTO v_is
      FROM public.users u
     WHERE u.id = p_account::uuid
       FOR NO KEY UPDATE;
    IF v_is IS DISTINCT FROM p_was THEN
        RAISE serialization_failure USING
            MESSAGE = pg_catalog.format('user %s has %s %s, and no longer %s', p_account, COALESCE(v_is::text, 'no'), p_unit, p_was);
    END IF;
    -- A cast would round.
    IF p_becomes <> pg_catalog.trunc(p_becomes) THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('%s is no whole number of %s', p_becomes, p_unit);
    END IF;
    v_balance := p_becomes;
    v_path := pg_catalog.set_config(
        'search_path', (bursar.application_path(false, VARIADIC ARRAY['public.users'::pg_catalog.regclass])).path, true);
    IF p_unit OPERATOR(pg_catalog.=) 'STAR'::pg_catalog.text THEN
        UPDATE public.users u SET star_balance = v_balance WHERE u.id OPERATOR(pg_catalog.=) v_account;
    ELSE
        UPDATE public.users u SET coin_balance = v_balance WHERE u.id OPERATOR(pg_catalog.=) v_account;
    END IF;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;

-- Corrects a balance by an entry, through the wallet's own function. Returns the entry.
CREATE OR REPLACE FUNCTION bursar.adjust(p_account text, p_unit text, p_amount numeric, p_reason text, p_operator text) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF COALESCE(p_amount <> pg_catalog.trunc(p_amount), true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('%s is no whole number of %s', COALESCE(p_amount::text, 'null'), p_unit);
    END IF;
    RETURN public.wallet_adjust(
        p_account::uuid, p_unit::public.currency, pg_catalog.abs(p_amount)::bigint,
        CASE WHEN p_amount < 0 THEN 'debit' ELSE 'credit' END, p_reason, p_operator)::text;
END
$$;
