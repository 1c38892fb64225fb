-- An identity of before has no account yet.
INSERT INTO users (id, email, created_at, updated_at)
SELECT id, email, coalesce(created_at, now()), coalesce(updated_at, now()) FROM auth.users
ON CONFLICT DO NOTHING
