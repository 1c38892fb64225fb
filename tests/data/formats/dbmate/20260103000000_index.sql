-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY gift_cards_code ON gift_cards (code);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY gift_cards_code;
