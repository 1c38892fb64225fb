-- Refunds: what was asked for, what was taken back for it, and how it stands at the gateway. Money moves at the gateway,
-- outside of any transaction, so a refund is a row that says how far it came, and everything that could happen twice is
-- decided here, under a lock on the payment.
--
-- These functions are the only way to write a refund, for every role. They run with their owner's rights and reach the
-- application through functions of its pack, which are installed after this file: payment_facts, take_units,
-- give_units_back and settle_payment. Locks are always taken in this order: payment, account, refund.
--
-- SQLSTATEs: BR002 there is no such thing, BR004 refused, BR007 somebody else was there first. bursar exits with the
-- last digit.

-- Digits after the decimal point of a currency, as ISO 4217 has them.
CREATE FUNCTION bursar.currency_digits(p_currency text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
    SELECT CASE
               WHEN p_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
                                   'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
               WHEN p_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
               WHEN p_currency IN ('CLF', 'UYW') THEN 4
               ELSE 2
           END
$$;

-- What may be refunded of one payment without a second person, in minor units of the currency; null where there is no
-- limit. The setting names currencies, as in "THB 5000.00, USD 150"; one that it does not name may not be refunded at all
-- without a second person, and neither may any where it cannot be read.
CREATE FUNCTION bursar.refund_limit(p_currency text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT COALESCE((SELECT pg_catalog.trunc(m[2]::numeric
                            * pg_catalog.power(10::numeric, bursar.currency_digits(p_currency)::numeric))::bigint
                       FROM pg_catalog.regexp_matches(s.value, '\m([A-Z]{3}) ([0-9]{1,15}(?:\.[0-9]{1,4})?)(?:,|$)', 'g') AS m
                      WHERE m[1] = p_currency
                      LIMIT 1), 0)
      FROM bursar.settings s
     WHERE s.name = 'refund_limit'
$$;

CREATE TABLE bursar.refunds (
    -- The idempotency key at the gateway, and in its metadata.
    id                uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    -- The order in which refunds were asked for.
    number            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    payment           text COLLATE "C" NOT NULL,
    account           text,
    customer          text,
    -- What the payment was over, and what goes back of it, in minor units of the currency.
    paid              bigint NOT NULL,
    amount            bigint NOT NULL,
    currency          text NOT NULL,
    -- What it takes back of the units that the payment granted; null where payments grant none. What was spent by then
    -- and is let go is written off. What the application had taken back by itself is found, and part of taken.
    unit              text,
    units_taken       numeric NOT NULL DEFAULT 0,
    units_found       numeric NOT NULL DEFAULT 0,
    units_written_off numeric NOT NULL DEFAULT 0,
    if_spent          text NOT NULL,
    reason            text NOT NULL,
    note              text,
    -- Where the refund came from: bursar, or the gateway's own dashboard.
    origin            text NOT NULL DEFAULT 'bursar',
    gateway           text NOT NULL,
    gateway_payment   text[] NOT NULL DEFAULT '{}',
    gateway_ref       text UNIQUE,
    idempotency_key   text UNIQUE,
    request_hash      bytea NOT NULL,
    state             text NOT NULL DEFAULT 'requested',
    -- The ledger's entry that took the units, and the one that gave them back.
    entry             text,
    reversal          text,
    -- The gateway refused, and nobody who may give units back has confirmed it yet.
    refused           boolean NOT NULL DEFAULT false,
    error             text,
    attempts          integer NOT NULL DEFAULT 0,
    -- Who talks to the gateway about it now, and until when at most.
    lease_until       timestamptz,
    lease_pid         integer,
    -- session_user: inside these functions current_user is their owner.
    requested_by      text NOT NULL DEFAULT session_user,
    decided_by        text,
    -- Who made the last step, as bursar knows them: operator, os_user, host.
    actor             jsonb NOT NULL DEFAULT '{}',
    operation_id      uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    created_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    updated_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT refunds_amount_check CHECK (amount > 0 AND amount <= paid),
    CONSTRAINT refunds_units_check CHECK (
        units_taken >= 0 AND units_found >= 0 AND units_written_off >= 0 AND units_found <= units_taken),
    CONSTRAINT refunds_if_spent_check CHECK (if_spent IN ('refuse', 'cap', 'keep')),
    CONSTRAINT refunds_reason_check CHECK (reason IN ('requested_by_customer', 'duplicate', 'fraudulent', 'other')),
    CONSTRAINT refunds_origin_check CHECK (origin IN ('bursar', 'gateway', 'dispute')),
    CONSTRAINT refunds_state_check CHECK (state IN (
        'requested', 'awaiting_approval', 'approved', 'rejected', 'reserved', 'submitted', 'pending', 'requires_action',
        'unknown', 'succeeded', 'failed', 'canceled')),
    CONSTRAINT refunds_refused_check CHECK (NOT refused OR state IN ('submitted', 'unknown', 'pending', 'requires_action'))
);

-- One at a time: what a second one may take depends on how the first one ends.
CREATE UNIQUE INDEX refunds_one_open_per_payment ON bursar.refunds (payment)
    WHERE state NOT IN ('succeeded', 'failed', 'canceled', 'rejected');
CREATE INDEX idx_refunds_payment ON bursar.refunds (payment, number);
CREATE INDEX idx_refunds_open ON bursar.refunds (number)
    WHERE state NOT IN ('succeeded', 'failed', 'canceled', 'rejected');
CREATE INDEX idx_refunds_created_at ON bursar.refunds (created_at);

CREATE TABLE bursar.refund_transitions (
    refund        uuid NOT NULL REFERENCES bursar.refunds (id) ON DELETE RESTRICT,
    position      integer NOT NULL,
    from_state    text,
    to_state      text NOT NULL,
    at            timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    database_role text NOT NULL DEFAULT session_user,
    actor         jsonb NOT NULL,
    detail        text,
    PRIMARY KEY (refund, position)
);

CREATE TRIGGER refund_transitions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.refund_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();
CREATE TRIGGER refunds_are_kept
    BEFORE DELETE OR TRUNCATE ON bursar.refunds
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();

-- The state machine: which step may follow which, whoever writes. A succeeded refund fails when the bank returns the
-- money, and a failed one succeeds when the gateway says so after all.
CREATE FUNCTION bursar.refund_may_become(p_from text, p_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
    SELECT COALESCE(p_to = ANY (CASE
        WHEN p_from IS NULL THEN ARRAY['requested']
        WHEN p_from = 'requested' THEN ARRAY['awaiting_approval', 'reserved']
        WHEN p_from = 'awaiting_approval' THEN ARRAY['approved', 'rejected']
        WHEN p_from = 'approved' THEN ARRAY['reserved']
        WHEN p_from = 'reserved' THEN ARRAY['submitted']
        WHEN p_from = 'submitted' THEN
            ARRAY['pending', 'requires_action', 'unknown', 'succeeded', 'failed', 'canceled']
        WHEN p_from = 'unknown' THEN
            ARRAY['submitted', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled']
        WHEN p_from IN ('pending', 'requires_action') THEN
            ARRAY['pending', 'requires_action', 'succeeded', 'failed', 'canceled']
        WHEN p_from = 'succeeded' THEN ARRAY['failed', 'canceled']
        WHEN p_from IN ('failed', 'canceled') THEN ARRAY['succeeded']
    END), false)
$$;

CREATE FUNCTION bursar.refunds_keep_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_from text := CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END;
BEGIN
    IF NOT bursar.refund_may_become(v_from, NEW.state) THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('refund %s is %s and cannot become %s', NEW.id, COALESCE(v_from, 'new'), NEW.state),
            SCHEMA = 'bursar', TABLE = 'refunds', CONSTRAINT = 'refunds_keep_history';
    END IF;
    INSERT INTO bursar.refund_transitions (refund, position, from_state, to_state, actor, detail)
    SELECT NEW.id, COALESCE(pg_catalog.max(t.position), 0) + 1, v_from, NEW.state, NEW.actor, NEW.error
      FROM bursar.refund_transitions t WHERE t.refund = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER refunds_begin_history
    AFTER INSERT ON bursar.refunds
    FOR EACH ROW EXECUTE FUNCTION bursar.refunds_keep_history();
CREATE TRIGGER refunds_keep_history
    AFTER UPDATE ON bursar.refunds
    FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION bursar.refunds_keep_history();

-- What a refund would do, or why it would not be made.
CREATE TYPE bursar.refund_terms AS (
    payment           text,
    account           text,
    customer          text,
    status            text,
    -- Whether it counts as refunded, at least in part.
    settled           boolean,
    provider          text,
    gateway_payment   text[],
    currency          text,
    paid              bigint,
    refunded_before   bigint,
    amount            bigint,
    remaining         bigint,
    unit              text,
    balance           numeric,
    balance_after     numeric,
    units_due         numeric,
    units_taken       numeric,
    units_found       numeric,
    units_written_off numeric,
    needs_approval    boolean,
    approval_above    bigint,
    -- The newest refund of this payment that was not undone.
    latest            uuid,
    latest_state      text,
    -- Why not: SQLSTATE, the sentence, and what to do. Null where it would be made.
    problem           text,
    message           text,
    hint              text
);

-- An amount of minor units, for messages.
CREATE FUNCTION bursar.money(p_amount bigint, p_currency text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT pg_catalog.concat(
        pg_catalog.round(p_amount / pg_catalog.power(10::numeric, bursar.currency_digits(p_currency)::numeric),
                         bursar.currency_digits(p_currency)), ' ', p_currency)
$$;

-- Works out a refund: of an amount in minor units, or of all that is left. The units that go back are
-- ceil(granted * refunded so far / paid) less what earlier refunds account for, so that the parts add up to the whole. A
-- gateway may have paid back more than was paid in; never are more units taken than were granted.
-- With p_lock it locks the payment and its account first, and what it returns stays true until the transaction ends.
-- p_again says that it is to be another refund of an amount that was refunded before, and p_except names one that is
-- asked about as if it had not been asked for yet.
CREATE FUNCTION bursar.refund_terms(
    p_payment text, p_amount bigint, p_if_spent text, p_again boolean, p_lock boolean, p_except uuid DEFAULT NULL
) RETURNS bursar.refund_terms
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_facts   record;
    v_live    record;
    v_granted numeric;
    v_found   numeric;
    v_take    numeric;
    v         bursar.refund_terms;
BEGIN
    SELECT * INTO v_facts FROM bursar.payment_facts(p_payment, p_lock);
    IF NOT FOUND THEN
        v.problem := 'BR002';
        v.message := pg_catalog.format('there is no payment %s', COALESCE(p_payment, 'null'));
        RETURN v;
    END IF;

    -- What is rejected, failed or canceled gave everything back.
    SELECT COALESCE(pg_catalog.sum(r.amount), 0)::bigint AS amount,
           COALESCE(pg_catalog.sum(r.units_taken + r.units_written_off), 0) AS units,
           COALESCE(pg_catalog.sum(r.units_taken), 0) AS taken,
           (pg_catalog.array_agg(r.id ORDER BY r.number DESC))[1] AS latest,
           (pg_catalog.array_agg(r.state ORDER BY r.number DESC))[1] AS latest_state,
           (pg_catalog.array_agg(r.id ORDER BY r.number) FILTER (WHERE r.amount = p_amount))[1] AS equal,
           (pg_catalog.array_agg(r.state ORDER BY r.number) FILTER (WHERE r.amount = p_amount))[1] AS equal_state
      INTO v_live
      FROM bursar.refunds r
     WHERE r.payment = v_facts.payment AND r.state NOT IN ('rejected', 'failed', 'canceled')
       AND r.id IS DISTINCT FROM p_except;

    v.payment := v_facts.payment;
    v.account := v_facts.account;
    v.customer := v_facts.customer;
    v.status := v_facts.status;
    v.settled := v_facts.settled;
    v.provider := v_facts.provider;
    v.gateway_payment := v_facts.provider_ids;
    v.currency := v_facts.currency;
    v.paid := v_facts.amount;
    v.refunded_before := v_live.amount;
    v.latest := v_live.latest;
    v.latest_state := v_live.latest_state;
    v.amount := COALESCE(p_amount, v_facts.amount - v_live.amount);
    v.remaining := v_facts.amount - v_live.amount - v.amount;
    v.unit := v_facts.unit;
    v.balance := v_facts.balance;

    v_granted := COALESCE(v_facts.granted, 0);
    v.units_due := GREATEST(
        LEAST(pg_catalog.ceil(v_granted * (v_live.amount + v.amount) / NULLIF(v_facts.amount, 0)), v_granted) - v_live.units,
        0);
    v_found := LEAST(v.units_due, GREATEST(COALESCE(v_facts.taken, 0) - v_live.taken, 0));
    v_take := v.units_due - v_found;
    IF v_take > GREATEST(COALESCE(v.balance, 0), 0) THEN
        v_take := CASE p_if_spent WHEN 'cap' THEN GREATEST(COALESCE(v.balance, 0), 0) ELSE 0 END;
    END IF;
    v.units_found := v_found;
    v.units_taken := v_found + v_take;
    v.units_written_off := v.units_due - v.units_taken;
    v.balance_after := v.balance - v_take;

    v.approval_above := bursar.refund_limit(v.currency);
    v.needs_approval := COALESCE(v_live.amount + v.amount > v.approval_above, false);

    IF v_live.equal IS NOT NULL AND NOT p_again THEN
        v.problem := 'BR007';
        v.message := pg_catalog.format('%s of payment %s were refunded before: refund %s is %s',
                                       bursar.money(p_amount, v.currency), v.payment, v_live.equal, v_live.equal_state);
        v.hint := 'if this is to be another refund of the same amount, add --again';
    ELSIF v.latest_state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') THEN
        v.problem := 'BR007';
        v.message := pg_catalog.format('refund %s of this payment, over %s, is %s', v.latest,
                                       bursar.money(v_live.amount, v.currency), v.latest_state);
        v.hint := pg_catalog.format('look at it, and finish it first: bursar refund show %s', v.latest);
    ELSIF NOT v_facts.refundable AND v_live.amount = 0 AND v_facts.settled THEN
        v.problem := 'BR007';
        v.message := pg_catalog.format('payment %s is %s already, but not through bursar', v.payment, v.status);
        v.hint := 'bring in what was done at the gateway: bursar refund sync';
    ELSIF NOT v_facts.refundable THEN
        v.problem := 'BR004';
        v.message := pg_catalog.format('payment %s is %s, so there is nothing to refund', v.payment, v.status);
    ELSIF v.amount <= 0 OR v.remaining < 0 THEN
        v.problem := 'BR004';
        v.message := pg_catalog.format('payment %s has %s left to refund, of %s', v.payment,
                                       bursar.money(v.paid - v_live.amount, v.currency), bursar.money(v.paid, v.currency));
    ELSIF v.units_written_off > 0 AND p_if_spent = 'refuse' THEN
        v.problem := 'BR004';
        v.message := pg_catalog.format('%s %s have to be taken back and %s are there: %s were spent',
                                       v.units_due - v_found, v.unit, v.balance, v.units_due - v_found - v.balance);
        v.hint := '--if-spent cap takes what is there and writes the rest off; --if-spent keep takes nothing';
    END IF;
    RETURN v;
END
$$;

-- What a refund would do, for a preview; and what one would do that waits for approval. They lock nothing.
CREATE FUNCTION bursar.refund_preview(p_payment text, p_amount bigint, p_if_spent text, p_again boolean)
RETURNS bursar.refund_terms
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    SELECT bursar.refund_terms(p_payment, p_amount, p_if_spent, p_again, false)
$$;

CREATE FUNCTION bursar.refund_preview_approval(p_refund uuid) RETURNS bursar.refund_terms
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    SELECT bursar.refund_terms(r.payment, r.amount, r.if_spent, true, false, r.id) FROM bursar.refunds r WHERE r.id = p_refund
$$;

-- Whether the login may do what only operators may: it is one, or it owns this schema.
CREATE FUNCTION bursar.may_operate() RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT pg_catalog.pg_has_role(session_user, 'bursar_operator', 'MEMBER')
        OR pg_catalog.pg_has_role(session_user, n.nspowner, 'MEMBER')
      FROM pg_catalog.pg_namespace n WHERE n.nspname = 'bursar'
$$;

-- Sets the payment's state to what its succeeded refunds come to.
CREATE FUNCTION bursar.refund_settle(p_payment text, p_paid bigint) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM bursar.settle_payment(
        p_payment,
        (SELECT COALESCE(pg_catalog.sum(r.amount), 0)::bigint
           FROM bursar.refunds r WHERE r.payment = p_payment AND r.state = 'succeeded'),
        p_paid);
END
$$;

-- Takes the units and makes the refund ready to be submitted, by the caller, who has a minute to begin. A record-only
-- refund has nowhere to be submitted to: the money was moved already, so it is done here.
CREATE FUNCTION bursar.refund_reserve(p_refund uuid, p_terms bursar.refund_terms) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_entry   text;
    v_gateway text;
BEGIN
    IF p_terms.units_taken > p_terms.units_found THEN
        v_entry := bursar.take_units(p_terms.payment, p_terms.units_taken - p_terms.units_found, p_refund);
    END IF;
    UPDATE bursar.refunds r
       SET state = 'reserved', entry = v_entry, units_taken = p_terms.units_taken, units_found = p_terms.units_found,
           units_written_off = p_terms.units_written_off,
           lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(mins => 1),
           lease_pid = pg_catalog.pg_backend_pid(), updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund
    RETURNING r.gateway INTO v_gateway;
    IF v_gateway = 'record-only' THEN
        UPDATE bursar.refunds r SET state = 'submitted', attempts = 1 WHERE r.id = p_refund;
        UPDATE bursar.refunds r
           SET state = 'succeeded', lease_until = NULL, lease_pid = NULL, updated_at = pg_catalog.clock_timestamp()
         WHERE r.id = p_refund;
        PERFORM bursar.refund_settle(p_terms.payment, p_terms.paid);
    END IF;
END
$$;

-- Refuses what the terms refuse, and what is no longer as it was shown to whoever agreed to it.
CREATE FUNCTION bursar.refund_hold_to(p_terms bursar.refund_terms, p_expected jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF p_terms.problem IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = p_terms.problem, MESSAGE = p_terms.message, HINT = COALESCE(p_terms.hint, '');
    END IF;
    IF p_expected IS DISTINCT FROM pg_catalog.to_jsonb(p_terms) AND p_expected IS NOT NULL THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('payment %s or its account changed since the refund was shown', p_terms.payment),
            DETAIL = (SELECT pg_catalog.string_agg(pg_catalog.format(
                                 '%s was %s and is %s', n.key, p_expected ->> n.key, COALESCE(n.value #>> '{}', 'null')), ', ')
                        FROM pg_catalog.jsonb_each(pg_catalog.to_jsonb(p_terms)) AS n
                       WHERE n.value IS DISTINCT FROM p_expected -> n.key),
            HINT = 'look at it again, and decide again';
    END IF;
END
$$;

-- Asks for a refund: of p_amount minor units, or without it of all that is left. The same request again, by its key or
-- because all of the payment is refunded or being refunded, returns the refund that there is. p_expected is what was
-- shown to whoever agreed to it; where it is no longer true, nothing happens.
CREATE FUNCTION bursar.refund_request(
    p_payment     text,
    p_amount      bigint,
    p_if_spent    text,
    p_reason      text,
    p_note        text,
    p_gateway     text,
    p_gateway_ref text,
    p_key         text,
    p_again       boolean,
    p_expected    jsonb,
    p_actor       jsonb,
    OUT existing  boolean,
    OUT refund    bursar.refunds
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_terms bursar.refund_terms;
    v_hash  bytea;
BEGIN
    IF p_amount <= 0 THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a refund is of more than nothing';
    END IF;
    IF COALESCE(p_gateway !~ '^[a-z][a-z-]*$', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a refund needs the name of a gateway';
    END IF;
    -- Requests of one key take turns, also where they are for several payments.
    IF p_key IS NOT NULL THEN
        PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('bursar.refunds ' || p_key, 0));
    END IF;
    v_terms := bursar.refund_terms(p_payment, p_amount, p_if_spent, p_again, true);
    IF v_terms.problem = 'BR002' THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = v_terms.message;
    END IF;

    v_hash := pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.jsonb_build_array(
        v_terms.payment, p_amount, p_if_spent, p_reason, p_note, p_gateway, p_gateway_ref)::text, 'UTF8'));

    existing := true;
    IF p_key IS NOT NULL THEN
        SELECT r.* INTO refund FROM bursar.refunds r WHERE r.idempotency_key = p_key;
        IF FOUND AND refund.request_hash = v_hash THEN
            RETURN;
        ELSIF FOUND THEN
            RAISE SQLSTATE 'BR007' USING
                MESSAGE = pg_catalog.format('the idempotency key was used for another request, refund %s of payment %s',
                                            refund.id, refund.payment),
                HINT = pg_catalog.format('look at it: bursar refund show %s', refund.id);
        END IF;
    END IF;
    IF (p_amount IS NULL OR p_amount = v_terms.paid) AND v_terms.refunded_before >= v_terms.paid THEN
        SELECT r.* INTO STRICT refund FROM bursar.refunds r WHERE r.id = v_terms.latest;
        RETURN;
    END IF;
    PERFORM bursar.refund_hold_to(v_terms, p_expected);
    SELECT r.* INTO refund FROM bursar.refunds r WHERE r.gateway_ref = p_gateway_ref;
    IF FOUND THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('%s is refund %s, of payment %s', p_gateway_ref, refund.id, refund.payment),
            HINT = pg_catalog.format('look at it: bursar refund show %s', refund.id);
    END IF;

    existing := false;
    INSERT INTO bursar.refunds
        (payment, account, customer, paid, amount, currency, unit, if_spent, reason, note, gateway, gateway_payment,
         gateway_ref, idempotency_key, request_hash, actor)
    VALUES
        (v_terms.payment, v_terms.account, v_terms.customer, v_terms.paid, v_terms.amount, v_terms.currency, v_terms.unit,
         p_if_spent, p_reason, p_note, p_gateway, v_terms.gateway_payment, p_gateway_ref, p_key, v_hash, p_actor)
    RETURNING * INTO refund;
    IF v_terms.needs_approval THEN
        UPDATE bursar.refunds r SET state = 'awaiting_approval' WHERE r.id = refund.id;
    ELSE
        PERFORM bursar.refund_reserve(refund.id, v_terms);
    END IF;
    SELECT r.* INTO STRICT refund FROM bursar.refunds r WHERE r.id = refund.id;
    PERFORM bursar.refund_log(refund, 'refund create');
END
$$;

-- What the operator log keeps of a step.
CREATE FUNCTION bursar.refund_log(p_refund bursar.refunds, p_command text) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
    SELECT bursar.log_operation(
        p_refund.actor, p_command,
        pg_catalog.jsonb_build_object(
            'refund', p_refund.id, 'payment', p_refund.payment, 'amount', p_refund.amount::text, 'currency', p_refund.currency,
            'unit', p_refund.unit, 'units_taken', p_refund.units_taken::text,
            'units_written_off', p_refund.units_written_off::text, 'entry', p_refund.entry, 'reversal', p_refund.reversal,
            'gateway', p_refund.gateway, 'gateway_ref', p_refund.gateway_ref),
        pg_catalog.concat_ws(': ', p_refund.reason, p_refund.note), p_refund.state, p_refund.operation_id)
$$;

-- Locks a refund's payment and account, then the refund, in the order that every function here has.
CREATE FUNCTION bursar.refund_locked(p_refund uuid, OUT refund bursar.refunds)
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM bursar.payment_facts(r.payment, true) FROM bursar.refunds r WHERE r.id = p_refund;
    SELECT r.* INTO refund FROM bursar.refunds r WHERE r.id = p_refund FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('there is no refund %s', COALESCE(p_refund::text, 'null'));
    END IF;
END
$$;

-- Makes the caller the one who talks to the gateway about a refund, for so many seconds at most. Returns nothing where
-- somebody else is at it; a server process that has ended is nobody.
CREATE FUNCTION bursar.refund_claim(p_refund uuid, p_seconds integer) RETURNS SETOF bursar.refunds
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    UPDATE bursar.refunds r
       SET lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => LEAST(p_seconds, 7200)),
           lease_pid = pg_catalog.pg_backend_pid()
     WHERE r.id = p_refund
       AND (COALESCE(r.lease_until <= pg_catalog.clock_timestamp(), true)
            OR r.lease_pid = pg_catalog.pg_backend_pid()
            OR NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = r.lease_pid))
    RETURNING r.*
$$;

-- Ends the caller's claim on a refund about which there is nothing new.
CREATE FUNCTION bursar.refund_release(p_refund uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    UPDATE bursar.refunds r SET lease_until = NULL, lease_pid = NULL
     WHERE r.id = p_refund AND r.lease_pid = pg_catalog.pg_backend_pid()
$$;

-- Says that a refund is about to be submitted, which takes so many seconds at most. Whoever holds the lease says it, and
-- nobody else can at that moment.
CREATE FUNCTION bursar.refund_submitting(p_refund uuid, p_seconds integer, p_actor jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE bursar.refunds r
       SET state = 'submitted', attempts = r.attempts + 1, refused = false, error = NULL, actor = p_actor,
           lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => LEAST(p_seconds, 7200)),
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund AND r.lease_pid = pg_catalog.pg_backend_pid() AND r.lease_until > pg_catalog.clock_timestamp()
       AND r.state IN ('reserved', 'submitted', 'unknown');
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is no longer ours to submit', p_refund),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    END IF;
END
$$;

-- Records what the gateway said: succeeded, pending, requires_action, failed, canceled or unknown; and refused, where it
-- made no refund at all. Units are given back only for a login that may operate: anybody else could say "failed" after
-- the gateway has paid. For them the refund waits, marked as refused.
CREATE FUNCTION bursar.refund_answered(
    p_refund uuid, p_answer text, p_gateway_ref text, p_why text, p_actor jsonb, OUT refund bursar.refunds
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_was   text;
    v_state text := CASE p_answer WHEN 'refused' THEN 'failed' ELSE p_answer END;
    v_terms bursar.refund_terms;
BEGIN
    IF v_state NOT IN ('succeeded', 'pending', 'requires_action', 'failed', 'canceled', 'unknown') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('%L is no answer of a gateway', p_answer);
    END IF;
    refund := bursar.refund_locked(p_refund);
    v_was := refund.state;
    -- A later answer to an earlier question changes nothing that is known by now.
    IF v_was = v_state OR (v_state = 'unknown' AND v_was <> 'submitted')
       OR (v_state IN ('failed', 'canceled') AND v_was IN ('failed', 'canceled')) THEN
        UPDATE bursar.refunds r
           SET lease_until = NULL, lease_pid = NULL, gateway_ref = COALESCE(r.gateway_ref, p_gateway_ref)
         WHERE r.id = p_refund RETURNING r.* INTO refund;
        RETURN;
    END IF;
    IF v_state IN ('failed', 'canceled') AND NOT bursar.may_operate() THEN
        IF v_was = 'succeeded' THEN
            RAISE SQLSTATE 'BR004' USING
                MESSAGE = pg_catalog.format('the gateway says that refund %s, which succeeded, is %s now; an operator has to confirm it',
                                            p_refund, v_state),
                HINT = 'as a member of bursar_operator: bursar refund resume --recheck DAYS';
        END IF;
        UPDATE bursar.refunds r
           SET refused = true, error = p_why, gateway_ref = COALESCE(p_gateway_ref, r.gateway_ref), actor = p_actor,
               lease_until = NULL, lease_pid = NULL, updated_at = pg_catalog.clock_timestamp()
         WHERE r.id = p_refund RETURNING r.* INTO refund;
        RETURN;
    END IF;

    IF v_state IN ('failed', 'canceled') AND refund.entry IS NOT NULL AND refund.reversal IS NULL THEN
        refund.reversal := bursar.give_units_back(refund.entry, p_refund);
    ELSIF v_state = 'succeeded' AND v_was IN ('failed', 'canceled') THEN
        -- The units were given back, and the money went all the same: what is there is taken again.
        v_terms := bursar.refund_terms(refund.payment, refund.amount, 'cap', true, false);
        refund.entry := CASE WHEN v_terms.units_taken > v_terms.units_found THEN
            bursar.take_units(refund.payment, v_terms.units_taken - v_terms.units_found, p_refund) END;
        refund.reversal := NULL;
        refund.units_taken := v_terms.units_taken;
        refund.units_found := v_terms.units_found;
        refund.units_written_off := v_terms.units_written_off;
    END IF;
    UPDATE bursar.refunds r
       SET state = v_state, gateway_ref = COALESCE(p_gateway_ref, r.gateway_ref), error = p_why, refused = false,
           entry = refund.entry, reversal = refund.reversal, units_taken = refund.units_taken,
           units_found = refund.units_found, units_written_off = refund.units_written_off,
           lease_until = NULL, lease_pid = NULL, actor = p_actor, updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund RETURNING r.* INTO refund;
    IF 'succeeded' IN (v_state, v_was) THEN
        PERFORM bursar.refund_settle(refund.payment, refund.paid);
    END IF;
    PERFORM bursar.refund_log(refund, 'refund answer');
END
$$;

-- Lets a refund go on that waits for a second person, who must be another login than the one that asked for it. What it
-- would do is worked out again, because the payment and the account may have changed while it waited.
CREATE FUNCTION bursar.refund_approve(p_refund uuid, p_expected jsonb, p_actor jsonb, OUT refund bursar.refunds)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_terms bursar.refund_terms;
BEGIN
    refund := bursar.refund_locked(p_refund);
    IF refund.state <> 'awaiting_approval' THEN
        RAISE SQLSTATE 'BR007' USING MESSAGE = pg_catalog.format('refund %s is %s: it awaits no approval', p_refund, refund.state);
    END IF;
    IF refund.requested_by = session_user THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('refund %s was requested by %s, who cannot approve it too', p_refund, session_user),
            HINT = 'let another member of bursar_operator approve it';
    END IF;
    v_terms := bursar.refund_terms(refund.payment, refund.amount, refund.if_spent, true, false, refund.id);
    PERFORM bursar.refund_hold_to(v_terms, p_expected);
    UPDATE bursar.refunds r SET state = 'approved', decided_by = session_user, actor = p_actor WHERE r.id = p_refund;
    PERFORM bursar.refund_reserve(p_refund, v_terms);
    SELECT r.* INTO STRICT refund FROM bursar.refunds r WHERE r.id = p_refund;
    PERFORM bursar.refund_log(refund, 'refund approve');
END
$$;

CREATE FUNCTION bursar.refund_reject(p_refund uuid, p_why text, p_actor jsonb, OUT refund bursar.refunds)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    refund := bursar.refund_locked(p_refund);
    IF refund.state <> 'awaiting_approval' THEN
        RAISE SQLSTATE 'BR007' USING MESSAGE = pg_catalog.format('refund %s is %s: it awaits no approval', p_refund, refund.state);
    END IF;
    UPDATE bursar.refunds r
       SET state = 'rejected', decided_by = session_user, error = p_why, actor = p_actor,
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund RETURNING r.* INTO refund;
    PERFORM bursar.refund_log(refund, 'refund reject');
END
$$;

-- Brings in a refund that was made without bursar, as it stands at the gateway. What the application has taken back by
-- itself is found; what is there of the rest is taken, and what was spent is written off, because the money is gone.
CREATE FUNCTION bursar.refund_import(
    p_payment     text,
    p_amount      bigint,
    p_gateway     text,
    p_gateway_ref text,
    p_state       text,
    p_origin      text,
    p_reason      text,
    p_note        text,
    p_actor       jsonb,
    OUT existing  boolean,
    OUT refund    bursar.refunds
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_terms bursar.refund_terms;
BEGIN
    IF COALESCE(p_state NOT IN ('succeeded', 'pending', 'requires_action'), true) OR p_gateway_ref IS NULL THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'only what the gateway has under an id, and has not failed, can be brought in';
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
    IF v_terms.latest_state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') THEN
        RAISE SQLSTATE 'BR007' USING MESSAGE = v_terms.message, HINT = v_terms.hint;
    END IF;
    IF v_terms.remaining < 0 OR v_terms.amount <= 0 THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('%s has %s over %s, and of payment %s only %s are left to refund', p_gateway,
                                        p_gateway_ref, bursar.money(p_amount, v_terms.currency), v_terms.payment,
                                        bursar.money(v_terms.paid - v_terms.refunded_before, v_terms.currency)),
            HINT = 'compare the payment with the gateway by hand';
    END IF;
    existing := false;
    INSERT INTO bursar.refunds
        (payment, account, customer, paid, amount, currency, unit, if_spent, reason, note, origin, gateway, gateway_payment,
         gateway_ref, request_hash, actor)
    VALUES
        (v_terms.payment, v_terms.account, v_terms.customer, v_terms.paid, v_terms.amount, v_terms.currency, v_terms.unit,
         'cap', p_reason, p_note, p_origin, p_gateway, v_terms.gateway_payment, p_gateway_ref, '\x', p_actor)
    RETURNING * INTO refund;
    PERFORM bursar.refund_reserve(refund.id, v_terms);
    UPDATE bursar.refunds r SET state = 'submitted' WHERE r.id = refund.id;
    UPDATE bursar.refunds r SET state = p_state, lease_until = NULL, lease_pid = NULL
     WHERE r.id = refund.id RETURNING r.* INTO refund;
    IF p_state = 'succeeded' THEN
        PERFORM bursar.refund_settle(refund.payment, refund.paid);
    END IF;
    PERFORM bursar.refund_log(refund, 'refund sync');
END
$$;

-- Nobody but the owner reaches anything of this until it is granted. Default privileges may have granted to the API roles
-- by name, which revoking from PUBLIC would not undo.
REVOKE ALL ON TABLE bursar.refunds, bursar.refund_transitions FROM PUBLIC;
REVOKE ALL ON SEQUENCE bursar.refunds_number_seq FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM PUBLIC;
REVOKE ALL ON TYPE bursar.refund_terms FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE bursar.refunds, bursar.refund_transitions FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON SEQUENCE bursar.refunds_number_seq FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM %I', v_role);
    END LOOP;
END
$$;

GRANT SELECT ON bursar.refunds, bursar.refund_transitions TO bursar_auditor, bursar_support, bursar_operator;
GRANT EXECUTE ON FUNCTION
    bursar.refund_preview(text, bigint, text, boolean),
    bursar.refund_request(text, bigint, text, text, text, text, text, text, boolean, jsonb, jsonb),
    bursar.refund_claim(uuid, integer),
    bursar.refund_release(uuid),
    bursar.refund_submitting(uuid, integer, jsonb),
    bursar.refund_answered(uuid, text, text, text, jsonb)
    TO bursar_support, bursar_operator;
GRANT EXECUTE ON FUNCTION
    bursar.may_operate(),
    bursar.refund_preview_approval(uuid),
    bursar.refund_approve(uuid, jsonb, jsonb),
    bursar.refund_reject(uuid, text, jsonb),
    bursar.refund_import(text, bigint, text, text, text, text, text, text, jsonb)
    TO bursar_operator;
GRANT EXECUTE ON FUNCTION bursar.may_operate() TO bursar_support;
