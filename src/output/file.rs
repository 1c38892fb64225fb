//! Files that a command writes. They may hold customers' data, so that nobody but the user may read them, and
//! nothing that is there already, such as a link of somebody else's, decides where the text goes.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use tempfile::NamedTempFile;

use crate::error::{Error, Result, ResultExt as _};
use crate::files;

/// The readers of a new file: its user alone, or everybody.
const PRIVATE: u32 = 0o600;
const READABLE: u32 = 0o644;

/// A file to be written. What stood in it stays until the new text is complete, and is then replaced
/// in one step, so that nobody reads half of it.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Beside the file that it will be.
    Beside {
        file: NamedTempFile,
        /// A file of that name is replaced.
        replaces: bool,
    },
    /// An open file of our own, such as standard output, or a device, which cannot be replaced.
    Direct(File),
}

impl NewFile {
    /// Makes sure that the file can be written, before the work whose result it is to hold. A file of the
    /// user's own is replaced, and keeps its mode; a new one is the user's alone.
    ///
    /// # Errors
    /// A usage error where it cannot, and where a link, a pipe or somebody else's file is there.
    pub fn create(path: &Path) -> Result<Self> {
        Self::made(path, PRIVATE, true)
    }

    /// As [`NewFile::create`], but a new file may be read by everybody: for figures that a service of another
    /// user collects.
    ///
    /// # Errors
    /// As [`NewFile::create`].
    pub fn readable(path: &Path) -> Result<Self> {
        Self::made(path, READABLE, true)
    }

    /// As [`NewFile::create`], but only where nothing is there.
    ///
    /// # Errors
    /// As [`NewFile::create`], and where something is there.
    pub fn fresh(path: &Path) -> Result<Self> {
        Self::made(path, PRIVATE, false)
    }

    /// As [`NewFile::fresh`], but the file may be read by everybody: for files of a project, such as migrations.
    ///
    /// # Errors
    /// As [`NewFile::fresh`].
    pub fn source(path: &Path) -> Result<Self> {
        Self::made(path, READABLE, false)
    }

    fn made(path: &Path, mode: u32, replaces: bool) -> Result<Self> {
        let unusable = |why: String| Error::usage(format!("cannot write to {}: {why}", path.display()));
        if replaces && is_open_already(path) {
            let file = OpenOptions::new().write(true).open(path).map_err(|e| unusable(e.to_string()))?;
            return Ok(NewFile { path: path.to_owned(), place: Place::Direct(file) });
        }
        let mode = match path.symlink_metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => mode,
            Err(e) => return Err(unusable(e.to_string())),
            Ok(_) if !replaces => return Err(unusable("it is there already".to_owned())),
            Ok(there) if there.is_symlink() => {
                return Err(unusable("it is a link, which is not followed".to_owned()).hint(
                    match path.canonicalize() {
                        Ok(file) => format!("name the file itself: {}", file.display()),
                        Err(_) => "name the file itself".to_owned(),
                    },
                ));
            }
            Ok(there) => match files::kind(&there) {
                Some(kind) => return Err(unusable(format!("it is {kind}"))),
                None if there.uid() != geteuid().as_raw() => {
                    return Err(unusable("it belongs to another user".to_owned()).hint("name a file of your own"));
                }
                None => there.permissions().mode() & 0o777,
            },
        };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = tempfile::Builder::new()
            .prefix(".bursar-")
            .permissions(Permissions::from_mode(mode & READABLE | PRIVATE))
            .tempfile_in(folder)
            .map_err(|e| unusable(e.to_string()))?;
        // The mode of the file before, whatever the umask would take away.
        beside.as_file().set_permissions(Permissions::from_mode(mode)).map_err(|e| unusable(e.to_string()))?;
        Ok(NewFile { place: Place::Beside { file: beside, replaces }, path: path.to_owned() })
    }

    /// Writes it.
    ///
    /// # Errors
    /// The writer's own, and where the text cannot be stored; then the file is as it was.
    pub fn finish<T>(self, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
        let told = format!("{} was not written", self.path.display());
        let into = |file: &mut File| -> Result<T> {
            let mut out = BufWriter::new(file);
            let written = write(&mut out)?;
            out.flush()?;
            Ok(written)
        };
        match self.place {
            Place::Direct(mut file) => into(&mut file).context(told),
            Place::Beside { mut file, replaces } => {
                let written = into(file.as_file_mut()).context(&told)?;
                file.as_file().sync_all().context(&told)?;
                put(file, &self.path, replaces).context(told)?;
                Ok(written)
            }
        }
    }

    /// Puts it in its place now, empty, for what is written line by line and is to be there whatever happens.
    ///
    /// # Errors
    /// If it cannot be put there.
    pub fn begin(self) -> Result<File> {
        match self.place {
            Place::Direct(file) => Ok(file),
            Place::Beside { file, replaces } => {
                put(file, &self.path, replaces).context(format!("cannot write to {}", self.path.display()))
            }
        }
    }
}

