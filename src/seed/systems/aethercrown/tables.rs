//! The tables to fill, in an order in which every row exists before a reference to it.
//!
//! Every column that would take a time or a random value by default is given, so that the same
//! arguments make the same rows. `password_hash` is left out: nobody can sign in as somebody made up.

use crate::seed::Batch;

/// The handles of the tables.
pub(super) struct Tables {
    pub users: usize,
    pub clones: usize,
    pub tasks: usize,
    pub payments: usize,
    pub logs: usize,
}

impl Tables {
    pub fn declare(batch: &mut Batch) -> Self {
        Tables {
            users: batch.table("users", USERS),
            clones: batch.table("ai_clones", CLONES),
            tasks: batch.table("ai_tasks", TASKS),
            payments: batch.table("payments", PAYMENTS),
            logs: batch.table("activity_logs", LOGS),
        }
    }
}

const USERS: &[&str] = &["id", "email", "name", "role", "created_at", "updated_at", "last_login"];

const CLONES: &[&str] =
    &["id", "name", "description", "model_type", "status", "config", "created_at", "updated_at", "user_id"];

const TASKS: &[&str] = &[
    "id",
    "clone_id",
    "task_name",
    "task_input",
    "task_output",
    "status",
    "priority",
    "error_message",
    "created_at",
    "updated_at",
    "completed_at",
];

const PAYMENTS: &[&str] = &[
    "id",
    "order_id",
    "amount",
    "currency",
    "status",
    "description",
    "payment_method",
    "metadata",
    "created_at",
    "updated_at",
    "completed_at",
    "user_id",
];

const LOGS: &[&str] = &["id", "log_type", "entity_id", "action", "details", "level", "created_at", "user_id"];
