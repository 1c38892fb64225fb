-- expect: 42P01
-- A policy, a diagram and two functions speak of tables that are defined nowhere.
CREATE POLICY own ON users FOR ALL USING (true);
