-- The tables of the application's document, as it writes them, with a default for invite_code: a generated column may not
-- call now(). What its migrations add is not there, such as the functions of the wallet.
CREATE TYPE user_tier AS ENUM ('bronze', 'silver', 'gold');
CREATE TYPE transaction_type AS ENUM ('purchase', 'invite_reward', 'exchange', 'reading', 'refund');
CREATE TYPE currency AS ENUM ('STAR', 'COIN');
CREATE TYPE job_status AS ENUM ('queued', 'processing', 'succeeded', 'failed', 'dlq');
CREATE TYPE payment_status AS ENUM ('pending', 'succeeded', 'failed', 'refunded');

CREATE TABLE users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    external_id VARCHAR(255) NOT NULL,
    external_provider VARCHAR(50) NOT NULL,
    email VARCHAR(255) UNIQUE NOT NULL,
    name VARCHAR(255),
    picture_url TEXT,
    star_balance BIGINT NOT NULL DEFAULT 0,
    coin_balance BIGINT NOT NULL DEFAULT 0,
    invite_code VARCHAR(10) UNIQUE NOT NULL DEFAULT substring(md5(gen_random_uuid()::text), 1, 10),
    invited_by UUID REFERENCES users(id) ON DELETE SET NULL,
    total_invites INTEGER NOT NULL DEFAULT 0,
    tier user_tier NOT NULL DEFAULT 'bronze',
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    last_login_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(external_id, external_provider),
    CHECK (star_balance >= 0),
    CHECK (coin_balance >= 0),
    CHECK (total_invites >= 0)
);

CREATE TABLE payments (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    stripe_payment_intent_id VARCHAR(255) UNIQUE,
    stripe_charge_id VARCHAR(255) UNIQUE,
    stripe_metadata JSONB,
    amount BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL DEFAULT 'THB',
    status payment_status NOT NULL DEFAULT 'pending',
    package_type VARCHAR(20) NOT NULL,
    stars_purchased INTEGER NOT NULL CHECK (stars_purchased > 0),
    stars_bonus INTEGER NOT NULL DEFAULT 0,
    stars_total INTEGER GENERATED ALWAYS AS (stars_purchased + stars_bonus) STORED,
    error_code VARCHAR(50),
    error_message TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CHECK (amount > 0),
    CHECK (stars_total > 0)
);

CREATE TABLE tarot_readings (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    question TEXT NOT NULL,
    question_length INTEGER NOT NULL,
    question_locale VARCHAR(10) DEFAULT 'th',
    card_count INTEGER NOT NULL CHECK (card_count IN (3, 5)),
    cards JSONB NOT NULL,
    question_analysis JSONB,
    tarot_reading JSONB NOT NULL,
    processing_time_ms INTEGER,
    related_job_id UUID,
    job_attempts INTEGER DEFAULT 0,
    metadata JSONB,
    search_tsvector tsvector,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CHECK (processing_time_ms IS NULL OR processing_time_ms > 0)
);

CREATE TABLE user_invites (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    inviter_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    invitee_id UUID REFERENCES users(id) ON DELETE SET NULL,
    invite_code VARCHAR(10) NOT NULL REFERENCES users(invite_code),
    coin_reward INTEGER,
    is_reward_claimed BOOLEAN NOT NULL DEFAULT false,
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
    metadata JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    accepted_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE DEFAULT (NOW() + INTERVAL '30 days'),
    CHECK (coin_reward IS NULL OR coin_reward > 0)
);

CREATE TABLE wallet_transactions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    transaction_type transaction_type NOT NULL,
    amount INTEGER NOT NULL,
    currency currency NOT NULL,
    balance_after BIGINT NOT NULL,
    metadata JSONB,
    related_payment_id UUID REFERENCES payments(id) ON DELETE SET NULL,
    related_reading_id UUID REFERENCES tarot_readings(id) ON DELETE SET NULL,
    related_invite_id UUID REFERENCES user_invites(id) ON DELETE SET NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    CHECK (amount >= 0),
    CHECK (balance_after >= 0)
);

CREATE TABLE jobs (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    job_type VARCHAR(50) NOT NULL DEFAULT 'tarot_reading',
    schema_version VARCHAR(20) NOT NULL DEFAULT '1',
    prompt_version VARCHAR(50),
    dedupe_key VARCHAR(255) UNIQUE,
    status job_status NOT NULL DEFAULT 'queued',
    payload JSONB NOT NULL,
    result JSONB,
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL DEFAULT 5,
    visibility_timeout_secs INTEGER DEFAULT 60,
    worker_id VARCHAR(255),
    last_error TEXT,
    last_error_at TIMESTAMP WITH TIME ZONE,
    next_retry_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    CHECK (attempts >= 0),
    CHECK (attempts <= max_attempts),
    CHECK (max_attempts > 0),
    CHECK (visibility_timeout_secs > 0)
);

CREATE TABLE job_attempts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id UUID NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    attempt_number INTEGER NOT NULL,
    worker_id VARCHAR(255),
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    processing_time_ms INTEGER GENERATED ALWAYS AS (EXTRACT(EPOCH FROM (finished_at - started_at)) * 1000) STORED,
    success BOOLEAN,
    error TEXT,
    error_code VARCHAR(50),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    CHECK (processing_time_ms IS NULL OR processing_time_ms >= 0)
);
