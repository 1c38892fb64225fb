//! Which configuration files the user trusts: each by its path and a digest of its content, outside the folder that
//! it came with. direnv and mise do the same.

use std::fs::{DirBuilder, Metadata};
use std::io::{ErrorKind, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use nix::unistd::geteuid;
use sha2::{Digest as _, Sha256};

use super::find::user_file;
use crate::error::{Error, Result};
use crate::files;

/// Trust in a file: the actions that it may make bursar do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    /// There is no file, or it is in the user's configuration directory.
    #[default]
    Own,
    /// The user trusts what it says now.
    Trusted,
    /// The user trusted what it said before.
    Changed,
    /// The user was never asked.
    Unknown,
    /// Somebody else may have written it.
    Refused(Refused),
}

/// Why a file is not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason.
    pub why: String,
    /// The user may mend it by changing the file's mode.
    pub mendable: bool,
}

impl Standing {
    /// The standing of a file with this content.
    ///
    /// # Errors
    /// If what is trusted cannot be read.
    pub(super) fn of(path: &Path, metadata: &Metadata, content: &[u8]) -> Result<Self> {
        if let Some(refused) = written_by_others(metadata) {
            return Ok(Standing::Refused(refused));
        }
        let path = known_as(path);
        if user_file().is_some_and(|own| known_as(&own) == path) {
            return Ok(Standing::Own);
        }
        let Some(store) = Store::of_user() else { return Ok(Standing::Unknown) };
        if store.holds(&path, content)? {
            return Ok(Standing::Trusted);
        }
        Ok(if store.paths()?.contains(&path) { Standing::Changed } else { Standing::Unknown })
    }

    /// The standing in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Standing::Own => "own",
            Standing::Trusted => "trusted",
            Standing::Changed => "changed",
            Standing::Unknown => "unknown",
            Standing::Refused(_) => "refused",
        }
    }
}

/// Who but the user, and the administrator, may have written a file.
pub(super) fn written_by_others(metadata: &Metadata) -> Option<Refused> {
    if metadata.uid() != geteuid().as_raw() && metadata.uid() != 0 {
        let owner = nix::unistd::User::from_uid(metadata.uid().into()).ok().flatten();
        let owner = owner.map_or_else(|| format!("user {}", metadata.uid()), |user| user.name);
        return Some(Refused { why: format!("it belongs to {owner}"), mendable: false });
    }
    let mode = metadata.permissions().mode();
    let mendable = metadata.uid() == geteuid().as_raw();
    if mode & 0o002 != 0 {
        return Some(Refused { why: "everybody may write to it".to_owned(), mendable });
    }
    (mode & 0o020 != 0).then(|| Refused { why: "its group may write to it".to_owned(), mendable })
}

/// The path that a file is known by: as it was found, with its directory's links resolved. A link to a trusted
/// file, in another directory, is another file.
fn known_as(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (absolute.parent().and_then(|folder| folder.canonicalize().ok()), absolute.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

/// The trusted files, noted in the user's state directory: a file for each path and content, called by the digest of both,
/// which holds the path. One file for each needs no lock between two commands.
#[derive(Debug)]
pub struct Store(PathBuf);

impl Store {
    /// The user's; none where the user has no home directory.
    pub fn of_user() -> Option<Self> {
        let folder = etcetera::choose_base_strategy().ok()?.state_dir()?;
        folder.is_absolute().then(|| Store(folder.join("bursar/trusted")))
    }

    /// Trusts a file with this content, instead of what it held before.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn trust(&self, path: &Path, content: &[u8]) -> Result<()> {
        let path = known_as(path);
        let cannot = |e: std::io::Error| Error::usage(format!("cannot write to {}: {e}", self.0.display()));
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(cannot)?;
        let name = name(&path, content);
        // Nobody reads half of it; nobody else may read it.
        let mut file = tempfile::NamedTempFile::new_in(&self.0).map_err(cannot)?;
        file.write_all(path.as_os_str().as_bytes()).map_err(cannot)?;
        file.persist(self.0.join(&name)).map_err(|e| cannot(e.error))?;
        self.forget(&path, Some(&name)).map(|_| ())
    }

    /// Trusts a file no longer, whatever it holds; whether it was trusted.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn untrust(&self, path: &Path) -> Result<bool> {
        self.forget(&known_as(path), None)
    }

    /// The files that were trusted, sorted.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn paths(&self) -> Result<Vec<PathBuf>> {
        let mut paths: Vec<PathBuf> = self.entries()?.into_iter().map(|(_, path)| path).collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    fn holds(&self, path: &Path, content: &[u8]) -> Result<bool> {
        let name = name(path, content);
        Ok(self
            .entries()?
            .iter()
            .any(|(entry, of)| entry.file_name().is_some_and(|n| n == name.as_str()) && of == path))
    }

    /// Removes what is noted of a path, but for the entry of this name; whether there was any.
    fn forget(&self, path: &Path, but: Option<&str>) -> Result<bool> {
        let mut found = false;
        for (entry, of) in self.entries()? {
            if of == path && entry.file_name().and_then(|n| n.to_str()) != but {
                std::fs::remove_file(&entry)
                    .map_err(|e| Error::usage(format!("cannot remove {}: {e}", entry.display())))?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Each entry's own file, and the path that it is about. Nobody else may have written any of it.
    fn entries(&self) -> Result<Vec<(PathBuf, PathBuf)>> {
        let cannot = |e: std::io::Error| Error::usage(format!("cannot read {}: {e}", self.0.display()));
        let folder = match std::fs::metadata(&self.0) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(cannot(e)),
            Ok(folder) => folder,
        };
        if let Some(refused) = written_by_others(&folder) {
            return Err(Error::refused(format!("{} is not used: {}", self.0.display(), refused.why))
                .hint(format!("chmod 700 {}", crate::text::quoted_path(&self.0))));
        }
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&self.0).map_err(cannot)? {
            let entry = entry.map_err(cannot)?.path();
            // Another command may have removed it just now.
            if let Ok(path) = files::read(&entry) {
                entries.push((entry, PathBuf::from(std::ffi::OsString::from_vec(path))));
            }
        }
        Ok(entries)
    }
}

/// The name of an entry.
fn name(path: &Path, content: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.update((path.as_os_str().len() as u64).to_be_bytes());
    digest.update(path.as_os_str().as_bytes());
    digest.update(content);
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
