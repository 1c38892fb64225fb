-- expect: 42P17
-- A generated column must be immutable, and the time of day is not, so the table cannot be created.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    invite_code varchar(10) GENERATED ALWAYS AS (substring(md5(id::text || now()::text), 1, 10)) STORED
);
