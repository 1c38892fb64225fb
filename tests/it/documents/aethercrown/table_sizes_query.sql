-- expect: 42P01
-- The name is put together without quotes, so one table with a capital stops the whole query.
CREATE TABLE "Invoices" (id integer);
SELECT pg_size_pretty(pg_total_relation_size(schemaname || '.' || tablename))
  FROM pg_tables WHERE schemaname = 'public';
