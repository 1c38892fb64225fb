-- Functions find names as they did before.

-- The bodies of before.

CREATE OR REPLACE FUNCTION public.wallet_apply(
    p_user_id            uuid,
    p_transaction_type   public.transaction_type,
    p_currency           public.currency,
    p_delta              bigint,
    p_metadata           jsonb DEFAULT NULL,
    p_related_payment_id uuid DEFAULT NULL,
    p_related_reading_id uuid DEFAULT NULL,
    p_related_invite_id  uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_balance  bigint;
    v_entry_id uuid;
BEGIN
    IF p_transaction_type IS NULL OR p_currency IS NULL OR COALESCE(p_delta, 0) = 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a ledger entry needs a kind, a currency and an amount other than zero';
    END IF;
    IF p_delta NOT BETWEEN -2147483647 AND 2147483647 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('%s is more than one ledger entry can hold', pg_catalog.abs(p_delta::numeric));
    END IF;

    SELECT CASE p_currency WHEN 'STAR'::public.currency THEN u.star_balance ELSE u.coin_balance END
      INTO v_balance
      FROM public.users u
     WHERE u.id = p_user_id
       FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no user %s', COALESCE(p_user_id::text, 'null'));
    END IF;

    IF v_balance + p_delta < 0 THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('insufficient funds: %s %s needed, %s there', -p_delta, p_currency, v_balance),
            DETAIL = pg_catalog.format('User %s is %s %s short.', p_user_id, -(v_balance + p_delta), p_currency),
            SCHEMA = 'public', TABLE = 'users',
            CONSTRAINT = CASE p_currency WHEN 'STAR'::public.currency
                              THEN 'users_star_balance_check' ELSE 'users_coin_balance_check' END;
    END IF;

    -- The clock is read here, with the lock held: the order of times is then the order of balances.
    INSERT INTO public.wallet_transactions
        (user_id, transaction_type, amount, currency, balance_after, metadata,
         related_payment_id, related_reading_id, related_invite_id, created_at)
    VALUES
        (p_user_id, p_transaction_type, pg_catalog.abs(p_delta)::integer, p_currency, v_balance + p_delta, p_metadata,
         p_related_payment_id, p_related_reading_id, p_related_invite_id, pg_catalog.clock_timestamp())
    RETURNING id INTO v_entry_id;

    IF p_currency = 'STAR'::public.currency THEN
        UPDATE public.users u SET star_balance = v_balance + p_delta WHERE u.id = p_user_id;
    ELSE
        UPDATE public.users u SET coin_balance = v_balance + p_delta WHERE u.id = p_user_id;
    END IF;
    RETURN v_entry_id;
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_refund_payment(p_payment_id uuid, p_stars bigint DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_payment  public.payments;
    v_granted  bigint;
    v_taken    bigint;
    v_last     uuid;
    v_stars    bigint;
    v_entry_id uuid;
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

    v_stars := COALESCE(p_stars, v_granted - v_taken);
    IF v_stars > v_granted - v_taken THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('payment %s has %s stars left to take back, not %s',
                                        p_payment_id, v_granted - v_taken, v_stars);
    END IF;

    IF v_stars > 0 THEN
        v_entry_id := public.wallet_apply(v_payment.user_id, 'refund'::public.transaction_type, 'STAR'::public.currency,
                                          -v_stars, p_related_payment_id => p_payment_id);
    ELSE
        v_entry_id := v_last;
    END IF;

    IF v_taken + v_stars = v_granted THEN
        UPDATE public.payments p
           SET status = 'refunded'::public.payment_status
         WHERE p.id = p_payment_id AND p.status <> 'refunded'::public.payment_status;
    END IF;
    RETURN v_entry_id;
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_reading(
    p_user_id            uuid,
    p_question           text,
    p_locale             text,
    p_card_count         integer,
    p_cards              jsonb,
    p_reading            jsonb,
    p_price              integer DEFAULT NULL,
    p_job_id             uuid DEFAULT NULL,
    p_question_analysis  jsonb DEFAULT NULL,
    p_processing_time_ms integer DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_attempts   integer := 0;
    v_owner      uuid;
    v_reading_id uuid;
BEGIN
    IF COALESCE(p_question !~ '\S', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a reading needs a question';
    END IF;
    IF COALESCE(p_card_count NOT IN (3, 5), true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('a reading has 3 or 5 cards, not %s', COALESCE(p_card_count::text, 'null'));
    END IF;
    IF COALESCE(pg_catalog.jsonb_typeof(p_cards) <> 'array', true)
       OR pg_catalog.jsonb_array_length(p_cards) <> p_card_count THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('the cards must be an array of %s', p_card_count);
    END IF;
    IF COALESCE(pg_catalog.jsonb_typeof(p_reading) <> 'object', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the text of the reading must be an object';
    END IF;
    IF p_price <= 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('a reading cannot cost %s stars', p_price);
    END IF;
    IF p_processing_time_ms <= 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('a reading cannot take %s ms', p_processing_time_ms);
    END IF;

    IF p_job_id IS NOT NULL THEN
        PERFORM FROM public.jobs j WHERE j.id = p_job_id FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no job %s', p_job_id);
        END IF;
        SELECT r.id, r.user_id INTO v_reading_id, v_owner
          FROM public.tarot_readings r
         WHERE r.related_job_id = p_job_id
         ORDER BY r.created_at
         LIMIT 1;
        IF FOUND THEN
            IF v_owner IS DISTINCT FROM p_user_id THEN
                RAISE object_not_in_prerequisite_state USING
                    MESSAGE = pg_catalog.format('job %s has delivered a reading for another user', p_job_id);
            END IF;
            RETURN v_reading_id;
        END IF;
        SELECT pg_catalog.count(*) INTO v_attempts FROM public.job_attempts a WHERE a.job_id = p_job_id;
    END IF;

    PERFORM public.wallet_lock_user(p_user_id);

    INSERT INTO public.tarot_readings
        (user_id, question, question_length, question_locale, card_count, cards, question_analysis, tarot_reading,
         processing_time_ms, related_job_id, job_attempts, created_at)
    VALUES
        (p_user_id, p_question, pg_catalog.char_length(p_question), COALESCE(p_locale, 'th'), p_card_count, p_cards,
         p_question_analysis, p_reading, p_processing_time_ms, p_job_id, v_attempts, pg_catalog.clock_timestamp())
    RETURNING id INTO v_reading_id;

    PERFORM public.wallet_apply(p_user_id, 'reading'::public.transaction_type, 'STAR'::public.currency,
                                -COALESCE(p_price, CASE p_card_count WHEN 3 THEN 1 ELSE 2 END)::bigint,
                                p_related_reading_id => v_reading_id);
    RETURN v_reading_id;
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_invite_reward(p_invite_id uuid, p_invitee_id uuid DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_invite     public.user_invites;
    v_invitee_id uuid;
    v_invited_by uuid;
    v_accepted   integer;
    v_entry_id   uuid;
BEGIN
    SELECT * INTO v_invite FROM public.user_invites i WHERE i.id = p_invite_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no invite %s', COALESCE(p_invite_id::text, 'null'));
    END IF;
    IF p_invitee_id <> v_invite.invitee_id THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = pg_catalog.format('invite %s is for another user', p_invite_id);
    END IF;

    SELECT w.id INTO v_entry_id
      FROM public.wallet_transactions w
     WHERE w.related_invite_id = p_invite_id AND w.transaction_type = 'invite_reward'::public.transaction_type;
    IF FOUND THEN
        RETURN v_entry_id;
    END IF;

    IF v_invite.status = 'expired'
       OR (v_invite.status = 'pending' AND v_invite.expires_at <= pg_catalog.clock_timestamp()) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = pg_catalog.format('invite %s has expired', p_invite_id);
    END IF;
    IF v_invite.coin_reward IS NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = pg_catalog.format('invite %s states no reward', p_invite_id);
    END IF;
    v_invitee_id := COALESCE(v_invite.invitee_id, p_invitee_id);
    IF v_invitee_id IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = pg_catalog.format('invite %s needs the user who accepts it', p_invite_id);
    END IF;
    IF v_invitee_id = v_invite.inviter_id THEN
        RAISE invalid_parameter_value USING MESSAGE = 'nobody can accept their own invite';
    END IF;

    PERFORM public.wallet_lock_user(LEAST(v_invite.inviter_id, v_invitee_id));
    PERFORM public.wallet_lock_user(GREATEST(v_invite.inviter_id, v_invitee_id));

    SELECT u.invited_by INTO v_invited_by FROM public.users u WHERE u.id = v_invitee_id;
    IF v_invited_by <> v_invite.inviter_id
       OR EXISTS (SELECT FROM public.user_invites i
                   WHERE i.invitee_id = v_invitee_id AND i.status = 'accepted' AND i.id <> p_invite_id) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('user %s has accepted another invite', v_invitee_id);
    END IF;

    UPDATE public.user_invites i
       SET status = 'accepted',
           invitee_id = v_invitee_id,
           accepted_at = COALESCE(i.accepted_at, pg_catalog.clock_timestamp()),
           is_reward_claimed = true
     WHERE i.id = p_invite_id;
    UPDATE public.users u SET invited_by = v_invite.inviter_id WHERE u.id = v_invitee_id AND u.invited_by IS NULL;

    -- Counted and not added up: with the inviter locked the count cannot move, and it mends a count that was wrong.
    SELECT pg_catalog.count(*) INTO v_accepted
      FROM public.user_invites i WHERE i.inviter_id = v_invite.inviter_id AND i.status = 'accepted';
    UPDATE public.users u
       SET total_invites = v_accepted, tier = public.tier_for_invites(v_accepted)
     WHERE u.id = v_invite.inviter_id;

    RETURN public.wallet_apply(v_invite.inviter_id, 'invite_reward'::public.transaction_type, 'COIN'::public.currency,
                               v_invite.coin_reward, p_related_invite_id => p_invite_id);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_reverse(p_entry_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_entry    public.wallet_transactions;
    v_leg      public.wallet_transactions;
    v_made     uuid;
    v_entry_id uuid;
BEGIN
    -- Entries never change, so this one may be read before anything is locked.
    SELECT * INTO v_entry FROM public.wallet_transactions w WHERE w.id = p_entry_id;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no ledger entry %s', COALESCE(p_entry_id::text, 'null'));
    END IF;
    IF v_entry.metadata ? 'reverses_entry_id' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('ledger entry %s is a reversal, which cannot be reversed', p_entry_id),
            HINT = 'Enter an adjustment.';
    END IF;
    IF v_entry.transaction_type IN ('purchase'::public.transaction_type, 'reading'::public.transaction_type) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('ledger entry %s is a %s, which is not undone by a reversal', p_entry_id, v_entry.transaction_type),
            HINT = CASE v_entry.transaction_type WHEN 'purchase'::public.transaction_type
                        THEN 'Take its stars back with wallet_refund_payment.'
                        ELSE 'Give its stars back with wallet_refund_reading.' END;
    END IF;

    IF v_entry.transaction_type = 'invite_reward'::public.transaction_type THEN
        PERFORM FROM public.user_invites i
          WHERE i.id = v_entry.related_invite_id AND i.status = 'accepted' FOR NO KEY UPDATE;
        IF FOUND THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = pg_catalog.format('ledger entry %s rewards an invite that was accepted, so it stays', p_entry_id),
                HINT = 'Take the coins with wallet_adjust.';
        END IF;
    END IF;

    IF v_entry.transaction_type = 'refund'::public.transaction_type THEN
        PERFORM FROM public.payments p WHERE p.id = v_entry.related_payment_id FOR NO KEY UPDATE;
        PERFORM FROM public.tarot_readings r WHERE r.id = v_entry.related_reading_id FOR NO KEY UPDATE;
    END IF;
    PERFORM public.wallet_lock_user(v_entry.user_id);

    SELECT r.id INTO v_entry_id
      FROM public.wallet_transactions r
     WHERE r.metadata ? 'reverses_entry_id' AND (r.metadata ->> 'reverses_entry_id')::uuid = p_entry_id;
    IF FOUND THEN
        RETURN v_entry_id;
    END IF;

    FOR v_leg IN
        SELECT w.*
          FROM public.wallet_transactions w
         WHERE w.id = p_entry_id
            OR (v_entry.transaction_type = 'exchange'::public.transaction_type
                AND w.transaction_type = 'exchange'::public.transaction_type
                AND w.metadata ->> 'exchange_id' = v_entry.metadata ->> 'exchange_id'
                AND w.user_id = v_entry.user_id)
         ORDER BY w.currency
    LOOP
        v_made := public.wallet_apply(
            v_leg.user_id, 'refund'::public.transaction_type, v_leg.currency,
            -v_leg.amount::bigint
                * public.wallet_entry_sign(v_leg.transaction_type, v_leg.currency, v_leg.metadata, v_leg.related_reading_id),
            pg_catalog.jsonb_build_object('reverses_entry_id', v_leg.id),
            v_leg.related_payment_id, v_leg.related_reading_id, v_leg.related_invite_id);
        IF v_leg.id = p_entry_id THEN
            v_entry_id := v_made;
        END IF;
    END LOOP;

    IF v_entry.transaction_type = 'refund'::public.transaction_type AND v_entry.related_reading_id IS NULL THEN
        UPDATE public.payments p
           SET status = 'succeeded'::public.payment_status
         WHERE p.id = v_entry.related_payment_id AND p.status = 'refunded'::public.payment_status;
    END IF;
    RETURN v_entry_id;
END
$$;

CREATE OR REPLACE FUNCTION public.expire_invites() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_count bigint;
BEGIN
    UPDATE public.user_invites i
       SET status = 'expired'
     WHERE i.id IN (SELECT o.id FROM public.user_invites o
                     WHERE o.status = 'pending' AND o.expires_at <= pg_catalog.clock_timestamp()
                       FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_purchase(p_payment_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_payment  public.payments;
    v_entry_id uuid;
BEGIN
    SELECT * INTO v_payment FROM public.payments p WHERE p.id = p_payment_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no payment %s', COALESCE(p_payment_id::text, 'null'));
    END IF;

    -- Gateways deliver their events more than once, and the second may come after a refund.
    SELECT w.id INTO v_entry_id
      FROM public.wallet_transactions w
     WHERE w.related_payment_id = p_payment_id AND w.transaction_type = 'purchase'::public.transaction_type;
    IF FOUND THEN
        RETURN v_entry_id;
    END IF;

    IF v_payment.status <> 'succeeded'::public.payment_status THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('payment %s is %s, and only a succeeded one is credited', p_payment_id, v_payment.status);
    END IF;

    RETURN public.wallet_apply(v_payment.user_id, 'purchase'::public.transaction_type, 'STAR'::public.currency,
                               v_payment.stars_total, p_related_payment_id => p_payment_id);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_refund_reading(p_reading_id uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_user_id  uuid;
    v_debit    public.wallet_transactions;
    v_entry_id uuid;
BEGIN
    SELECT r.user_id INTO v_user_id FROM public.tarot_readings r WHERE r.id = p_reading_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = pg_catalog.format('there is no reading %s', COALESCE(p_reading_id::text, 'null'));
    END IF;

    SELECT w.id INTO v_entry_id
      FROM public.wallet_transactions w
     WHERE w.related_reading_id = p_reading_id
       AND w.transaction_type = 'refund'::public.transaction_type
       AND NOT COALESCE(w.metadata ? 'reverses_entry_id', false);
    IF FOUND THEN
        IF EXISTS (SELECT FROM public.wallet_transactions r
                    WHERE r.metadata ? 'reverses_entry_id' AND (r.metadata ->> 'reverses_entry_id')::uuid = v_entry_id) THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = pg_catalog.format('the stars of reading %s were given back, and that was reversed', p_reading_id),
                HINT = 'Give them back with an adjustment.';
        END IF;
        RETURN v_entry_id;
    END IF;

    SELECT * INTO v_debit
      FROM public.wallet_transactions w
     WHERE w.related_reading_id = p_reading_id AND w.transaction_type = 'reading'::public.transaction_type;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('reading %s was never debited: there is nothing to give back', p_reading_id);
    END IF;
    IF EXISTS (SELECT FROM public.wallet_transactions r
                WHERE r.metadata ? 'reverses_entry_id' AND (r.metadata ->> 'reverses_entry_id')::uuid = v_debit.id) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = pg_catalog.format('the debit of reading %s was reversed: there is nothing to give back', p_reading_id);
    END IF;

    RETURN public.wallet_apply(v_debit.user_id, 'refund'::public.transaction_type, 'STAR'::public.currency,
                               v_debit.amount, p_related_reading_id => p_reading_id);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_exchange(
    p_user_id uuid,
    p_coins   bigint,
    p_stars   bigint,
    OUT exchange_id   uuid,
    OUT coin_entry_id uuid,
    OUT star_entry_id uuid
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_metadata jsonb;
BEGIN
    IF COALESCE(p_coins <= 0, true) OR COALESCE(p_stars <= 0, true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an exchange needs a number of coins and a number of stars, both above zero';
    END IF;
    exchange_id := pg_catalog.gen_random_uuid();
    v_metadata := pg_catalog.jsonb_build_object('exchange_id', exchange_id);
    coin_entry_id := public.wallet_apply(p_user_id, 'exchange'::public.transaction_type, 'COIN'::public.currency,
                                         -p_coins, v_metadata);
    star_entry_id := public.wallet_apply(p_user_id, 'exchange'::public.transaction_type, 'STAR'::public.currency,
                                         p_stars, v_metadata);
END
$$;

CREATE OR REPLACE FUNCTION public.wallet_adjust(
    p_user_id   uuid,
    p_currency  public.currency,
    p_amount    bigint,
    p_direction text,
    p_reason    text,
    p_operator  text
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF p_currency IS NULL OR COALESCE(p_amount <= 0, true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an adjustment needs a currency and an amount above zero';
    END IF;
    IF COALESCE(p_direction NOT IN ('credit', 'debit'), true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the direction of an adjustment is credit or debit';
    END IF;
    IF COALESCE(p_reason !~ '\S', true) OR COALESCE(p_operator !~ '\S', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an adjustment needs a reason and an operator';
    END IF;
    RETURN public.wallet_apply(
        p_user_id, 'adjustment'::public.transaction_type, p_currency,
        CASE p_direction WHEN 'credit' THEN p_amount ELSE -p_amount END,
        pg_catalog.jsonb_build_object('direction', p_direction, 'reason', p_reason, 'operator', p_operator));
END
$$;

DROP FUNCTION public.application_path(boolean, regclass[]);

ALTER FUNCTION public.touch_updated_at() SET search_path = '';
ALTER FUNCTION public.new_invite_code() SET search_path = '';
ALTER FUNCTION public.tier_for_invites(integer) SET search_path = '';
ALTER FUNCTION public.invite_reward_for_tier(integer,public.user_tier) SET search_path = '';
ALTER FUNCTION public.is_admin(uuid) SET search_path = '';
ALTER FUNCTION public.tarot_readings_keep_search() SET search_path = '';
ALTER FUNCTION public.user_can_access_reading(uuid,uuid) SET search_path = '';
ALTER FUNCTION public.refuse_change() SET search_path = '';
ALTER FUNCTION public.wallet_transactions_check_reversal() SET search_path = '';
ALTER FUNCTION public.wallet_entry_sign(public.transaction_type,public.currency,jsonb,uuid) SET search_path = '';
ALTER FUNCTION public.wallet_lock_user(uuid) SET search_path = '';
ALTER FUNCTION public.wallet_purchase(uuid) SET search_path = '';
ALTER FUNCTION public.wallet_refund_reading(uuid) SET search_path = '';
ALTER FUNCTION public.wallet_exchange(uuid,bigint,bigint) SET search_path = '';
ALTER FUNCTION public.wallet_adjust(uuid,public.currency,bigint,text,text,text) SET search_path = '';

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
