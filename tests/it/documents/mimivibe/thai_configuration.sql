-- expect: 42704
-- PostgreSQL has no text search configuration for Thai.
CREATE TABLE tarot_readings (question text NOT NULL);
CREATE INDEX ON tarot_readings USING gin (to_tsvector('thai', question));
