-- The people of the application. Row security is switched on and all grants are taken away in the file that creates a
-- table, so that there is no moment between two migrations at which the table is open.

-- Keeps updated_at on every table that has it, whatever the statement sets. The clock and not the start of the
-- transaction, so that two changes in one transaction can be told apart.
CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := pg_catalog.clock_timestamp();
    RETURN NEW;
END
$$;

CREATE TABLE public.users (
    id            uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    email         varchar(255) NOT NULL UNIQUE,
    name          varchar(255),
    -- Granted to no role: only the owner of the table reads or writes it.
    password_hash varchar(255),
    -- A null would be outside of the vocabulary and pass its check all the same, here and in every later table.
    role          varchar(50) NOT NULL DEFAULT 'user',
    created_at    timestamptz DEFAULT pg_catalog.now(),
    updated_at    timestamptz DEFAULT pg_catalog.now(),
    last_login    timestamptz,
    CONSTRAINT users_role_check CHECK (role::text IN ('user', 'admin'))
);

-- E-mail addresses are found through the index of their key.
CREATE INDEX idx_users_created_at ON public.users (created_at);

CREATE TRIGGER update_users_updated_at
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.users FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.update_updated_at_column() FROM PUBLIC, anon, authenticated, service_role;
