-- What a ledger entry can refer to: payments, readings and invites, with the cards that users keep on file. They come
-- before the ledger so that its foreign keys can be made with it. A payment is evidence and keeps its user alive; a
-- reading or an invite without an entry goes with its user, and one with an entry is held by the entry.

CREATE TABLE public.payments (
    id                       uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    user_id                  uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    stripe_payment_intent_id varchar(255) UNIQUE,
    stripe_charge_id         varchar(255) UNIQUE,
    stripe_metadata          jsonb,
    -- In the currency's smallest unit: satang for THB.
    amount                   bigint NOT NULL,
    currency                 varchar(3) NOT NULL DEFAULT 'THB',
    status                   public.payment_status NOT NULL DEFAULT 'pending',
    package_type             varchar(20) NOT NULL,
    stars_purchased          integer NOT NULL,
    stars_bonus              integer NOT NULL DEFAULT 0,
    stars_total              integer GENERATED ALWAYS AS (stars_purchased + stars_bonus) STORED,
    error_code               varchar(50),
    error_message            text,
    created_at               timestamptz DEFAULT pg_catalog.now(),
    updated_at               timestamptz DEFAULT pg_catalog.now(),
    CONSTRAINT payments_amount_check CHECK (amount > 0),
    CONSTRAINT payments_stars_purchased_check CHECK (stars_purchased > 0),
    -- A negative bonus would sell fewer stars than the package says.
    CONSTRAINT payments_stars_bonus_check CHECK (stars_bonus >= 0),
    CONSTRAINT payments_stars_total_check CHECK (stars_total > 0)
);

CREATE INDEX idx_payments_user_id ON public.payments (user_id);
CREATE INDEX idx_payments_status ON public.payments (status);
CREATE INDEX idx_payments_created_at ON public.payments (created_at DESC);
CREATE INDEX idx_payments_user_created ON public.payments (user_id, created_at DESC);

CREATE TRIGGER payments_touch_updated_at
    BEFORE UPDATE ON public.payments
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.user_payment_methods (
    id                       uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    user_id                  uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    stripe_payment_method_id varchar(255) UNIQUE,
    stripe_customer_id       varchar(255),
    type                     varchar(20) NOT NULL DEFAULT 'card',
    brand                    varchar(20),
    last4                    varchar(4),
    exp_month                integer,
    exp_year                 integer,
    is_default               boolean NOT NULL DEFAULT false,
    is_active                boolean NOT NULL DEFAULT true,
    created_at               timestamptz DEFAULT pg_catalog.now(),
    updated_at               timestamptz DEFAULT pg_catalog.now(),
    CONSTRAINT user_payment_methods_exp_month_check CHECK (exp_month BETWEEN 1 AND 12),
    -- A range that catches a typing mistake. Whether a card has expired depends on the day one asks, and a check that
    -- did would turn rows that were right when they were written into rows that cannot be restored.
    CONSTRAINT user_payment_methods_exp_year_check CHECK (exp_year BETWEEN 2000 AND 2100)
);

CREATE INDEX idx_user_payment_methods_user_id ON public.user_payment_methods (user_id);
CREATE INDEX idx_user_payment_methods_is_default ON public.user_payment_methods (user_id, is_default);
CREATE UNIQUE INDEX idx_user_payment_methods_default ON public.user_payment_methods (user_id) WHERE is_default;

CREATE TRIGGER user_payment_methods_touch_updated_at
    BEFORE UPDATE ON public.user_payment_methods
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.tarot_readings (
    id                 uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    user_id            uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    question           text NOT NULL,
    question_length    integer NOT NULL,
    question_locale    varchar(10) DEFAULT 'th',
    card_count         integer NOT NULL,
    cards              jsonb NOT NULL,
    question_analysis  jsonb,
    tarot_reading      jsonb NOT NULL,
    processing_time_ms integer,
    -- No foreign key: old jobs are purged, and the reading stays.
    related_job_id     uuid,
    job_attempts       integer DEFAULT 0,
    metadata           jsonb,
    search_tsvector    tsvector,
    created_at         timestamptz DEFAULT pg_catalog.now(),
    updated_at         timestamptz DEFAULT pg_catalog.now(),
    CONSTRAINT tarot_readings_card_count_check CHECK (card_count IN (3, 5)),
    CONSTRAINT tarot_readings_processing_time_ms_check CHECK (processing_time_ms > 0)
);

