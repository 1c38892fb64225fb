CREATE TABLE gift_cards (
    id bigint PRIMARY KEY,
    code text NOT NULL,
    cents bigint NOT NULL DEFAULT 0
);
