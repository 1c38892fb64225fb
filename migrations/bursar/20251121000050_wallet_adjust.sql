-- How an operator corrects a balance: one function, which runs with its owner's rights, so that the role which may call
-- it needs none on any table. It calls what the application's own functions of these names do (bursar.lock_account,
-- bursar.balance and bursar.adjust), which are installed after this and granted to nobody.

-- Adds p_amount, which may be negative, to what the account has of the unit, by an entry of the ledger, and logs it. What
-- the balance was when somebody decided on it is p_expected: where it has moved since, nothing is done. Returns the entry.
CREATE FUNCTION bursar.wallet_adjust(
    p_account  text,
    p_unit     text,
    p_amount   numeric,
    p_expected numeric,
    p_reason   text,
    p_actor    jsonb
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_operator text := COALESCE(p_actor ->> 'operator', p_actor ->> 'os_user', session_user::text);
    v_balance  numeric;
    v_entry    text;
BEGIN
    IF COALESCE(p_amount IN (0, 'NaN', 'Infinity', '-Infinity'), true) THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('an adjustment adds or takes something; %s does not', COALESCE(p_amount::text, 'null'));
    END IF;
    IF COALESCE(p_reason !~ '\S', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'an adjustment needs a reason';
    END IF;

    -- Looked at again with the lock held: from here on nobody else moves it.
    PERFORM bursar.lock_account(p_account);
    v_balance := bursar.balance(p_account, p_unit);
    IF v_balance IS DISTINCT FROM p_expected THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('account %s has %s %s, and no longer %s', p_account, COALESCE(v_balance::text, 'no'), p_unit,
                                        COALESCE(p_expected::text, 'null')),
            HINT = 'Look at it again, and adjust what it is now.';
    END IF;
    IF v_balance + p_amount < 0 THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('account %s has %s %s, so %s would leave %s', p_account, v_balance, p_unit, p_amount, v_balance + p_amount);
    END IF;

    v_entry := bursar.adjust(p_account, p_unit, p_amount, p_reason, v_operator);
    -- Amounts are text, because the numbers of JSON are not exact everywhere.
    PERFORM bursar.log_operation(
        p_actor, 'wallet adjust',
        pg_catalog.jsonb_build_object('account', p_account, 'unit', p_unit, 'amount', p_amount::text, 'before', v_balance::text,
                                      'after', (v_balance + p_amount)::text, 'entry', v_entry),
        p_reason, 'done');
    RETURN v_entry;
END
$$;

REVOKE ALL ON FUNCTION bursar.wallet_adjust(text, text, numeric, numeric, text, jsonb) FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format(
            'REVOKE ALL ON FUNCTION bursar.wallet_adjust(text, text, numeric, numeric, text, jsonb) FROM %I', v_role);
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bursar.wallet_adjust(text, text, numeric, numeric, text, jsonb) TO bursar_operator;

-- Which functions of the application are installed, and whether they are the ones that a bursar knows, is looked at before
-- every write.
GRANT SELECT ON bursar.pack_functions TO bursar_support, bursar_operator;
