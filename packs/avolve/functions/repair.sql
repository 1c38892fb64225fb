-- What `bursar audit repair` and `bursar wallet adjust` write with. They run with the rights of whoever calls them, so bursar can do no more than
-- the role that it connects as.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- Locks an account until the end of the transaction. The user and not the balance is locked, as move_tokens does.
CREATE OR REPLACE FUNCTION bursar.lock_account(p_account text) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM public.users u WHERE u.id = p_account::uuid FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no user %s', COALESCE(p_account, 'null'));
    END IF;
END
$$;

-- What the account has of a unit, which is nothing where it never had any. It locks nothing: whoever decides by it has
-- locked the account.
CREATE OR REPLACE FUNCTION bursar.balance(p_account text, p_unit text) RETURNS numeric
LANGUAGE plpgsql STABLE SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.token_types t WHERE t.token_type = p_unit) THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('there is no unit %s', COALESCE(pg_catalog.quote_literal(p_unit), 'null'));
    END IF;
    RETURN COALESCE((SELECT b.balance
                       FROM public.token_balances b
                      WHERE b.user_id = p_account::uuid AND b.token_type = p_unit), 0);
END
$$;

-- Sets a cached balance that is known to be wrong. What it was is named too, so that a balance that has moved since is
-- left alone.
CREATE OR REPLACE FUNCTION bursar.set_balance(p_account text, p_unit text, p_was numeric, p_becomes numeric) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account uuid := p_account::uuid;
    v_is      numeric;
    v_path    text;
BEGIN
    SELECT b.balance INTO v_is
      FROM public.token_balances b
     WHERE b.user_id = p_account::uuid AND b.token_type = p_unit
       FOR NO KEY UPDATE;
    IF v_is IS DISTINCT FROM p_was THEN
        RAISE serialization_failure USING
            MESSAGE = pg_catalog.format('user %s has %s %s, and no longer %s', p_account, COALESCE(v_is::text, 'no'), p_unit, p_was);
    END IF;
    v_path := pg_catalog.set_config(
        'search_path', (bursar.application_path(false, VARIADIC ARRAY['public.token_balances'::pg_catalog.regclass])).path, true);
    UPDATE public.token_balances b
       SET balance = p_becomes
     WHERE b.user_id OPERATOR(pg_catalog.=) v_account AND b.token_type OPERATOR(pg_catalog.=) p_unit;
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;

-- Corrects a balance by an entry: a mint, or a burn. Returns the entry. A transaction of tokens has no room for a reason
-- or an operator, so those two are kept in bursar.operations alone.
CREATE OR REPLACE FUNCTION bursar.adjust(p_account text, p_unit text, p_amount numeric, p_reason text, p_operator text) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF COALESCE(p_reason !~ '\S', true) OR COALESCE(p_operator !~ '\S', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an adjustment needs a reason and an operator';
    END IF;
    IF p_amount < 0 THEN
        RETURN public.burn_tokens(p_account::uuid, -p_amount, p_unit)::text;
    END IF;
    RETURN public.mint_tokens(p_account::uuid, p_amount, p_unit)::text;
END
$$;
