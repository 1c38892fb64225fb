-- expect: 22023
-- Any text is taken for a time zone, until somebody asks for the date there.
CREATE TABLE users (id integer PRIMARY KEY, timezone text DEFAULT 'UTC');
INSERT INTO users VALUES (1, 'Mars/Olympus_Mons');
SELECT (now() AT TIME ZONE timezone)::date FROM users;
