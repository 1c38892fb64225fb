//! Sorting of more rows than memory should hold, and keeping them in order, in unnamed temporary files: nobody else can
//! open them, and they are gone with the process, however it ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result, ResultExt as _};

/// Bytes of rows that are sorted in memory at a time.
const IN_MEMORY: usize = 16 << 20;

/// Runs that are merged at a time. Each holds a file open.
const RUNS: usize = 64;

/// A row: its key, its rank among those of the key, and its value as JSON.
type Raw = (String, u8, Vec<u8>);

/// Takes rows in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    rows: Vec<Raw>,
    bytes: usize,
    most: usize,
    runs: Vec<File>,
}

impl Default for Sorter {
    fn default() -> Self {
        Sorter { rows: Vec::new(), bytes: 0, most: IN_MEMORY, runs: Vec::new() }
    }
}

impl Sorter {
    /// Adds a row. Rows of one key come back by their rank.
    ///
    /// # Errors
    /// If a temporary file cannot be written.
    pub fn push(&mut self, key: String, rank: u8, value: &impl Serialize) -> Result<()> {
        let value = serde_json::to_vec(value).map_err(std::io::Error::from)?;
        self.bytes += key.len() + value.len() + size_of::<Raw>();
        self.rows.push((key, rank, value));
        if self.bytes > self.most {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        self.rows.sort_unstable();
        let mut run = BufWriter::new(temporary()?);
        self.rows.drain(..).try_for_each(|row| write(&mut run, &row))?;
        self.bytes = 0;
        self.runs.push(run.into_inner().map_err(std::io::IntoInnerError::into_error)?);
        if self.runs.len() == RUNS {
            let mut all = Sorted::new(std::mem::take(&mut self.runs))?;
            let mut run = BufWriter::new(temporary()?);
            while let Some(row) = all.take()? {
                write(&mut run, &row)?;
            }
            self.runs.push(run.into_inner().map_err(std::io::IntoInnerError::into_error)?);
        }
        Ok(())
    }

    /// The rows in order.
    ///
    /// # Errors
    /// As [`Sorter::push`].
    pub fn finish(mut self) -> Result<Sorted> {
        if !self.rows.is_empty() {
            self.spill()?;
        }
        Sorted::new(self.runs)
    }
}

/// Rows in the order of their keys and ranks.
#[derive(Debug)]
pub(super) struct Sorted {
    runs: Vec<BufReader<File>>,
    next: BinaryHeap<Reverse<(Raw, usize)>>,
}

impl Sorted {
    fn new(files: Vec<File>) -> Result<Self> {
        let mut sorted = Sorted { runs: Vec::new(), next: BinaryHeap::new() };
        for (number, mut file) in files.into_iter().enumerate() {
            file.seek(SeekFrom::Start(0))?;
            sorted.runs.push(BufReader::new(file));
            sorted.fill(number)?;
        }
        Ok(sorted)
    }

