-- expect: 42703
-- The statistics call these columns relname and indexrelname, so the monitoring query fails as it is printed.
SELECT schemaname, tablename, indexname, idx_scan FROM pg_stat_user_indexes ORDER BY idx_scan DESC;
