-- expect: wrong two changes in one transaction have the same time
CREATE TABLE users (id integer PRIMARY KEY, name text, updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW());
CREATE FUNCTION update_updated_at_column() RETURNS trigger AS $$
BEGIN
    NEW.updated_at = NOW();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER update_users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
INSERT INTO users VALUES (1, 'a');
CREATE TABLE times (at timestamptz);
BEGIN;
UPDATE users SET name = 'b';
INSERT INTO times SELECT updated_at FROM users;
SELECT pg_sleep(0.01);
UPDATE users SET name = 'c';
INSERT INTO times SELECT updated_at FROM users;
COMMIT;
SELECT count(DISTINCT at) = 1 FROM times;
