-- Whose objects in a schema nobody need fear: superusers, who owns the database, the schema or most of the tables.
WITH place AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = {schema}),
    owning AS (
        SELECT c.relowner, count(*) AS tables FROM pg_class c JOIN place n ON n.oid = c.relnamespace
         WHERE ({tables} = '{}' OR c.relname = ANY ({tables})) AND c.relkind IN ('r', 'p') GROUP BY c.relowner),
    trusted AS (
        SELECT oid FROM pg_roles WHERE rolsuper
        UNION SELECT datdba FROM pg_database WHERE datname = current_database()
        UNION SELECT nspowner FROM place
        UNION SELECT relowner FROM owning WHERE tables * 2 > (SELECT sum(tables) FROM owning))
