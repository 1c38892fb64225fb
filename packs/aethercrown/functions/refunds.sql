-- What refunds do to this application: a payment's status follows the money, and the change is logged. Payments grant no
-- units, so there is nothing to take back. Only bursar's own functions call these, with the rights of their owner.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- A payment as refunds see it, none where there is no such payment. With p_lock, the payment is locked.
CREATE OR REPLACE FUNCTION bursar.payment_facts(p_payment text, p_lock boolean)
RETURNS TABLE (payment text, account text, customer text, amount bigint, currency text, status text, refundable boolean,
               settled boolean, provider text, provider_ids text[], unit text, granted numeric, taken numeric,
               balance numeric)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_payment public.payments;
BEGIN
    IF COALESCE(p_payment, '') !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RETURN;
    ELSIF p_lock THEN
        SELECT * INTO v_payment FROM public.payments p WHERE p.id = p_payment::uuid FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO v_payment FROM public.payments p WHERE p.id = p_payment::uuid;
    END IF;
    IF v_payment.id IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT v_payment.id::text, v_payment.user_id::text,
           COALESCE((SELECT u.email::text FROM public.users u WHERE u.id = v_payment.user_id),
                    v_payment.metadata ->> 'customer_name'),
           -- What the currency cannot express would be lost by a cast; the audit reports it, and it is not refunded.
           CASE WHEN m.minor = pg_catalog.trunc(m.minor) THEN m.minor::bigint END,
           v_payment.currency::text, v_payment.status::text,
           v_payment.status::text IN ('completed', 'partially_refunded') AND m.minor = pg_catalog.trunc(m.minor),
           v_payment.status::text IN ('partially_refunded', 'refunded'),
           COALESCE(v_payment.payment_method, 'paypal')::text, ARRAY[v_payment.order_id]::text[],
           NULL::text, NULL::numeric, NULL::numeric, NULL::numeric
      FROM (SELECT v_payment.amount * pg_catalog.power(10::numeric, bursar.currency_digits(v_payment.currency)::numeric)) AS m (minor);
END
$$;

-- Payments grant no units, so nothing is ever taken or given back.
CREATE OR REPLACE FUNCTION bursar.take_units(p_payment text, p_units numeric, p_refund uuid) RETURNS text
LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NULL::text
$$;

CREATE OR REPLACE FUNCTION bursar.give_units_back(p_entry text, p_refund uuid) RETURNS text
LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NULL::text
$$;

-- Sets the status that a payment has when so much of it was refunded, in minor units, and logs the change.
CREATE OR REPLACE FUNCTION bursar.settle_payment(p_payment text, p_refunded bigint, p_paid bigint) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_payment public.payments;
    v_status  text := CASE WHEN p_refunded >= p_paid THEN 'refunded'
                           WHEN p_refunded > 0 THEN 'partially_refunded'
                           ELSE 'completed' END;
    v_details jsonb;
    v_path    text;
BEGIN
    SELECT * INTO STRICT v_payment FROM public.payments p WHERE p.id = p_payment::uuid FOR NO KEY UPDATE;
    IF v_payment.status = v_status THEN
        RETURN;
    END IF;
    v_details := pg_catalog.jsonb_build_object('previous_state', v_payment.status, 'new_state', v_status,
                                               'changed_fields', pg_catalog.jsonb_build_array('status'));
    v_path := pg_catalog.set_config(
        'search_path', (bursar.application_path(false,
                VARIADIC ARRAY['public.payments'::pg_catalog.regclass, 'public.activity_logs'::pg_catalog.regclass])).path, true);
    UPDATE public.payments p SET status = v_status WHERE p.id OPERATOR(pg_catalog.=) v_payment.id;
    INSERT INTO public.activity_logs (log_type, entity_id, action, details, created_at, user_id)
    VALUES ('payment', v_payment.id, 'payment.refunded', v_details, pg_catalog.clock_timestamp(), v_payment.user_id);
    v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;
