-- The people of the application, with the vocabularies that every later table uses and the small functions that the
-- table needs. Row security is switched on and all grants are taken away in the file that creates a table, so that
-- there is no moment between two migrations at which the table is open.

CREATE TYPE public.user_tier AS ENUM ('bronze', 'silver', 'gold');
CREATE TYPE public.currency AS ENUM ('STAR', 'COIN');
CREATE TYPE public.payment_status AS ENUM ('pending', 'succeeded', 'failed', 'refunded');
CREATE TYPE public.job_status AS ENUM ('queued', 'processing', 'succeeded', 'failed', 'dlq');
-- "adjustment" is the one kind that people enter by hand. It says why and who in its metadata, so that a correction
-- never has to pose as a purchase or a refund.
CREATE TYPE public.transaction_type AS ENUM
    ('purchase', 'invite_reward', 'exchange', 'reading', 'refund', 'adjustment');

-- Keeps updated_at on every table that has it, whatever the statement sets. The clock and not the start of the
-- transaction, so that two changes in one transaction can be told apart.
CREATE FUNCTION public.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := pg_catalog.clock_timestamp();
    RETURN NEW;
END
$$;

-- Ten characters of an alphabet without i, l, o and u, which people misread: 50 random bits, against the 40 of ten
-- hexadecimal digits, at which a million users would already collide one time in three. The bytes of a version 4 UUID
-- that carry its version and variant are passed over.
CREATE FUNCTION public.new_invite_code() RETURNS text
LANGUAGE sql VOLATILE SET search_path = '' AS $$
    SELECT pg_catalog.string_agg(
               pg_catalog.substr('0123456789abcdefghjkmnpqrstvwxyz', (pg_catalog.get_byte(r.bytes, i) & 31) + 1, 1), '')
      FROM (SELECT pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) AS bytes) AS r,
           pg_catalog.unnest(ARRAY[0, 1, 2, 3, 4, 5, 9, 10, 11, 12]) AS i
$$;

-- The tier that a number of accepted invites earns: bronze up to 5, silver up to 15, gold from 16.
CREATE FUNCTION public.tier_for_invites(p_accepted integer) RETURNS public.user_tier
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
    SELECT CASE
               WHEN p_accepted >= 16 THEN 'gold'::public.user_tier
               WHEN p_accepted >= 6 THEN 'silver'::public.user_tier
               ELSE 'bronze'::public.user_tier
           END
$$;

-- What an invite is worth to an inviter of a tier: silver adds a fifth to the base reward and gold a half, rounded
-- down. The sum belongs in user_invites.coin_reward, which is what accepting the invite pays.
CREATE FUNCTION public.invite_reward_for_tier(p_base integer, p_tier public.user_tier) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = '' AS $$
    SELECT (p_base::bigint * CASE p_tier WHEN 'gold'::public.user_tier THEN 150
                                         WHEN 'silver'::public.user_tier THEN 120
                                         ELSE 100 END / 100)::integer
$$;

CREATE TABLE public.users (
    id                uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    external_id       varchar(255) NOT NULL,
    external_provider varchar(50) NOT NULL,
    email             varchar(255) NOT NULL UNIQUE,
    name              varchar(255),
    picture_url       text,
    -- Caches of the ledger. Only the wallet functions write them, together with the entry that explains the change.
    star_balance      bigint NOT NULL DEFAULT 0,
    coin_balance      bigint NOT NULL DEFAULT 0,
    -- A default and not a generated column: a generation expression must be immutable, and neither now() nor a random
    -- number is.
    invite_code       varchar(10) NOT NULL UNIQUE DEFAULT public.new_invite_code(),
    invited_by        uuid REFERENCES public.users (id) ON DELETE SET NULL,
    -- Caches of the accepted invites, kept where an invite is accepted.
    total_invites     integer NOT NULL DEFAULT 0,
    tier              public.user_tier NOT NULL DEFAULT 'bronze',
    created_at        timestamptz DEFAULT pg_catalog.now(),
    last_login_at     timestamptz DEFAULT pg_catalog.now(),
    updated_at        timestamptz DEFAULT pg_catalog.now(),
    UNIQUE (external_id, external_provider),
    CONSTRAINT users_star_balance_check CHECK (star_balance >= 0),
    CONSTRAINT users_coin_balance_check CHECK (coin_balance >= 0),
    CONSTRAINT users_total_invites_check CHECK (total_invites >= 0)
);

-- E-mail, invite code and provider identity are found through the indexes of their keys.
CREATE INDEX idx_users_tier ON public.users (tier);
CREATE INDEX idx_users_created_at ON public.users (created_at DESC);
CREATE INDEX idx_users_last_login ON public.users (last_login_at DESC);
CREATE INDEX idx_users_invited_by ON public.users (invited_by) WHERE invited_by IS NOT NULL;

CREATE TRIGGER users_touch_updated_at
    BEFORE UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Whether a user is marked as an administrator. The mark is the provider's name, which only the backend can write; it
-- may decide what a page shows and is never the gate for money. Row security applies to the caller, so a signed-in user
-- can ask about nobody but themselves.
CREATE FUNCTION public.is_admin(p_user_id uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM public.users u WHERE u.id = p_user_id AND u.external_provider = 'admin')
$$;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.users FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.touch_updated_at(), public.new_invite_code(), public.tier_for_invites(integer),
    public.invite_reward_for_tier(integer, public.user_tier), public.is_admin(uuid)
    FROM PUBLIC, anon, authenticated, service_role;
