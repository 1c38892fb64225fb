-- expect: wrong the configuration has two equal indexes, and the keys are indexed a second time
CREATE TABLE users (id integer PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL);
CREATE INDEX idx_users_email ON users (email);
CREATE TABLE ai_clones (config JSONB DEFAULT '{}');
CREATE INDEX idx_clones_config ON ai_clones USING GIN (config);
CREATE INDEX idx_clone_config_gin ON ai_clones USING GIN (config);
SELECT count(*) = 2 FROM (SELECT FROM pg_index WHERE indrelid IN ('users'::regclass, 'ai_clones'::regclass)
                           GROUP BY indrelid, indkey::text HAVING count(*) = 2) AS twice;
