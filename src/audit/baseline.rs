//! The baseline: findings that are accepted, in a file that people edit, by fingerprint. Each has a
//! reason, an owner, and the last day on which it holds.
//!
//! A fingerprint covers the amounts, so a finding that changes is a new one and fires again. That of a cached balance
//! covers the difference: sound entries leave it as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::finding::{Accepted, Finding};
use super::findings::AcceptedFindings;
use super::report::Report;
use crate::config::unparsed;
use crate::error::{Error, Result};
use crate::text::{escape, is_blank, quoted_path};

/// The value of [`Accepted::by`] for a finding that a baseline accepts.
const BASELINE: &str = "baseline";

/// Number of problems of a file that are reported at once.
const PROBLEMS: usize = 10;

const HEAD: &str = "\
# Findings of `bursar audit` that are accepted, each with a reason, an owner, and its last day (UTC).
# `bursar audit --baseline` reads this file and refuses an entry whose reason is empty. A finding
# whose amounts change, or of a cached balance the difference, fires again with another fingerprint.
";

/// A baseline as it was read.
#[derive(Debug)]
pub struct Baseline {
    path: PathBuf,
    /// The text before the first entry.
    head: String,
    entries: Vec<Entry>,
}

/// An accepted finding.
#[derive(Debug)]
pub struct Entry {
    /// The line of the file that it begins on, counted from one.
    pub line: usize,
    /// The check that it is of.
    pub check: String,
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// The reason why it is accepted.
    pub reason: String,
    /// The person who answers for it.
    pub owner: String,
    /// The last day on which it holds, in UTC.
    pub expires: NaiveDate,
    /// The entry as it stands in the file, with the comments above it.
    text: String,
}

impl Entry {
    fn accepted(&self) -> Accepted {
        Accepted {
            by: BASELINE.to_owned(),
            owner: self.owner.clone(),
            reason: self.reason.clone(),
            expires: Some(self.expires.to_string()),
        }
    }
}

/// A rewritten baseline, and what became of its entries.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Findings that it did not have before.
    pub new: usize,
    /// Entries that were left as they were.
    pub kept: usize,
    /// Entries that match nothing any more.
    pub removed: usize,
    /// Entries that still need a reason.
    pub unreasoned: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accept: Vec<Spanned<TomlEntry>>,
}

/// An entry as TOML. What is not needed to recognize the finding is there for the reader.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlEntry {
    fingerprint: String,
    check: String,
    #[serde(rename = "key")]
    _key: Option<String>,
    #[serde(rename = "account")]
    _account: Option<String>,
    #[serde(rename = "message")]
    _message: Option<String>,
    reason: String,
    owner: String,
    expires: Spanned<Datetime>,
}

impl Baseline {
    /// Reads a file, whose entries may still lack a reason.
    ///
    /// # Errors
    /// Usage errors that name the file, and the line where there is one: it cannot be read, or is
    /// not a baseline.
    pub fn read(path: &Path) -> Result<Self> {
        let text = crate::files::read_text(path).map_err(|e| {
            Error::usage(format!("cannot read the baseline {}: {e}", path.display()))
                .hint(format!("bursar audit --write-baseline {}", quoted_path(path)))
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|e| unparsed(path, text, &e))?;
        let line_of = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let wrong = |at: usize, what: &str| Error::usage(format!("{}:{}: {what}", path.display(), line_of(at)));
        let mut above = 0;
        let starts: Vec<usize> = file
            .accept
            .iter()
            .map(|entry| with_comments(text, std::mem::replace(&mut above, entry.span().start), entry.span().start))
            .collect();
        let mut entries = Vec::new();
        // Lines are counted from entry to entry: from the start, a long file would take minutes.
        let (mut counted, mut line) = (0, 1);
        for (n, entry) in file.accept.into_iter().enumerate() {
            let span = entry.span();
            if !text[span.clone()].starts_with("[[") {
                return Err(wrong(span.start, "write each entry below a line [[accept]] of its own"));
            }
            let TomlEntry { fingerprint, check, reason, owner, expires, .. } = entry.into_inner();
            let day = match expires.get_ref() {
                Datetime { date: Some(d), time: None, offset: None } => {
                    NaiveDate::from_ymd_opt(i32::from(d.year), u32::from(d.month), u32::from(d.day))
                }
                _ => None,
            };
            let day = day.ok_or_else(|| wrong(expires.span().start, "expires is a day, as 2027-01-31"))?;
            let end = starts.get(n + 1).copied().unwrap_or(text.len());
            line += text[counted..span.start].matches('\n').count();
            counted = span.start;
            let text = text[starts[n]..end].to_owned();
            entries.push(Entry { line, check, fingerprint, reason, owner, expires: day, text });
        }
        let head = text[..starts.first().copied().unwrap_or(text.len())].to_owned();
        Ok(Baseline { path: path.to_owned(), head, entries })
    }

    /// Checks that every entry says what an accepted finding has to.
    ///
    /// # Errors
    /// A usage error with the file and line of each entry that does not.
    pub fn verify(&self) -> Result<()> {
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in &self.entries {
            let is_print = |f: &str| f.len() == 16 && f.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            let mut problem = |what: String| problems.push(format!("{}:{}: {what}", self.path.display(), entry.line));
            if !is_print(&entry.fingerprint) {
                problem(format!("'{}' is no fingerprint: these are 16 digits of 0-9 and a-f", entry.fingerprint));
            } else if !seen.insert(&entry.fingerprint) {
                problem(format!("fingerprint {} is there twice", entry.fingerprint));
            }
            if is_blank(&entry.reason) {
                problem("the reason is empty: say why this is accepted".to_owned());
            }
            if is_blank(&entry.owner) {
                problem("the owner is empty: say who answers for this".to_owned());
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        let more = problems.len().saturating_sub(PROBLEMS);
        problems.truncate(PROBLEMS);
        if more > 0 {
            problems.push(format!("and {more} more"));
        }
        Err(Error::usage(problems.join("\n")).hint(format!("edit {}; nothing was run", self.path.display())))
    }

    /// The entries that hold on this day.
    pub fn accepted(&self, today: NaiveDate) -> AcceptedFindings {
        self.holding(today).map(|e| (e.fingerprint.clone(), e.accepted())).collect()
    }

    /// The accepted findings of this day, by check and fingerprint.
    pub fn accepted_of_checks(&self, today: NaiveDate) -> BTreeMap<(String, String), Accepted> {
        self.holding(today).map(|e| ((e.check.clone(), e.fingerprint.clone()), e.accepted())).collect()
    }

    /// The entries that expired before this day.
    pub fn expired(&self, today: NaiveDate) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.expires < today)
    }

    /// The entries that hold on this day.
    pub fn holding(&self, today: NaiveDate) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.expires >= today)
    }

    /// Entries that hold on this day and match nothing any more, as far as the report looked.
    pub fn unmatched<'a>(&'a self, report: &'a Report, today: NaiveDate) -> impl Iterator<Item = &'a Entry> {
        self.holding(today).filter(|e| report.looked_at(&e.check) && !report.has_accepted(&e.fingerprint))
    }
}

