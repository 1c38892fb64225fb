-- Readings of before have no words to search for yet.
UPDATE tarot_readings SET search_tsvector = to_tsvector('pg_catalog.simple', left(question, 100000)) WHERE search_tsvector IS NULL
