-- A payment through PayPal may have been captured in several parts, and a refund is of one of them. The refund keeps which,
-- behind the gateway's other ids of the payment, so that whoever goes on with it asks for the same one.
CREATE FUNCTION bursar.refund_capture(p_refund uuid, p_capture text, p_actor jsonb, OUT refund bursar.refunds)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF COALESCE(p_capture !~ '^[A-Za-z0-9-]{1,64}$', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'this is no id of a capture';
    END IF;
    refund := bursar.refund_locked(p_refund);
    IF refund.attempts > 0 OR refund.gateway <> 'paypal' OR refund.requested_by <> session_user
       OR NOT (refund.state = 'awaiting_approval'
               OR refund.state = 'reserved' AND bursar.refund_lease_is_ours(refund)) THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is %s, and its capture cannot be chosen', p_refund, refund.state),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    END IF;
    UPDATE bursar.refunds r
       SET gateway_payment = pg_catalog.array_append(r.gateway_payment, p_capture), actor = p_actor,
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund RETURNING r.* INTO refund;
END
$$;

SELECT bursar.close_to_strangers();

GRANT EXECUTE ON FUNCTION bursar.refund_capture(uuid, text, jsonb) TO bursar_support, bursar_operator;
