-- expect: 42P01
-- The catalog that the backup check reads does not exist, in PostgreSQL or on Supabase.
SELECT count(*) FROM pgsql_backups;
