//! The formats in which tools keep migrations: one reader each, behind [`read`].
//!
//! A format is told by what its own tool looks for: a line of a comment, or the name of a file or a folder. A folder
//! that could be of two formats is refused in words, and so is what its tool would do and bursar would not.

mod drizzle;
mod flyway;
mod folder;
mod format;
mod listed;
mod model;
mod names;
mod nested;
mod sections;

pub use folder::{lone, read, read_foreign, versions};
pub use format::Format;
pub use listed::{Listed, listed};
pub use model::name_of;
pub use model::{Folder, Part};
pub(super) use model::{same_version, way_back};
pub use names::is_one_of_a_pair;
pub(super) use names::sqlx;
pub use nested::holds_migrations as holds_folders;
pub(super) use sections::begins_back;
