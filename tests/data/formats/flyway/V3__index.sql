CREATE INDEX CONCURRENTLY gift_cards_code ON gift_cards (code);
DO $$ BEGIN
    FOR n IN 1..3 LOOP
        INSERT INTO gift_cards (id, code) VALUES (n, 'C' || n);
        COMMIT;
    END LOOP;
END $$;
