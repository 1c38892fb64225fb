//! Migrations: what is there, what is pending, and bringing a database up.
//!
//! The history is sqlx's table with sqlx's checksums, so that sqlx and bursar can take turns on one
//! database. What sqlx has no column for lives in `bursar.migration_runs`. Looking writes nothing,
//! not even the history table.

pub mod adopt;
pub mod catalogue;
pub mod depth;
mod detect;
pub mod domains;
mod down;
pub mod dump;
mod engine;
pub mod foreign;
pub mod formats;
pub mod functions;
mod half_done;
pub mod histories;
mod history;
mod import;
mod indexes;
mod kept;
#[cfg(feature = "lint")]
pub mod lint;
mod lock;
pub mod locks;
mod losses;
mod model;
pub mod owners;
pub mod plan;
pub mod relation;
pub mod repair;
mod script;
mod snapshot;
mod source;
mod split;
mod sqlx_histories;
mod sqlx_toml;
mod statement;
mod status;
mod undone;
mod up;
mod verify;

pub use adopt::made_elsewhere;
pub use detect::{Evidence, Made, made_by};
pub use down::{Back, applied, down};
pub use engine::{Event, without_records};
pub use formats::{Listed, listed};
pub use half_done::{AllHalfDone, HalfDone, all_half_done};
pub use history::{keeps_records, may_keep_records, shows_records};
pub use import::import;
pub use indexes::{InvalidIndex, invalid_indexes};
pub use lock::RunLock;
pub use losses::{Loss, losses};
pub use model::{Direction, MigrationState, MigrationStatus, Options, Progress, SetStatus};

pub use script::{Script, Step, Steps};
pub use snapshot::{RECORD_SCHEMA, SCHEMA_OBJECTS, record_schema};
pub use source::{Migration, SQLX_TABLE, Set, drafts};
pub use sqlx_toml::SqlxToml;
pub use statement::Statement;
pub use status::status;
pub use up::{Until, pending, trouble, up};
pub use verify::{RoundTrip, drift, made, round_trip};
