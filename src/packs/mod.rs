//! Packs: what an application's schema means.
//!
//! A pack is a folder of TOML and SQL that maps a schema to canonical rows. The built-in ones are
//! embedded; `--app DIR` loads one from disk, with the same checks. This folder is the only place
//! that knows an application's name.

mod check;
mod detect;
mod load;
mod mimivibe;

use include_dir::{Dir, include_dir};

pub use check::verify;
pub use detect::{missing_columns, select};

use crate::error::{Error, Result};
use crate::seed::Simulate;

static FOLDERS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/packs");

/// The built-in packs, by name: each a folder beside this file, and the simulation that fills its
/// database with lifelike data.
static BUILT_IN: [(&str, Simulate); 1] = [("mimivibe", mimivibe::simulate)];

/// A loaded pack.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The name, as in `--app NAME`, and the name of its folder of migrations.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The schema that its tables live in.
    pub schema: String,
    /// Columns, as `table.column`, that must all exist in a database of this application.
    pub detect: Vec<String>,
    /// Every table that the audit reads.
    pub tables: Vec<String>,
    /// The units of account.
    pub units: Vec<Unit>,
    /// Bounds that the audit applies.
    pub thresholds: Thresholds,
    /// The ledger, where the application keeps one.
    pub ledger: Option<Ledger>,
    /// The application's own checks.
    pub checks: Vec<Check>,
    /// Known inconsistencies that can be put in, to try alarms.
    pub faults: Vec<Fault>,
    /// What lifelike data looks like, for the simulation.
    pub seed: Option<toml::Table>,
    /// The simulation, for a built-in pack.
    pub simulate: Option<Simulate>,
    /// Where the pack came from, for messages.
    pub origin: String,
}

/// A unit of account, such as a currency or a kind of token.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// As the database writes it.
    pub name: String,
    /// For people.
    pub title: String,
    /// Digits after the decimal point in one whole unit.
    pub decimals: u32,
}

/// Bounds that the audit applies.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// How far ahead of the server's clock an entry may be dated, in seconds.
    pub future_tolerance_secs: u32,
}

/// One SQL text of a pack, and the file that it came from.
#[derive(Debug, Clone)]
pub struct Sql {
    /// The file, relative to the pack's folder.
    pub file: String,
    /// One statement, without a semicolon.
    pub text: String,
}

/// Where the application keeps its ledger and the balances cached from it.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Rows of entry_id, account, unit, delta, running, at, seq, arrival, kind, ref.
    pub entries: Sql,
    /// Rows of account, unit, balance, opened_at.
    pub balances: Sql,
    /// The tables that the two read, as the `-- reads:` lines of their headers say.
    pub reads: Vec<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the audit stays clean.
    Warn,
    /// Something that is derived disagrees with what it was derived from.
    Error,
}

/// A check of the application's own: a query whose rows are the violations.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its id, such as `payments.granted`.
    pub id: String,
    /// What holds when it passes.
    pub title: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// The tables that it reads.
    pub reads: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// The likely cause of a violation.
    pub cause: String,
    /// What to do about one.
    pub remedy: String,
    /// The query.
    pub sql: Sql,
}

/// A known inconsistency that can be put in.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its kind, as in `--faults KIND`.
    pub kind: String,
    /// What it does.
    pub title: String,
    /// A statement of two parameters, a seed and the accounts to leave alone, that puts it in.
    pub sql: Sql,
}

/// The names of the built-in packs.
pub fn names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, _)| *name).collect()
}

/// All built-in packs.
///
/// # Errors
/// A built-in pack that does not load is a defect that the test suite finds.
pub fn built_in() -> Result<Vec<Pack>> {
    BUILT_IN
        .iter()
        .map(|(name, simulate)| {
            let folder = FOLDERS.get_dir(name).ok_or_else(|| Error::failed(format!("the pack {name} is not embedded")))?;
            let mut pack = load::from_embedded(folder, name)?;
            pack.simulate = Some(*simulate);
            Ok(pack)
        })
        .collect()
}

/// The pack that `--app` names: a built-in one by its name, or a folder on disk.
///
/// # Errors
/// Usage errors: no such pack, or a pack on disk that is wrong, with file and line.
pub fn named(name: &str) -> Result<Pack> {
    let folder = std::path::Path::new(name);
    if name.contains(std::path::MAIN_SEPARATOR) || name == "." || name == ".." {
        return load::from_disk(folder);
    }
    match built_in()?.into_iter().find(|p| p.name == name) {
        Some(pack) => Ok(pack),
        None if folder.join("pack.toml").is_file() => load::from_disk(folder),
        None => Err(Error::usage(format!("there is no pack '{name}'"))
            .hint(format!("the built-in packs are: {}; a folder of your own is named by its path, such as ./{name}", names().join(", ")))),
    }
}

impl Pack {
    /// The statement that makes the pack's unqualified names mean its own schema, for the rest of
    /// the transaction. Temporary tables come last, so that none can stand in for a real one.
    pub fn set_search_path(&self) -> String {
        format!("SET LOCAL search_path = {}, pg_catalog, pg_temp", crate::db::quote_identifier(&self.schema))
    }

    /// Every query of the pack that returns canonical rows.
    pub fn queries(&self) -> impl Iterator<Item = (&Sql, &'static [&'static str])> {
        const ENTRIES: &[&str] = &["entry_id", "account", "unit", "delta", "running", "at", "seq", "arrival", "kind", "ref"];
        const BALANCES: &[&str] = &["account", "unit", "balance", "opened_at"];
        const CHECK: &[&str] = &["table_name", "key", "account", "unit", "expected", "actual", "message"];
        let ledger = self.ledger.iter().flat_map(|l| [(&l.entries, ENTRIES), (&l.balances, BALANCES)]);
        ledger.chain(self.checks.iter().map(|c| (&c.sql, CHECK)))
    }
}
