-- expect: 42P07
-- The two documents define one materialized view, each with columns of its own.
CREATE TABLE user_progress (user_id uuid, pillar text);
CREATE TABLE user_consent (user_id uuid, status text);
CREATE MATERIALIZED VIEW user_stats AS SELECT user_id, count(DISTINCT pillar) AS active_pillars FROM user_progress GROUP BY user_id;
CREATE MATERIALIZED VIEW user_stats AS SELECT user_id, count(*) AS total_consents FROM user_consent GROUP BY user_id;
