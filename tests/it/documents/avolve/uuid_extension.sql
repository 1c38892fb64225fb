-- expect: 42883
-- The default of the key comes from an extension that nothing installs.
CREATE TABLE user_progress (id uuid PRIMARY KEY DEFAULT uuid_generate_v4());
