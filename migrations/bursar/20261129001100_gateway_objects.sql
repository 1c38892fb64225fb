-- One refund for each object of a gateway, with a sentence where a second one claims it; and acknowledgements of objects
-- that can be withdrawn.

-- Refuses a second refund under one id of a gateway, and names the first: the unique index would name the id only.
CREATE FUNCTION bursar.refunds_share_no_object() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_first bursar.refunds;
BEGIN
    SELECT r.* INTO v_first FROM bursar.refunds r WHERE r.gateway_ref = NEW.gateway_ref AND r.id <> NEW.id;
    IF FOUND THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('%s is refund %s, of payment %s, so it cannot be refund %s, of payment %s, too',
                                        NEW.gateway_ref, v_first.id, v_first.payment, NEW.id, NEW.payment),
            HINT = pg_catalog.format('compare both with the gateway: bursar refund show %s', v_first.id);
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER refunds_share_no_object_from_the_start
    BEFORE INSERT ON bursar.refunds
    FOR EACH ROW WHEN (NEW.gateway_ref IS NOT NULL)
    EXECUTE FUNCTION bursar.refunds_share_no_object();
CREATE TRIGGER refunds_share_no_object
    BEFORE UPDATE OF gateway_ref ON bursar.refunds
    FOR EACH ROW WHEN (NEW.gateway_ref IS DISTINCT FROM OLD.gateway_ref AND NEW.gateway_ref IS NOT NULL)
    EXECUTE FUNCTION bursar.refunds_share_no_object();

-- Acknowledges an object of a gateway, or withdraws that. The table is only added to, so a withdrawal is a row of its own,
-- and the newest row of an object stands. Returns false where it stood so before, or somebody else said so just now.
CREATE FUNCTION bursar.answer_for_object(
    p_app text, p_gateway text, p_object text, p_withdraw boolean, p_reason text, p_actor jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_operation uuid := pg_catalog.gen_random_uuid();
    v_word      text := CASE WHEN p_withdraw THEN 'withdrawn' ELSE 'acknowledged' END;
    v_check     text := CASE WHEN p_withdraw THEN 'gateway.withdrawn' ELSE 'gateway.object' END;
    v_stands    text;
    v_rows      bigint;
BEGIN
    IF NOT bursar.gateway_is_known(p_gateway) OR p_gateway = 'record-only' THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('there is no gateway %s with objects', COALESCE(pg_catalog.quote_literal(p_gateway), 'null'));
    ELSIF COALESCE(p_object !~ '^[A-Za-z0-9_-]{1,255}$', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'this is no id of an object of a gateway';
    ELSIF COALESCE(p_reason !~ '\S', true) THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = CASE WHEN p_withdraw THEN 'a withdrawal needs a reason' ELSE 'an acknowledgement needs a reason' END;
    END IF;
    SELECT pg_catalog.count(*), (pg_catalog.array_agg(a.check_id ORDER BY a.id DESC))[1]
      INTO v_rows, v_stands
      FROM bursar.acknowledgements a
     WHERE a.check_id IN ('gateway.object', 'gateway.withdrawn') AND a.unit = p_gateway AND a.entry_id = p_object;
    IF COALESCE(v_stands, 'gateway.withdrawn') = v_check THEN
        RETURN false;
    END IF;
    INSERT INTO bursar.acknowledgements
        (app, check_id, account, unit, entry_id, fingerprint, reason, operator, operation_id)
    VALUES
        (p_app, v_check, '', p_gateway, p_object,
         pg_catalog.concat_ws(' ', p_gateway, p_object, NULLIF(v_rows, 0)), p_reason,
         COALESCE(NULLIF(pg_catalog.btrim(p_actor ->> 'operator'), ''), NULLIF(pg_catalog.btrim(p_actor ->> 'os_user'), ''),
                  session_user), v_operation)
    ON CONFLICT (app, fingerprint) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM bursar.log_operation(p_actor, 'refund acknowledge',
                                 pg_catalog.jsonb_build_object('gateway', p_gateway, 'object', p_object),
                                 p_reason, v_word, v_operation);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION bursar.acknowledge_object(p_app text, p_gateway text, p_object text, p_reason text, p_actor jsonb)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT bursar.answer_for_object(p_app, p_gateway, p_object, false, p_reason, p_actor)
$$;

-- Withdraws the acknowledgement of an object of a gateway. Returns false where none stands.
CREATE FUNCTION bursar.withdraw_acknowledgement(p_app text, p_gateway text, p_object text, p_reason text, p_actor jsonb)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT bursar.answer_for_object(p_app, p_gateway, p_object, true, p_reason, p_actor)
$$;

GRANT EXECUTE ON FUNCTION bursar.withdraw_acknowledgement(text, text, text, text, jsonb) TO bursar_operator;

SELECT bursar.close_to_strangers();
