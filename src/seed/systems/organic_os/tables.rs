//! The tables to fill, in an order in which every row exists before a reference to it.
//!
//! Every column that would take a time or a random value by default is given, so that the same
//! arguments make the same rows. Left out is `message_count`, which a trigger keeps.

use crate::seed::Batch;

/// The handles of the tables.
pub(super) struct Tables {
    pub users: usize,
    pub entries: usize,
    pub progress: usize,
    pub conversations: usize,
    pub messages: usize,
}

impl Tables {
    pub fn declare(batch: &mut Batch) -> Self {
        Tables {
            users: batch.table("users", USERS),
            entries: batch.table("wellness_entries", ENTRIES),
            progress: batch.table("module_progress", PROGRESS),
            conversations: batch.table("conversations", CONVERSATIONS),
            messages: batch.table("messages", MESSAGES),
        }
    }
}

const USERS: &[&str] = &["id", "email", "full_name", "avatar_url", "timezone", "created_at", "updated_at"];

const ENTRIES: &[&str] = &[
    "id",
    "user_id",
    "date",
    "sleep_hours",
    "water_intake_ml",
    "exercise_minutes",
    "meditation_minutes",
    "mood_score",
    "energy_level",
    "nutrition_notes",
    "created_at",
    "updated_at",
];

const PROGRESS: &[&str] = &[
    "id",
    "user_id",
    "module_name",
    "progress_percentage",
    "completed_topics",
    "current_focus",
    "notes",
    "last_activity",
    "created_at",
    "updated_at",
];

const CONVERSATIONS: &[&str] = &["id", "user_id", "module_name", "topic", "created_at", "updated_at"];

const MESSAGES: &[&str] = &["id", "conversation_id", "role", "content", "tokens_used", "created_at"];
