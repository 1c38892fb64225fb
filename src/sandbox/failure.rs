//! What the user is told when a directory, a disk, a port or a server program fails.

use std::io::ErrorKind;
use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::error::{Error, Kind};

/// The remedy for a full disk.
pub(super) const MAKE_ROOM: &str = "make room, or choose a directory on another disk";

/// A failure of a server program, with its last words and what they mean.
pub(super) fn server_failure(dir: &Path, what: &str, said: &str) -> Error {
    // A disk that is full has no room for the program's complaint about it either.
    let full = said.contains("No space left on device") || free_mb(dir) == Some(0);
    let error = Error::failed(format!("{what} in {}{}", dir.display(), last_lines(said)));
    if full { error.context("the disk is full").hint(MAKE_ROOM) } else { error }
}

/// The error of a directory or file that the user named for writing.
pub(super) fn unusable(path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::AlreadyExists => Kind::Usage,
        _ => Kind::Failed,
    };
    let full = error.kind() == ErrorKind::StorageFull;
    let error = Error::from_cause(kind, error).context(format!("cannot write to {}", path.display()));
    match kind {
        Kind::Usage => error.hint("choose another directory: --dir for a kept one, TMPDIR for a temporary one"),
        _ if full => error.hint(MAKE_ROOM),
        _ => error,
    }
}

/// The error of a file of an existing cluster.
pub(super) fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let denied = error.kind() == ErrorKind::PermissionDenied;
    let kind = if denied { Kind::Refused } else { Kind::Failed };
    let error = Error::from_cause(kind, error).context(format!("cannot open {}", path.display()));
    if denied { error.hint("run it as the user who started the sandbox") } else { error }
}

/// Another program has the port that was asked for.
pub(super) fn port_is_busy(port: u16) -> Error {
    Error::new(Kind::Conflict, format!("port {port} on 127.0.0.1 is in use by another program"))
        .hint("choose another port, or leave it out and use the Unix socket")
}

/// The megabytes that the server's user may still write where `dir` is; none if that is unknown.
pub(super) fn free_mb(dir: &Path) -> Option<u64> {
    let stat = statvfs(dir).ok()?;
    // The types differ between systems, and on some these conversions do nothing.
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
    let bytes = u64::from(stat.blocks_available()).saturating_mul(stat.fragment_size() as u64);
    Some(bytes >> 20)
}

/// The end of a program's output, as an indented block under a message.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(8)..].iter().map(|line| format!("\n  {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_the_output_is_shown() {
        let said: String = (1..=20).map(|n| format!("line {n}\n\n")).collect();
        let shown = last_lines(&said);
        assert!(shown.starts_with("\n  line 13\n") && shown.ends_with("line 20"), "{shown}");
        assert_eq!(last_lines(""), "");
    }

    #[test]
    fn the_kind_tells_the_users_mistake_from_a_failure() {
        let kind = |kind: ErrorKind| unusable(Path::new("/x"), kind.into()).kind;
        assert_eq!(kind(ErrorKind::PermissionDenied), Kind::Usage);
        assert_eq!(kind(ErrorKind::ReadOnlyFilesystem), Kind::Usage);
        assert_eq!(kind(ErrorKind::StorageFull), Kind::Failed);
    }
}