/// Renames a file to its name, where a link that somebody has put there meanwhile is replaced, not followed.
fn put(file: NamedTempFile, path: &Path, replaces: bool) -> Result<File> {
    if replaces {
        return Ok(file.persist(path).map_err(|e| e.error)?);
    }
    Ok(file.persist_noclobber(path).map_err(|e| e.error)?)
}

/// A file that the process has open already, or a device that keeps nothing: `/dev/stdout`, `/dev/fd/3`,
/// `/dev/null`. A shell's `>(command)` is one of these.
fn is_open_already(path: &Path) -> bool {
    let ours = ["/dev/stdout", "/dev/stderr", "/dev/null", "/dev/full", "/dev/tty"];
    let folder = path.parent();
    ours.iter().any(|p| path == Path::new(p))
        || ["/dev/fd", "/proc/self/fd"].iter().any(|p| folder == Some(Path::new(p)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use super::NewFile;
    use crate::error::{Error, Result};

    fn write(file: Result<NewFile>, text: &str) -> Result<()> {
        file?.finish(|out| Ok(out.write_all(text.as_bytes())?))
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_whole_or_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        write(NewFile::create(&path), "one").unwrap();
        assert_eq!(mode(&path), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
        write(NewFile::create(&path), "two").unwrap();
        assert_eq!(mode(&path), 0o664);
        let half = NewFile::create(&path).unwrap().finish(|out| {
            out.write_all(&[b'x'; 100_000])?;
            Err::<(), _>(Error::failed("no more"))
        });
        assert!(half.unwrap_err().message().ends_with("report was not written: no more"));
        drop(NewFile::create(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(NewFile::create(folder.path()).is_err());
        assert!(NewFile::create(&folder.path().join("no/such/folder")).is_err());
        let figures = folder.path().join("figures");
        write(NewFile::readable(&figures), "one").unwrap();
        assert_eq!(mode(&figures), 0o644);
        let source = folder.path().join("1_a.sql");
        write(NewFile::source(&source), "one").unwrap();
        assert_eq!(mode(&source), 0o644);
        write(NewFile::source(&source), "two").unwrap_err();
    }

    #[test]
    fn a_link_is_neither_followed_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        std::fs::write(&victim, "kept").unwrap();
        symlink(&victim, &link).unwrap();
        for file in [NewFile::create(&link), NewFile::readable(&link), NewFile::fresh(&link)] {
            write(file, "lost").unwrap_err();
        }
        let error = NewFile::create(&link).unwrap_err();
        assert!(error.message().ends_with("it is a link, which is not followed"), "{error}");
        assert!(error.hint.unwrap().ends_with("/victim"));
        // A link to nothing would make a file elsewhere.
        let dangling = folder.path().join("dangling");
        symlink(folder.path().join("elsewhere"), &dangling).unwrap();
        assert!(NewFile::create(&dangling).is_err() && NewFile::fresh(&dangling).is_err());

        // One that comes later is replaced as a link.
        let late = folder.path().join("late");
        let file = NewFile::create(&late);
        symlink(&victim, &late).unwrap();
        write(file, "new").unwrap();
        let late = folder.path().join("later");
        let file = NewFile::fresh(&late);
        symlink(&victim, &late).unwrap();
        write(file, "new").unwrap_err();
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "kept");
    }

    #[test]
    fn a_pipe_that_is_there_is_no_file_and_standard_output_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(NewFile::create(&pipe).unwrap_err().message().ends_with("it is a pipe"));
        write(NewFile::create(Path::new("/dev/null")), "gone").unwrap();
        let path = folder.path().join("results");
        std::fs::write(&path, "of before").unwrap();
        let mut file = NewFile::create(&path).unwrap().begin().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
        std::io::Write::write_all(&mut file, b"line").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "line");
        assert!(NewFile::fresh(&path).unwrap_err().message().ends_with("it is there already"));
    }
}