/// Writes every finding of the report as an entry of a baseline. Entries of the one before stay as
/// they are, comments included, where their finding is still there or was not looked for. New ones
/// have no reason yet; the owner and the last day are suggestions.
///
/// The report has to have kept all findings, see [`super::Options::keep_all`].
///
/// # Errors
/// The writer's own, and where the findings cannot be read back.
pub fn write(
    report: &Report,
    before: Option<&Baseline>,
    owner: &str,
    expires: NaiveDate,
    out: &mut dyn Write,
) -> Result<Written> {
    let entries = before.map_or(&[][..], |b| &b.entries);
    let known: BTreeSet<&str> = entries.iter().map(|e| e.fingerprint.as_str()).collect();
    let mut found = BTreeSet::new();
    for finding in report.all_findings() {
        let finding = finding?;
        found.extend(finding.fingerprints().filter(|f| known.contains(f.as_str())).cloned());
    }
    let mut written = Written::default();
    let mut spaced = Spaced { out, first: true };
    spaced.write(before.map_or(HEAD, |b| &b.head))?;
    for entry in entries {
        if !found.contains(&entry.fingerprint) && report.looked_at(&entry.check) {
            written.removed += 1;
            continue;
        }
        spaced.write(&entry.text)?;
        written.kept += 1;
        written.unreasoned += usize::from(is_blank(&entry.reason));
    }
    for finding in report.all_findings() {
        let finding = finding?;
        // What the database itself acknowledges needs no entry, and two alike need but one.
        let is_known = finding.fingerprints().any(|f| known.contains(f.as_str()));
        let is_new = finding.accepted.is_none() && !is_known;
        if is_new && found.insert(finding.fingerprint.clone()) {
            spaced.write(&entry(&finding, owner, expires))?;
            written.new += 1;
            written.unreasoned += 1;
        }
    }
    Ok(written)
}

/// Blocks of text, with an empty line between them.
struct Spaced<'a> {
    out: &'a mut dyn Write,
    first: bool,
}

impl Spaced<'_> {
    fn write(&mut self, block: &str) -> Result<()> {
        let block = block.trim_end();
        if block.is_empty() {
            return Ok(());
        }
        if !std::mem::replace(&mut self.first, false) {
            writeln!(self.out)?;
        }
        Ok(writeln!(self.out, "{block}")?)
    }
}

fn entry(finding: &Finding, owner: &str, expires: NaiveDate) -> String {
    let mut out = String::from("[[accept]]\n");
    let mut fact = |name: &str, value: &str| out.push_str(&format!("{name} = {}\n", quoted(value)));
    fact("fingerprint", &finding.fingerprint);
    fact("check", &finding.check);
    fact("key", &finding.key);
    if let Some(account) = finding.account.as_deref().filter(|a| *a != finding.key) {
        fact("account", account);
    }
    fact("message", &finding.message);
    fact("reason", "");
    fact("owner", owner);
    format!("{out}expires = {expires}\n")
}

/// A TOML string of one line, in which control characters are shown as they are elsewhere.
fn quoted(text: &str) -> String {
    // Without control characters, JSON's strings are TOML's.
    serde_json::Value::from(escape(text)).to_string()
}

/// The beginning of the comment directly above this place, not before `from`. What merely looks like one,
/// as the end of a text over several lines may, stays with what is above it.
fn with_comments(text: &str, from: usize, at: usize) -> usize {
    let mut start = at;
    while let Some(above) = text[from..start].strip_suffix('\n') {
        let line = from + above.rfind('\n').map_or(0, |newline| newline + 1);
        if !text[line..].starts_with('#') {
            break;
        }
        start = line;
    }
    if start == at || toml::from_str::<File>(&text[from..start]).is_ok() { start } else { at }
}
