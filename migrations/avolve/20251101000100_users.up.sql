-- People, what others may see of them, and what they may do. An identity (auth.users) is the sign-in service's; a row of
-- public.users makes it an account of this application, and everything of value hangs on that. Row security is switched
-- on and all grants are taken away in the file that creates a table, so that there is no moment between two migrations
-- at which the table is open.

-- Keeps updated_at on every table that has it, whatever the statement sets. The clock and not the start of the
-- transaction, so that two changes in one transaction can be told apart.
CREATE FUNCTION public.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := pg_catalog.clock_timestamp();
    RETURN NEW;
END
$$;

-- Says no to a change of rows that are evidence.
CREATE FUNCTION public.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE restrict_violation USING
        MESSAGE = pg_catalog.format('%I.%I is append-only: %s is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP),
        HINT = 'Add a row that corrects the earlier one.',
        SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME;
END
$$;

-- Whether whoever sent the statement is the backend. Inside a definer function current_user is the function's owner, so
-- it is asked which role the session took on, and else who signed in. The claims of the request do not decide this:
-- whoever can reach a SET statement can write them.
CREATE FUNCTION public.called_by_backend() RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT pg_catalog.pg_has_role(
               CASE pg_catalog.current_setting('role') WHEN 'none' THEN session_user::text
                    ELSE pg_catalog.current_setting('role') END::name,
               'service_role', 'USAGE')
$$;

-- Lets the user themselves and the backend pass, and nobody else.
CREATE FUNCTION public.require_self_or_backend(p_user_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF p_user_id IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a user is needed';
    END IF;
    IF auth.uid() IS DISTINCT FROM p_user_id AND NOT public.called_by_backend() THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the user themselves and the backend may do this';
    END IF;
END
$$;

CREATE TABLE public.users (
    id         uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE RESTRICT,
    email      text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT users_email_check CHECK (email ~ '^\S+@\S+$')
);

-- Support looks people up by their address, in whatever case it was written.
CREATE INDEX idx_users_email ON public.users (pg_catalog.lower(email));
CREATE INDEX idx_users_created_at ON public.users (created_at DESC);

CREATE TRIGGER users_touch_updated_at
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- An account needs an identity. Where a sign-in service keeps them it has made one before; where none does, the account
-- brings its own along. The function runs with the rights of the caller: whoever could not write an identity by hand
-- cannot do it so either, and is left to the foreign key.
CREATE FUNCTION public.bring_identity() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF pg_catalog.has_schema_privilege('auth', 'USAGE')
       AND pg_catalog.has_any_column_privilege('auth.users', 'INSERT') THEN
        INSERT INTO auth.users (id, email, created_at, updated_at)
        VALUES (NEW.id, NEW.email, NEW.created_at, NEW.updated_at)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER users_bring_identity
    BEFORE INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.bring_identity();

CREATE TABLE public.profiles (
    id         uuid PRIMARY KEY REFERENCES auth.users (id),
    username   text UNIQUE,
    full_name  text,
    avatar_url text,
    created_at timestamptz DEFAULT pg_catalog.now(),
    updated_at timestamptz DEFAULT pg_catalog.now()
);

-- People are searched for by name. "simple", because a name has no language whose endings could be cut off.
CREATE INDEX idx_profiles_search ON public.profiles
    USING gin (pg_catalog.to_tsvector('pg_catalog.simple'::regconfig,
                                      COALESCE(username, '') || ' ' || COALESCE(full_name, '')));

CREATE TRIGGER profiles_touch_updated_at
    BEFORE UPDATE ON public.profiles
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Roles of this application, which have nothing to do with the database's.
CREATE TABLE public.user_roles (
    user_id    uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    role       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (user_id, role),
    CONSTRAINT user_roles_role_check CHECK (role ~ '\S')
);

CREATE INDEX idx_user_roles_role ON public.user_roles (role);

CREATE TABLE public.role_permissions (
    role       text NOT NULL,
    permission text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (role, permission),
    CONSTRAINT role_permissions_role_check CHECK (role ~ '\S'),
    CONSTRAINT role_permissions_permission_check CHECK (permission ~ '\S')
);

-- The roles of a user and what they permit, for the token that the sign-in service issues. A role without permissions is
-- a role all the same, and somebody without roles gets empty lists. It is a definer because permissions are read by
-- nobody else, and it answers the user themselves and the backend.
CREATE FUNCTION public.get_custom_claims(p_user_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.require_self_or_backend(p_user_id);
    RETURN (
        SELECT pg_catalog.jsonb_build_object(
                   'roles', COALESCE(pg_catalog.jsonb_agg(DISTINCT ur.role), '[]'::jsonb),
                   'permissions', COALESCE(pg_catalog.jsonb_agg(DISTINCT rp.permission)
                                               FILTER (WHERE rp.permission IS NOT NULL), '[]'::jsonb))
          FROM public.user_roles ur
          LEFT JOIN public.role_permissions rp ON rp.role = ur.role
         WHERE ur.user_id = p_user_id);
END
$$;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.user_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.role_permissions ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.users, public.profiles, public.user_roles, public.role_permissions
    FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.touch_updated_at(), public.refuse_change(), public.called_by_backend(),
    public.require_self_or_backend(uuid), public.bring_identity(), public.get_custom_claims(uuid)
    FROM PUBLIC, anon, authenticated, service_role;
