-- +migrate Up notransaction
CREATE INDEX CONCURRENTLY gift_cards_code ON gift_cards (code);
-- +migrate StatementBegin
DO $$ BEGIN
    FOR n IN 1..3 LOOP
        INSERT INTO gift_cards (id, code) VALUES (n, 'C' || n);
        COMMIT;
    END LOOP;
END $$;
-- +migrate StatementEnd

-- +migrate Down notransaction
DROP INDEX CONCURRENTLY gift_cards_code;