CREATE INDEX idx_tarot_readings_user_id ON public.tarot_readings (user_id);
CREATE INDEX idx_tarot_readings_created_at ON public.tarot_readings (created_at DESC);
CREATE INDEX idx_tarot_readings_user_created ON public.tarot_readings (user_id, created_at DESC);
CREATE INDEX idx_tarot_readings_locale ON public.tarot_readings (question_locale);
CREATE INDEX idx_tarot_readings_related_job_id ON public.tarot_readings (related_job_id)
    WHERE related_job_id IS NOT NULL;
CREATE INDEX idx_tarot_readings_fts ON public.tarot_readings USING gin (search_tsvector);

-- PostgreSQL has no Thai configuration, so the words are taken as they stand. The cut keeps a very long question from
-- overflowing a tsvector, which would refuse the reading.
CREATE FUNCTION public.tarot_readings_keep_search() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.search_tsvector := pg_catalog.to_tsvector('pg_catalog.simple', pg_catalog.left(NEW.question, 100000));
    RETURN NEW;
END
$$;

CREATE TRIGGER tarot_readings_keep_search
    BEFORE INSERT OR UPDATE OF question, search_tsvector ON public.tarot_readings
    FOR EACH ROW EXECUTE FUNCTION public.tarot_readings_keep_search();

CREATE TRIGGER tarot_readings_touch_updated_at
    BEFORE UPDATE ON public.tarot_readings
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- Thai is written without spaces, so the words of a sentence are one word to the search above. Trigrams find a word
-- inside it (question LIKE '%...%'). The extension is a convenience: where it cannot be had, everything else works.
DO $$
DECLARE
    v_schema name;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_trgm') THEN
        v_schema := CASE WHEN pg_catalog.to_regnamespace('extensions') IS NULL THEN 'public' ELSE 'extensions' END;
        BEGIN
            EXECUTE pg_catalog.format('CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA %I', v_schema);
        EXCEPTION WHEN undefined_file OR insufficient_privilege OR feature_not_supported THEN
            RAISE NOTICE 'pg_trgm cannot be created (%), so questions have no substring index', SQLERRM;
            RETURN;
        END;
    END IF;

    SELECT n.nspname INTO STRICT v_schema
      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'pg_trgm';
    EXECUTE pg_catalog.format(
        'CREATE INDEX idx_tarot_readings_question_trgm ON public.tarot_readings USING gin (question %I.gin_trgm_ops)',
        v_schema);
END
$$;

CREATE TABLE public.user_invites (
    id                uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    inviter_id        uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    invitee_id        uuid REFERENCES public.users (id) ON DELETE SET NULL,
    invite_code       varchar(10) NOT NULL REFERENCES public.users (invite_code),
    coin_reward       integer,
    is_reward_claimed boolean NOT NULL DEFAULT false,
    status            varchar(20) NOT NULL DEFAULT 'pending',
    metadata          jsonb,
    created_at        timestamptz DEFAULT pg_catalog.now(),
    accepted_at       timestamptz,
    expires_at        timestamptz DEFAULT (pg_catalog.now() + INTERVAL '30 days'),
    CONSTRAINT user_invites_coin_reward_check CHECK (coin_reward > 0),
    CONSTRAINT user_invites_status_check CHECK (status::text IN ('pending', 'accepted', 'expired'))
);

CREATE INDEX idx_user_invites_inviter_id ON public.user_invites (inviter_id);
CREATE INDEX idx_user_invites_invitee_id ON public.user_invites (invitee_id) WHERE invitee_id IS NOT NULL;
CREATE INDEX idx_user_invites_status ON public.user_invites (status);
CREATE INDEX idx_user_invites_invite_code ON public.user_invites (invite_code);
CREATE INDEX idx_user_invites_created_at ON public.user_invites (created_at DESC);
CREATE INDEX idx_user_invites_expires_at ON public.user_invites (expires_at) WHERE status = 'pending';

-- Whether a reading belongs to a user. Someone else's reading, an unknown one and no user at all are false. Row
-- security applies to the caller, so a signed-in user learns nothing about the readings of others.
CREATE FUNCTION public.user_can_access_reading(p_reading_id uuid, p_user_id uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM public.tarot_readings r WHERE r.id = p_reading_id AND r.user_id = p_user_id)
$$;

ALTER TABLE public.payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.user_payment_methods ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tarot_readings ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.user_invites ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.payments, public.user_payment_methods, public.tarot_readings, public.user_invites
    FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.tarot_readings_keep_search(), public.user_can_access_reading(uuid, uuid)
    FROM PUBLIC, anon, authenticated, service_role;
