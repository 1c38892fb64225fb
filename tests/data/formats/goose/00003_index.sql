-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY gift_cards_code ON gift_cards (code);
-- +goose StatementBegin
DO $$ BEGIN
    FOR n IN 1..3 LOOP
        INSERT INTO gift_cards (id, code) VALUES (n, 'C' || n);
        COMMIT;
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP INDEX CONCURRENTLY gift_cards_code;
