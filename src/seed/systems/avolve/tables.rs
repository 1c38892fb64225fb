//! The tables to fill, in an order in which every row exists before a reference to it.
//!
//! Every column that would take a time or a random value by default is given, so that the same
//! arguments make the same rows. Left out are the ledger's `seq` and `arrival`, which only the
//! database may give. The identities behind the users are brought along by a trigger of theirs.

use crate::seed::Batch;

/// The handles of the tables.
pub(super) struct Tables {
    pub users: usize,
    pub profiles: usize,
    pub permissions: usize,
    pub roles: usize,
    pub progress: usize,
    pub transitions: usize,
    pub consent: usize,
    pub types: usize,
    pub balances: usize,
    pub transactions: usize,
    pub logs: usize,
}

impl Tables {
    pub fn declare(batch: &mut Batch) -> Self {
        Tables {
            // People are counted by the first table.
            users: batch.table("users", &["id", "email", "created_at", "updated_at"]),
            profiles: batch
                .table("profiles", &["id", "username", "full_name", "avatar_url", "created_at", "updated_at"]),
            permissions: batch.table("role_permissions", &["role", "permission", "created_at"]),
            roles: batch.table("user_roles", &["user_id", "role", "created_at"]),
            progress: batch
                .table("user_progress", &["id", "user_id", "pillar", "phase", "progress", "created_at", "updated_at"]),
            transitions: batch
                .table("phase_transitions", &["id", "user_id", "pillar", "from_phase", "to_phase", "created_at"]),
            consent: batch
                .table("user_consent", &["id", "user_id", "interaction_type", "status", "terms", "created_at"]),
            types: batch.table("token_types", &["token_type", "title", "category", "created_at"]),
            balances: batch.table("token_balances", &["id", "user_id", "token_type", "balance", "updated_at"]),
            transactions: batch.table(
                "token_transactions",
                &["id", "from_user_id", "to_user_id", "amount", "token_type", "created_at"],
            ),
            logs: batch.table("activity_logs", &["id", "user_id", "action", "created_at"]),
        }
    }
}
