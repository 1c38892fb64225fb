//! The tables to fill, in an order in which every row exists before a reference to it.
//!
//! Every column that would take a time or a random value by default is given, so that the same
//! arguments make the same rows. Left out are generated columns, `search_tsvector`, which a trigger
//! keeps, and the ledger's `seq` and `arrival`, which only the database may give.

use crate::seed::Batch;

/// The handles of the tables.
pub(super) struct Tables {
    pub users: usize,
    pub methods: usize,
    pub payments: usize,
    pub jobs: usize,
    pub attempts: usize,
    pub readings: usize,
    pub invites: usize,
    pub entries: usize,
}

impl Tables {
    pub fn declare(batch: &mut Batch) -> Self {
        Tables {
            users: batch.table("users", USERS),
            methods: batch.table("user_payment_methods", METHODS),
            payments: batch.table("payments", PAYMENTS),
            jobs: batch.table("jobs", JOBS),
            attempts: batch.table("job_attempts", ATTEMPTS),
            readings: batch.table("tarot_readings", READINGS),
            invites: batch.table("user_invites", INVITES),
            entries: batch.table("wallet_transactions", ENTRIES),
        }
    }
}

const USERS: &[&str] = &[
    "id",
    "external_id",
    "external_provider",
    "email",
    "name",
    "picture_url",
    "star_balance",
    "coin_balance",
    "invite_code",
    "invited_by",
    "total_invites",
    "tier",
    "created_at",
    "last_login_at",
    "updated_at",
];

const METHODS: &[&str] = &[
    "id",
    "user_id",
    "stripe_payment_method_id",
    "stripe_customer_id",
    "type",
    "brand",
    "last4",
    "exp_month",
    "exp_year",
    "is_default",
    "is_active",
    "created_at",
    "updated_at",
];

const PAYMENTS: &[&str] = &[
    "id",
    "user_id",
    "stripe_payment_intent_id",
    "stripe_charge_id",
    "stripe_metadata",
    "amount",
    "currency",
    "status",
    "package_type",
    "stars_purchased",
    "stars_bonus",
    "error_code",
    "error_message",
    "created_at",
    "updated_at",
];

const JOBS: &[&str] = &[
    "id",
    "job_type",
    "schema_version",
    "prompt_version",
    "dedupe_key",
    "status",
    "payload",
    "result",
    "attempts",
    "max_attempts",
    "visibility_timeout_secs",
    "worker_id",
    "last_error",
    "last_error_at",
    "next_retry_at",
    "created_at",
    "updated_at",
    "started_at",
    "completed_at",
];

const ATTEMPTS: &[&str] = &[
    "id",
    "job_id",
    "attempt_number",
    "worker_id",
    "started_at",
    "finished_at",
    "success",
    "error",
    "error_code",
    "created_at",
];

const READINGS: &[&str] = &[
    "id",
    "user_id",
    "question",
    "question_length",
    "question_locale",
    "card_count",
    "cards",
    "question_analysis",
    "tarot_reading",
    "processing_time_ms",
    "related_job_id",
    "job_attempts",
    "metadata",
    "created_at",
    "updated_at",
];

const INVITES: &[&str] = &[
    "id",
    "inviter_id",
    "invitee_id",
    "invite_code",
    "coin_reward",
    "is_reward_claimed",
    "status",
    "metadata",
    "created_at",
    "accepted_at",
    "expires_at",
];

const ENTRIES: &[&str] = &[
    "id",
    "user_id",
    "transaction_type",
    "amount",
    "currency",
    "balance_after",
    "metadata",
    "related_payment_id",
    "related_reading_id",
    "related_invite_id",
    "created_at",
];
