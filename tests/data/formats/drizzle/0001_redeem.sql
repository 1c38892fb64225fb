CREATE FUNCTION redeem(card text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE gift_cards SET cents = 0 WHERE code = card;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no card %', card;
    END IF;
END;
$$;
