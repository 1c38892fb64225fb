-- A refund that bursar made or brought in has taken its units, written them off, or is about to; the gateway tells the
-- application of it all the same, often much later.

-- Takes stars of a payment back; without an amount, all that have not been taken back yet. A take-back that was reversed
-- does not count. When nothing is left the payment becomes refunded.
-- Where bursar keeps refunds of the payment that stand, they say what is taken back, also of a part: this moves nothing
-- then, and returns the last entry that took something back, null where none did. What a refund made elsewhere takes of
-- such a payment is brought in by bursar. A database without bursar's schema has no such refunds; one of a role that is not
-- trusted is left alone, because what it holds would run with the rights of this function.
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
    v_is_known boolean := false;
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

    IF EXISTS (SELECT FROM pg_catalog.pg_class c
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
                WHERE n.nspname = 'bursar' AND c.relname = 'refunds' AND c.relkind = 'r'
                  AND (o.rolname = current_user OR o.rolsuper
                       OR o.oid = (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
                  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')) THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM bursar.refunds r
                                 WHERE r.payment = $1
                                   AND r.state NOT IN (''requested'', ''awaiting_approval'', ''rejected'', ''failed'', ''canceled''))'
           INTO v_is_known USING p_payment_id::text;
        IF v_is_known THEN
            RETURN v_last;
        END IF;
    END IF;

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
