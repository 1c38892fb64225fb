-- expect: 55000
-- Refreshing beside readers needs a unique index, and there is none.
CREATE TABLE user_progress (user_id uuid, pillar text);
CREATE MATERIALIZED VIEW user_stats AS SELECT user_id, count(DISTINCT pillar) AS active_pillars FROM user_progress GROUP BY user_id;
REFRESH MATERIALIZED VIEW CONCURRENTLY user_stats;
