-- Adjustments of balances have a limit and a second person, as refunds have. Each adjustment is a row, whether it is done
-- or waits, so that the limit holds for what was done in parts.

ALTER TABLE bursar.settings
    -- squawk-ignore ban-drop-constraint -- it is made again with one more name
    DROP CONSTRAINT settings_name_check,
    -- squawk-ignore ban-drop-constraint -- it is made again below, where an earlier try left it
    DROP CONSTRAINT IF EXISTS settings_adjust_limit_check,
    -- squawk-ignore constraint-missing-not-valid -- the table has a handful of rows
    ADD CONSTRAINT settings_name_check CHECK (name IN ('protected', 'refund_limit', 'adjust_limit')),
    -- squawk-ignore constraint-missing-not-valid -- no row has this name yet
    ADD CONSTRAINT settings_adjust_limit_check CHECK (name <> 'adjust_limit' OR pg_catalog.btrim(value) <> '');

-- What one person may add to or take from an account without a second one, in this unit; null where there is no limit.
-- The setting names units, as in "STAR 500, COIN 1000.5". A unit that it does not name has the limit 0, and so has each
-- one where the setting cannot be read.
CREATE FUNCTION bursar.adjust_limit(p_unit text) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT m[2]::numeric
                       FROM pg_catalog.string_to_table(s.value, ',') AS part,
                            pg_catalog.regexp_match(
                                part, '^[[:space:]]*([^[:space:]]+)[[:space:]]+([0-9]{1,15}(?:[.][0-9]{1,18})?)[[:space:]]*$') AS m
                      WHERE m[1] = p_unit
                      LIMIT 1), 0)
      FROM bursar.settings s
     WHERE s.name = 'adjust_limit'
$$;

