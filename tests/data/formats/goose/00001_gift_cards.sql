-- The cards that are sold.
-- +goose Up
CREATE TABLE gift_cards (
    id bigint PRIMARY KEY,
    code text NOT NULL,
    cents bigint NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE gift_cards;
