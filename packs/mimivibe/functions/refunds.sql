-- What refunds do to this application: the stars of a payment go back through the ledger, and the payment's status
-- follows the money. Only bursar's own functions call these, with the rights of their owner.
-- Statements that fire triggers of the application run under bursar.application_path, with every name and operator
-- qualified, and everything else under the path of bursar's own functions.

-- A payment as refunds see it, none where there is no such payment. With p_lock, the payment is locked and then its user.
-- "taken" is what the ledger has taken back of it by now, by whoever.
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
        PERFORM FROM public.users u WHERE u.id = v_payment.user_id FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO v_payment FROM public.payments p WHERE p.id = p_payment::uuid;
    END IF;
    RETURN QUERY
    SELECT v_payment.id::text, v_payment.user_id::text, u.email::text, v_payment.amount, v_payment.currency::text,
           v_payment.status::text, v_payment.status = 'succeeded'::public.payment_status,
           v_payment.status = 'refunded'::public.payment_status, 'stripe'::text,
           pg_catalog.array_remove(
               ARRAY[v_payment.stripe_payment_intent_id, v_payment.stripe_charge_id]::text[], NULL),
           'STAR'::text,
           (SELECT pg_catalog.sum(w.amount)::numeric
              FROM public.wallet_transactions w
             WHERE w.related_payment_id = v_payment.id AND w.transaction_type = 'purchase'::public.transaction_type),
           (SELECT COALESCE(pg_catalog.sum(w.amount), 0)::numeric
              FROM public.wallet_transactions w
             WHERE w.related_payment_id = v_payment.id
               AND w.transaction_type = 'refund'::public.transaction_type
               AND w.related_reading_id IS NULL
               AND NOT COALESCE(w.metadata ? 'reverses_entry_id', false)
               AND NOT EXISTS (SELECT FROM public.wallet_transactions r
                                WHERE r.metadata ? 'reverses_entry_id'
                                  AND (r.metadata ->> 'reverses_entry_id')::uuid = w.id)),
           u.star_balance::numeric
      FROM public.users u
     WHERE u.id = v_payment.user_id;
END
$$;

-- Takes units of a payment back, and names the refund in the entry. Returns the entry.
CREATE OR REPLACE FUNCTION bursar.take_units(p_payment text, p_units numeric, p_refund uuid) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN public.wallet_apply(p.user_id, 'refund'::public.transaction_type, 'STAR'::public.currency, -p_units::bigint,
                               pg_catalog.jsonb_build_object('refund_id', p_refund), p.id,
                               NULL::pg_catalog.uuid, NULL::pg_catalog.uuid)::text
      FROM public.payments p
     WHERE p.id = p_payment::uuid;
END
$$;

-- Undoes an entry of take_units with its exact opposite. Returns the entry that does.
CREATE OR REPLACE FUNCTION bursar.give_units_back(p_entry text, p_refund uuid) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN public.wallet_reverse(p_entry::uuid)::text;
END
$$;

-- Sets the status that a payment has when so much of it was refunded, in minor units. There is none for a part.
CREATE OR REPLACE FUNCTION bursar.settle_payment(p_payment text, p_refunded bigint, p_paid bigint) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_payment uuid := p_payment::uuid;
    v_status  public.payment_status := CASE WHEN p_refunded >= p_paid THEN 'refunded' ELSE 'succeeded' END;
    v_path    text;
BEGIN
    IF EXISTS (SELECT FROM public.payments p WHERE p.id = v_payment AND p.status <> v_status) THEN
        v_path := pg_catalog.set_config(
            'search_path', (bursar.application_path(false, VARIADIC ARRAY['public.payments'::pg_catalog.regclass])).path, true);
        UPDATE public.payments p SET status = v_status WHERE p.id OPERATOR(pg_catalog.=) v_payment;
        v_path := pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    END IF;
END
$$;