    fn fill(&mut self, run: usize) -> Result<()> {
        if let Some(row) = read(&mut self.runs[run])? {
            self.next.push(Reverse((row, run)));
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Option<Raw>> {
        let Some(Reverse((row, run))) = self.next.pop() else { return Ok(None) };
        self.fill(run)?;
        Ok(Some(row))
    }

    /// The key of the next row.
    pub fn key(&self) -> Option<&str> {
        self.next.peek().map(|Reverse(((key, ..), _))| key.as_str())
    }

    /// The next row, if it is of this key: its rank and its value.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub fn next_of(&mut self, key: &str) -> Result<Option<(u8, Value)>> {
        if self.key() != Some(key) {
            return Ok(None);
        }
        Ok(self.take()?.map(|(_, rank, value)| (rank, Value(value))))
    }
}

/// A value that was kept.
#[derive(Debug)]
pub(super) struct Value(Vec<u8>);

impl Value {
    /// The value as what it was.
    ///
    /// # Errors
    /// If it is something else.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.0).map_err(unreadable)
    }
}

/// Rows in the order in which they came.
#[derive(Debug)]
pub(super) struct Spool<T> {
    file: BufWriter<File>,
    of: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Spool<T> {
    /// An empty one.
    ///
    /// # Errors
    /// If there can be no temporary file.
    pub fn new() -> Result<Self> {
        Ok(Spool { file: BufWriter::new(temporary()?), of: PhantomData })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn push(&mut self, value: &T) -> Result<()> {
        let value = serde_json::to_vec(value).map_err(std::io::Error::from)?;
        write(&mut self.file, &(String::new(), 0, value))
    }

    /// Writes out what is still in a buffer. Nothing is added afterwards.
    ///
    /// # Errors
    /// As [`Spool::push`].
    pub fn finish(&mut self) -> Result<()> {
        Ok(self.file.flush()?)
    }

    /// The rows, from the first one on.
    pub fn iter(&self) -> impl Iterator<Item = Result<T>> {
        let opened = || -> Result<BufReader<File>> {
            let mut file = self.file.get_ref().try_clone()?;
            file.seek(SeekFrom::Start(0))?;
            Ok(BufReader::new(file))
        };
        let (mut file, mut failed) = match opened() {
            Ok(file) => (Some(file), None),
            Err(error) => (None, Some(error)),
        };
        std::iter::from_fn(move || {
            if let Some(error) = failed.take() {
                return Some(Err(error));
            }
            let row = read(file.as_mut()?).transpose()?;
            Some(row.and_then(|(_, _, value)| serde_json::from_slice(&value).map_err(unreadable)))
        })
    }
}

fn temporary() -> Result<File> {
    tempfile::tempfile()
        .context("what is compared waits in a temporary file")
        .or_hint("set TMPDIR to a folder with room")
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::failed(format!("a row cannot be read back from a temporary file: {error}"))
}

fn write(out: &mut BufWriter<File>, (key, rank, value): &Raw) -> Result<()> {
    for part in [key.as_bytes(), &[*rank], value] {
        out.write_all(&(part.len() as u64).to_le_bytes())?;
        out.write_all(part)?;
    }
    Ok(())
}

fn read(from: &mut BufReader<File>) -> Result<Option<Raw>> {
    let mut part = || -> std::io::Result<Option<Vec<u8>>> {
        let mut length = [0; 8];
        if let Err(error) = from.read_exact(&mut length) {
            return if error.kind() == std::io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
        }
        let mut part = vec![0; usize::try_from(u64::from_le_bytes(length)).unwrap_or_default()];
        from.read_exact(&mut part).map(|()| Some(part))
    };
    let Some(key) = part()? else { return Ok(None) };
    let (rank, value) = (part()?.unwrap_or_default(), part()?.unwrap_or_default());
    let key = String::from_utf8(key).map_err(|_| Error::failed("a temporary file does not hold what was written"))?;
    Ok(Some((key, rank.first().copied().unwrap_or_default(), value)))
}

#[cfg(test)]
mod tests {
    use super::{RUNS, Sorter, Spool};

    #[test]
    fn rows_come_back_by_key_and_rank_however_many_files_they_took() {
        let mut sorter = Sorter { most: 2_000, ..Sorter::default() };
        let rows = 40 * RUNS;
        for n in 0..rows {
            sorter.push(format!("{:06}", (n * 7_919) % rows), u8::from(n % 2 == 0), &n).unwrap();
            sorter.push(format!("{:06}", n % 10), 2, &"last").unwrap();
        }
        let mut sorted = sorter.finish().unwrap();
        let mut keys = Vec::new();
        while let Some(key) = sorted.key().map(str::to_owned) {
            let mut ranks = Vec::new();
            while let Some((rank, value)) = sorted.next_of(&key).unwrap() {
                assert_eq!(rank == 2, value.get::<String>().is_ok_and(|text| text == "last"));
                ranks.push(rank);
            }
            assert!(ranks.is_sorted() && (ranks[0] < 2), "{key}: {ranks:?}");
            keys.push(key);
        }
        assert_eq!(keys, (0..rows).map(|n| format!("{n:06}")).collect::<Vec<_>>());
    }

    #[test]
    fn a_spool_gives_its_rows_back_as_often_as_they_are_read() {
        let mut spool = Spool::new().unwrap();
        (0..1_000).for_each(|n| spool.push(&n).unwrap());
        spool.finish().unwrap();
        for _ in 0..2 {
            assert!(spool.iter().map(Result::unwrap).eq(0..1_000));
        }
    }
}
