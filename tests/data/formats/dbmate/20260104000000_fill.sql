-- migrate:up transaction:false
DO $$ BEGIN
    FOR n IN 1..3 LOOP
        INSERT INTO gift_cards (id, code) VALUES (n, 'C' || n);
        COMMIT;
    END LOOP;
END $$;

-- migrate:down
DELETE FROM gift_cards;
