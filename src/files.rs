//! Reading files that somebody else may have written: the one place that opens them.
//!
//! A FIFO, a device or a file without an end must neither hang a command nor fill its memory, so only regular
//! files of a bounded size are read. Writing is [`crate::output::NewFile`]'s.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::libc::{O_NOCTTY, O_NONBLOCK};

/// The most bytes of one file that are read.
pub const LARGEST: u64 = 16 * 1024 * 1024;

/// The most bytes of one migration that are read.
pub const LARGEST_MIGRATION: u64 = 256 * 1024 * 1024;

/// The name that stands for standard input where a command takes a file.
pub const STDIN: &str = "-";

/// Opens a regular file, and nothing else.
///
/// # Errors
/// If it cannot be opened, or is of another kind, which the message names.
pub fn open(path: &Path) -> Result<(File, Metadata)> {
    // Without waiting, so that a FIFO that nobody writes to is told apart as well.
    let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK | O_NOCTTY).open(path)?;
    let metadata = file.metadata()?;
    match kind(&metadata) {
        None => Ok((file, metadata)),
        Some(kind) => Err(Error::other(format!("it is {kind}, and only a regular file is read"))),
    }
}

/// The kind of what is no regular file.
pub fn kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    Some(if kind.is_file() {
        return None;
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    })
}

/// The bytes of a regular file.
///
/// # Errors
/// As [`open`], and where there are more than [`LARGEST`].
pub fn read(path: &Path) -> Result<Vec<u8>> {
    bounded(open(path)?.0)
}

/// The bytes of a regular file of migrations, which may hold rows.
///
/// # Errors
/// As [`open`], and where there are more than [`LARGEST_MIGRATION`].
pub fn read_migration(path: &Path) -> Result<Vec<u8>> {
    let (file, metadata) = open(path)?;
    let mut bytes = Vec::new();
    if metadata.len() <= LARGEST_MIGRATION {
        // In one piece, where it is large.
        bytes.reserve_exact(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    }
    up_to(LARGEST_MIGRATION, file, &mut bytes)?;
    Ok(bytes)
}

/// The text of a regular file.
///
/// # Errors
/// As [`read`], and where it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    text(read(path)?)
}

/// The bytes of a file that an argument names; `-` is standard input, which is read to its end.
///
/// # Errors
/// As [`read`].
pub fn read_argument(path: &Path) -> Result<Vec<u8>> {
    if path == Path::new(STDIN) { bounded(std::io::stdin().lock()) } else { read(path) }
}

/// Everything that a reader has, up to [`LARGEST`] bytes.
///
/// # Errors
/// The reader's own, and where there is more.
pub fn bounded(from: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    up_to(LARGEST, from, &mut bytes)?;
    Ok(bytes)
}

fn up_to(largest: u64, from: impl Read, bytes: &mut Vec<u8>) -> Result<()> {
    from.take(largest + 1).read_to_end(bytes)?;
    if bytes.len() as u64 > largest {
        let most = largest / 1024 / 1024;
        return Err(Error::new(
            ErrorKind::FileTooLarge,
            format!("it is larger than {most} MiB, the most that is read"),
        ));
    }
    Ok(())
}

/// Bytes as text.
///
/// # Errors
/// If they are not UTF-8.
pub fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use nix::sys::stat::Mode;

    use super::{LARGEST, read, read_text};

    #[test]
    fn only_a_regular_file_of_a_bounded_size_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("text"), "one").unwrap();
        assert_eq!(read_text(&at("text")).unwrap(), "one");
        std::os::unix::fs::symlink(at("text"), at("link")).unwrap();
        assert_eq!(read_text(&at("link")).unwrap(), "one");
        std::fs::write(at("bytes"), [0xff]).unwrap();
        assert_eq!(read_text(&at("bytes")).unwrap_err().to_string(), "it is not UTF-8");

        nix::unistd::mkfifo(&at("fifo"), Mode::S_IRWXU).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("endless")).unwrap();
        for (name, kind) in [("fifo", "a pipe"), ("endless", "a device"), (".", "a directory")] {
            let said = read(&at(name)).unwrap_err().to_string();
            assert_eq!(said, format!("it is {kind}, and only a regular file is read"));
        }
        // A socket cannot be opened at all.
        assert!(read(&at("socket")).is_err());

        let sparse = std::fs::File::create(at("large")).unwrap();
        sparse.set_len(LARGEST).unwrap();
        assert_eq!(read(&at("large")).unwrap().len() as u64, LARGEST);
        sparse.set_len(LARGEST + 1).unwrap();
        assert_eq!(read(&at("large")).unwrap_err().to_string(), "it is larger than 16 MiB, the most that is read");
    }
}