-- One text for all the ways in which an id can be written: an application casts it to its own type, which may take
-- {8F0E…} for 8f0e…, or 007 for 7. Where two ids that are not the same become one here, they share a limit, which makes
-- it no larger.
CREATE FUNCTION bursar.id_key(p_id text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_id     text := pg_catalog.lower(pg_catalog.btrim(p_id, E' \t\n\r\f\x0b'));
    v_uuid   text := pg_catalog.translate(v_id, '{}-', '');
    v_number text;
BEGIN
    IF v_uuid ~ '^[0-9a-f]{32}$' THEN
        RETURN v_uuid;
    ELSIF v_id !~ '^[-+.0-9]' OR pg_catalog.length(v_id) > 40 THEN
        RETURN v_id;
    END IF;
    BEGIN
        v_number := pg_catalog.trim_scale(v_id::numeric)::text;
    EXCEPTION WHEN data_exception THEN
        RETURN v_id;
    END;
    RETURN CASE WHEN pg_catalog.length(v_number) > 64 THEN v_id ELSE v_number END;
END
$$;

CREATE TABLE bursar.adjustments (
    id           uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    -- The order in which they were asked for.
    number       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    account      text NOT NULL,
    account_key  text COLLATE "C" NOT NULL,
    unit         text COLLATE "C" NOT NULL,
    -- What is added, with its sign.
    amount       numeric NOT NULL,
    reason       text NOT NULL,
    state        text NOT NULL,
    -- The ledger's entry, once there is one.
    entry        text,
    -- session_user: inside these functions current_user is their owner.
    requested_by text NOT NULL DEFAULT session_user,
    -- The second person, where there is one.
    decided_by   text,
    -- Why it was rejected.
    why          text,
    -- Who made the last step, as bursar knows them: operator, os_user, host.
    actor        jsonb NOT NULL DEFAULT '{}',
    operation_id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    updated_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT adjustments_amount_check CHECK (amount NOT IN (0, 'NaN', 'Infinity', '-Infinity')),
    CONSTRAINT adjustments_reason_check CHECK (reason ~ '[^[:space:]]'),
    CONSTRAINT adjustments_state_check CHECK (state IN ('awaiting_approval', 'done', 'rejected')),
    CONSTRAINT adjustments_entry_check CHECK (entry IS NULL OR state = 'done'),
    CONSTRAINT adjustments_decided_check CHECK (state <> 'awaiting_approval' OR decided_by IS NULL),
    CONSTRAINT adjustments_second_person_check CHECK (state <> 'done' OR decided_by IS DISTINCT FROM requested_by)
);

-- One at a time: whoever asks twice meets the first one.
CREATE UNIQUE INDEX adjustments_one_open_per_balance ON bursar.adjustments (account_key, unit)
    WHERE state = 'awaiting_approval';
CREATE INDEX idx_adjustments_balance ON bursar.adjustments (account_key, unit, updated_at) WHERE state = 'done';

CREATE TRIGGER adjustments_see_what_is_there
    BEFORE INSERT ON bursar.adjustments
    FOR EACH ROW EXECUTE FUNCTION bursar.refuse_old_snapshot();
CREATE TRIGGER adjustments_are_kept
    BEFORE DELETE OR TRUNCATE ON bursar.adjustments
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();
CREATE TRIGGER adjustments_stay_decided
    BEFORE UPDATE ON bursar.adjustments
    FOR EACH ROW WHEN (OLD.state <> 'awaiting_approval')
    EXECUTE FUNCTION bursar.refuse_change();

-- What an adjustment comes to, beside the limit. Counted are the adjustments of this account and unit that were done in
-- the last 30 days without a second person, by whichever login, each without its sign: parts come to what the whole is,
-- and taking something back makes no room.
CREATE FUNCTION bursar.adjust_terms(
    p_account          text,
    p_unit             text,
    p_amount           numeric,
    OUT limit_is       numeric,
    OUT alone          numeric,
    OUT needs_approval boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    limit_is := bursar.adjust_limit(p_unit);
    SELECT COALESCE(pg_catalog.sum(pg_catalog.abs(a.amount)), 0)
      INTO alone
      FROM bursar.adjustments a
     WHERE a.account_key = bursar.id_key(p_account) AND a.unit = p_unit AND a.state = 'done' AND a.decided_by IS NULL
       AND a.updated_at > pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => 30);
    needs_approval := COALESCE(alone + pg_catalog.abs(p_amount) > limit_is, false);
END
$$;

-- What the operator log keeps of a step.
CREATE FUNCTION bursar.adjustment_log(p_adjustment bursar.adjustments, p_command text, p_before numeric) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    -- Amounts are text, because the numbers of JSON are not exact everywhere.
    SELECT bursar.log_operation(
        p_adjustment.actor, p_command,
        pg_catalog.jsonb_build_object(
            'adjustment', p_adjustment.id, 'account', p_adjustment.account, 'unit', p_adjustment.unit,
            'amount', p_adjustment.amount::text, 'before', p_before::text,
            'after', (p_before + p_adjustment.amount)::text, 'entry', p_adjustment.entry),
        COALESCE(p_adjustment.why, p_adjustment.reason), p_adjustment.state, p_adjustment.operation_id)
$$;

-- The balance, with the account locked: from here on nobody else moves it. p_expected is what it was when somebody
-- decided; where it has moved since, nothing is done.
CREATE FUNCTION bursar.adjustable_balance(p_account text, p_unit text, p_amount numeric, p_expected numeric)
RETURNS numeric
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_balance numeric;
BEGIN
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
    RETURN v_balance;
END
$$;

-- Its result is another one now: an adjustment that is done, or one that waits.
-- squawk-ignore ban-drop-function -- it is made again with another result
DROP FUNCTION bursar.wallet_adjust(text, text, numeric, numeric, text, jsonb);

-- Adds p_amount, which may be negative, to what the account has of the unit, by an entry of the ledger, and logs it.
-- Above the limit nothing is added, and the adjustment waits for another login.
CREATE FUNCTION bursar.wallet_adjust(
    p_account      text,
    p_unit         text,
    p_amount       numeric,
    p_expected     numeric,
    p_reason       text,
    p_actor        jsonb,
    OUT adjustment bursar.adjustments
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_operator text := COALESCE(p_actor ->> 'operator', p_actor ->> 'os_user', session_user::text);
    v_balance  numeric;
    v_entry    text;
    v_waits    boolean;
BEGIN
    IF COALESCE(p_amount IN (0, 'NaN', 'Infinity', '-Infinity'), true) THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('an adjustment adds or takes something; %s does not', COALESCE(p_amount::text, 'null'));
    END IF;
    IF COALESCE(p_reason !~ '[^[:space:]]', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'an adjustment needs a reason';
    END IF;
    v_balance := bursar.adjustable_balance(p_account, p_unit, p_amount, p_expected);
    SELECT t.needs_approval INTO v_waits FROM bursar.adjust_terms(p_account, p_unit, p_amount) t;
    IF v_waits THEN
        SELECT a.* INTO adjustment
          FROM bursar.adjustments a
         WHERE a.account_key = bursar.id_key(p_account) AND a.unit = p_unit AND a.state = 'awaiting_approval';
        IF FOUND THEN
            RAISE SQLSTATE 'BR007' USING
                MESSAGE = pg_catalog.format('adjustment %s of this balance, by %s %s, awaits approval already',
                                            adjustment.id, adjustment.amount, adjustment.unit),
                HINT = pg_catalog.format('decide it first: bursar wallet approve %s, or reject', adjustment.id);
        END IF;
    ELSE
        v_entry := bursar.adjust(p_account, p_unit, p_amount, p_reason, v_operator);
    END IF;
    INSERT INTO bursar.adjustments (account, account_key, unit, amount, reason, state, entry, actor)
    VALUES (p_account, bursar.id_key(p_account), p_unit, p_amount, p_reason,
            CASE WHEN v_waits THEN 'awaiting_approval' ELSE 'done' END, v_entry, COALESCE(p_actor, '{}'))
    RETURNING * INTO adjustment;
    PERFORM bursar.adjustment_log(adjustment, 'wallet adjust', v_balance);
END
$$;

-- Locks an adjustment that waits. Its account is locked before it, as everywhere.
CREATE FUNCTION bursar.adjustment_waiting(p_adjustment uuid, OUT adjustment bursar.adjustments)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM bursar.lock_account(a.account) FROM bursar.adjustments a WHERE a.id = p_adjustment;
    SELECT a.* INTO adjustment FROM bursar.adjustments a WHERE a.id = p_adjustment FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('there is no adjustment %s', COALESCE(p_adjustment::text, 'null'));
    ELSIF adjustment.state <> 'awaiting_approval' THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('adjustment %s is %s: it awaits no approval', p_adjustment, adjustment.state);
    END IF;
END
$$;

-- Does an adjustment that waits, for another login than the one that asked for it.
CREATE FUNCTION bursar.wallet_approve(
    p_adjustment   uuid,
    p_expected     numeric,
    p_actor        jsonb,
    OUT adjustment bursar.adjustments
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_balance numeric;
    v_entry   text;
BEGIN
    adjustment := bursar.adjustment_waiting(p_adjustment);
    IF adjustment.requested_by = session_user THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('adjustment %s was requested by %s, who cannot approve it too', p_adjustment, session_user),
            HINT = 'let another member of bursar_operator approve it';
    END IF;
    v_balance := bursar.adjustable_balance(adjustment.account, adjustment.unit, adjustment.amount, p_expected);
    -- The entry names whoever asked for it; the row and the log name both.
    v_entry := bursar.adjust(
        adjustment.account, adjustment.unit, adjustment.amount, adjustment.reason,
        COALESCE(adjustment.actor ->> 'operator', adjustment.actor ->> 'os_user', adjustment.requested_by));
    UPDATE bursar.adjustments a
       SET state = 'done', entry = v_entry, decided_by = session_user, actor = COALESCE(p_actor, '{}'),
           updated_at = pg_catalog.clock_timestamp()
     WHERE a.id = p_adjustment RETURNING a.* INTO adjustment;
    PERFORM bursar.adjustment_log(adjustment, 'wallet approve', v_balance);
END
$$;

-- Ends an adjustment that waits. Whoever asked for it may take it back so.
CREATE FUNCTION bursar.wallet_reject(p_adjustment uuid, p_why text, p_actor jsonb, OUT adjustment bursar.adjustments)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF COALESCE(p_why !~ '[^[:space:]]', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a rejection needs a reason';
    END IF;
    adjustment := bursar.adjustment_waiting(p_adjustment);
    UPDATE bursar.adjustments a
       SET state = 'rejected', why = p_why, decided_by = session_user, actor = COALESCE(p_actor, '{}'),
           updated_at = pg_catalog.clock_timestamp()
     WHERE a.id = p_adjustment RETURNING a.* INTO adjustment;
    PERFORM bursar.adjustment_log(adjustment, 'wallet reject', NULL);
END
$$;

-- An adjustment that is part of a repair, with the account locked. The repair's plan is agreed to as a whole, so nothing
-- of it waits: above the limit it is refused.
CREATE FUNCTION bursar.repair_adjust(
    p_account   text,
    p_unit      text,
    p_amount    numeric,
    p_reason    text,
    p_operator  text,
    p_actor     jsonb,
    p_operation uuid
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_terms record;
    v_entry text;
BEGIN
    SELECT * INTO v_terms FROM bursar.adjust_terms(p_account, p_unit, p_amount);
    IF v_terms.needs_approval THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('an adjustment by %s %s needs a second person: adjust_limit is %s, of which %s are used',
                                        p_amount, p_unit, v_terms.limit_is, v_terms.alone),
            HINT = 'let the line only rebuild the cache, and then: bursar wallet adjust';
    END IF;
    v_entry := bursar.adjust(p_account, p_unit, p_amount, p_reason, p_operator);
    INSERT INTO bursar.adjustments (account, account_key, unit, amount, reason, state, entry, actor, operation_id)
    VALUES (p_account, bursar.id_key(p_account), p_unit, p_amount, p_reason, 'done', v_entry, COALESCE(p_actor, '{}'),
            p_operation);
    RETURN v_entry;
END
$$;

REVOKE ALL ON TABLE bursar.adjustments FROM PUBLIC;
REVOKE ALL ON SEQUENCE bursar.adjustments_number_seq FROM PUBLIC;
REVOKE ALL ON FUNCTION
    bursar.adjust_limit(text), bursar.id_key(text), bursar.adjust_terms(text, text, numeric),
    bursar.adjustment_log(bursar.adjustments, text, numeric),
    bursar.adjustable_balance(text, text, numeric, numeric),
    bursar.wallet_adjust(text, text, numeric, numeric, text, jsonb), bursar.adjustment_waiting(uuid),
    bursar.wallet_approve(uuid, numeric, jsonb), bursar.wallet_reject(uuid, text, jsonb),
    bursar.repair_adjust(text, text, numeric, text, text, jsonb, uuid)
    FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE bursar.adjustments FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON SEQUENCE bursar.adjustments_number_seq FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM %I', v_role);
    END LOOP;
END
$$;

GRANT SELECT ON bursar.adjustments TO bursar_auditor, bursar_operator;
GRANT EXECUTE ON FUNCTION bursar.adjust_terms(text, text, numeric) TO bursar_operator;
GRANT EXECUTE ON FUNCTION
    bursar.wallet_adjust(text, text, numeric, numeric, text, jsonb), bursar.wallet_approve(uuid, numeric, jsonb),
    bursar.wallet_reject(uuid, text, jsonb)
    TO bursar_operator;
