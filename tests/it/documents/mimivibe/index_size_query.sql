-- expect: 42702
-- The catalog of indexes and their statistics both have a column of this name, so the monitoring query must say which.
SELECT schemaname FROM pg_indexes i JOIN pg_stat_user_indexes s ON s.indexrelname = i.indexname;
