-- expect: wrong a list, a text and a null of JSON stand where the application reads names with values
CREATE TABLE ai_clones (config JSONB DEFAULT '{}');
INSERT INTO ai_clones VALUES ('[]'), ('"warm"'), ('null'), ('7');
SELECT count(*) = 4 AND bool_and(config -> 'temperature' IS NULL) FROM ai_clones;
