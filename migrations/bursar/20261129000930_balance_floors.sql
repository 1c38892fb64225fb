-- An adjustment may leave a balance as low as its account may be. The application's own function bursar.floor(account, unit)
-- says how low that is: NULL is no bound. Without the function it is zero, as before.

CREATE OR REPLACE FUNCTION bursar.adjustable_balance(p_account text, p_unit text, p_amount numeric, p_expected numeric)
RETURNS numeric
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_balance numeric;
    v_floor   numeric := 0;
BEGIN
    PERFORM bursar.lock_account(p_account);
    v_balance := bursar.balance(p_account, p_unit);
    IF v_balance IS DISTINCT FROM p_expected THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('account %s has %s %s, and no longer %s', p_account, COALESCE(v_balance::text, 'no'), p_unit,
                                        COALESCE(p_expected::text, 'null')),
            HINT = 'Look at it again, and adjust what it is now.';
    END IF;
    -- A pack need not have it, and what is named in the body has to be there.
    IF pg_catalog.to_regprocedure('bursar.floor(text, text)') IS NOT NULL THEN
        EXECUTE 'SELECT bursar.floor($1, $2)' INTO v_floor USING p_account, p_unit;
    END IF;
    IF v_balance + p_amount < v_floor THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('account %s has %s %s, so %s would leave %s%s', p_account, v_balance, p_unit, p_amount,
                                        v_balance + p_amount,
                                        CASE WHEN v_floor <> 0 THEN pg_catalog.format(', below its floor of %s', v_floor) END);
    END IF;
    RETURN v_balance;
END
$$;
