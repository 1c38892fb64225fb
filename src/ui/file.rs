//! Files that a command writes: whole, or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result, ResultExt as _};

/// A file to be written. What stood in it stays until the new text is complete, and is then replaced
/// in one step, so that nobody reads half of it.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Beside the file that it will replace.
    Beside(NamedTempFile),
    /// A pipe or a device, which cannot be replaced.
    Direct(File),
}

impl NewFile {
    /// Makes sure that the file can be written, before the work whose result it is to hold.
    ///
    /// # Errors
    /// A usage error where it cannot.
    pub fn create(path: &Path) -> Result<Self> {
        let unusable = |e: std::io::Error| Error::usage(format!("cannot write to {}: {e}", path.display()));
        let there = std::fs::metadata(path).ok();
        if path.starts_with("/dev") || there.as_ref().is_some_and(|m| !m.is_file() && !m.is_dir()) {
            let file = OpenOptions::new().write(true).open(path).map_err(unusable)?;
            return Ok(NewFile { path: path.to_owned(), place: Place::Direct(file) });
        }
        if there.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(Error::usage(format!("cannot write to {}: it is a directory", path.display())));
        }
        // Behind a link, it is what the link points at that is replaced.
        let path = if there.is_some() { path.canonicalize().map_err(unusable)? } else { path.to_owned() };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The rights that a new file would have, or those of the old one.
        let mode = there.map_or(Permissions::from_mode(0o666), |m| m.permissions());
        let beside = tempfile::Builder::new().prefix(".bursar-").permissions(mode).tempfile_in(folder);
        Ok(NewFile { place: Place::Beside(beside.map_err(unusable)?), path })
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
            Place::Beside(mut file) => {
                let written = into(file.as_file_mut()).context(&told)?;
                file.persist(&self.path).map_err(|e| Error::from(e.error).context(told))?;
                Ok(written)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::NewFile;
    use crate::error::Error;

    #[test]
    fn a_file_is_replaced_whole_or_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let write = |text: &'static str| {
            NewFile::create(&path).unwrap().finish(|out| Ok(out.write_all(text.as_bytes())?)).unwrap();
        };
        write("one");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        write("two");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        let half = NewFile::create(&path).unwrap().finish(|out| {
            out.write_all(&[b'x'; 100_000])?;
            Err::<(), _>(Error::failed("no more"))
        });
        assert!(half.unwrap_err().message().ends_with("report was not written: no more"));
        drop(NewFile::create(&path).unwrap());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        NewFile::create(&link).unwrap().finish(|out| Ok(out.write_all(b"three")?)).unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(NewFile::create(folder.path()).is_err());
        assert!(NewFile::create(&folder.path().join("no/such/folder")).is_err());
    }
}
