-- CreateIndex
CREATE INDEX CONCURRENTLY gift_cards_code ON gift_cards (code);
