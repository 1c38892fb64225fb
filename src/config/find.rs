//! Finds the configuration file.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

/// The name of the file.
pub const FILE_NAME: &str = "bursar.toml";

/// The file that is the nearest to the working directory: upward, to the root of the repository or the user's home
/// directory at most, and then in the user's configuration directory.
///
/// Above these two, a directory is more likely to be somebody else's.
pub fn nearest(working_directory: &Path) -> Option<PathBuf> {
    let home = etcetera::home_dir().ok().and_then(|home| home.canonicalize().ok());
    let last = |directory: &Path| {
        directory.join(".git").symlink_metadata().is_ok() || directory.canonicalize().ok() == home && home.is_some()
    };
    for directory in working_directory.ancestors() {
        let path = directory.join(FILE_NAME);
        if path.is_file() {
            return Some(path);
        }
        if last(directory) {
            break;
        }
    }
    user_file().filter(|path| path.is_file())
}

/// The file in the user's configuration directory.
pub(super) fn user_file() -> Option<PathBuf> {
    // Below a relative home directory, a folder that was cloned could be the user's own.
    let folder = etcetera::choose_base_strategy().ok()?.config_dir();
    folder.is_absolute().then(|| folder.join("bursar").join(FILE_NAME))
}
