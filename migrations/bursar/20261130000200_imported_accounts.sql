-- The account of its gateway that a refund was imported from. Another account does not have it, which says nothing about
-- the refund.

DROP FUNCTION bursar.refund_import(text, bigint, text, text, text, text, text, text, text, jsonb);

-- As before, with the gateway's id of the account that lists the refund, where it is known.
CREATE FUNCTION bursar.refund_import(
    p_payment     text,
    p_amount      bigint,
    p_currency    text,
    p_gateway     text,
    p_gateway_ref text,
    p_state       text,
    p_origin      text,
    p_reason      text,
    p_note        text,
    p_actor       jsonb,
    p_account     text DEFAULT NULL,
    OUT existing  boolean,
    OUT refund    bursar.refunds
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_terms bursar.refund_terms;
    v_more  bigint;
BEGIN
    IF COALESCE(p_state NOT IN ('succeeded', 'pending', 'requires_action'), true) OR p_gateway_ref IS NULL THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'only what the gateway has under an id, and has not failed, can be brought in';
    ELSIF COALESCE(p_amount <= 0, true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'what is brought in is of more than nothing';
    END IF;
    v_terms := bursar.refund_terms(p_payment, p_amount, 'cap', true, true);
    IF v_terms.problem = 'BR002' THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = v_terms.message;
    END IF;
    existing := true;
    SELECT r.* INTO refund FROM bursar.refunds r WHERE r.gateway_ref = p_gateway_ref;
    IF FOUND THEN
        RETURN;
    END IF;
    PERFORM bursar.refund_import_fits(v_terms, p_amount, p_currency, p_gateway, p_gateway_ref, p_origin, 0, false);
    IF v_terms.remaining < 0 THEN
        v_more := p_amount;
        v_terms := bursar.refund_terms(p_payment, GREATEST(v_terms.paid - v_terms.refunded_before, 0), 'cap', true, false);
    END IF;
    existing := false;
    INSERT INTO bursar.refunds
        (payment, account, customer, paid, amount, gateway_amount, currency, unit, if_spent, reason, note, origin, gateway,
         gateway_payment, gateway_ref, gateway_account, request_hash, actor)
    VALUES
        (v_terms.payment, v_terms.account, v_terms.customer, v_terms.paid, v_terms.amount, v_more, v_terms.currency,
         v_terms.unit, 'cap', p_reason, p_note, p_origin, p_gateway, v_terms.gateway_payment, p_gateway_ref,
         p_account, '\x', p_actor)
    RETURNING * INTO refund;
    PERFORM bursar.refund_reserve(refund.id, v_terms);
    UPDATE bursar.refunds r SET state = 'submitted' WHERE r.id = refund.id;
    UPDATE bursar.refunds r SET state = p_state, lease_until = NULL, lease_pid = NULL, lease_digest = NULL
     WHERE r.id = refund.id RETURNING r.* INTO refund;
    IF p_state = 'succeeded' THEN
        PERFORM bursar.refund_settle(refund.payment, refund.paid);
    END IF;
    PERFORM bursar.refund_log(refund, 'refund sync');
END
$$;

SELECT bursar.close_to_strangers();

GRANT EXECUTE ON FUNCTION
    bursar.refund_import(text, bigint, text, text, text, text, text, text, text, jsonb, text)
    TO bursar_operator;
