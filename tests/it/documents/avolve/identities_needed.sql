-- expect: 3F000
-- Stock PostgreSQL has no identities to refer to.
CREATE TABLE profiles (id uuid REFERENCES auth.users PRIMARY KEY);
