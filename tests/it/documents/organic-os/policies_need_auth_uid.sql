-- expect: 3F000
-- Stock PostgreSQL has no schema auth.
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE POLICY read_own ON users FOR SELECT USING (auth.uid() = id);
