//! Assembles a pack from its files. Errors name the file and, where it is known, the line.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::Dir;
use serde::Deserialize;

use super::canonical;
use super::files::{Files, embedded, on_disk};
use super::header::Header;
use super::manifest::{JobsManifest, LedgerManifest, Manifest, PaymentsManifest, RefundsManifest};
use super::model::{
    Ability, Check, Fault, JobFact, JobState, JobStream, Jobs, Ledger, MAIN, Origin, Pack, Severity, Topic, Trust,
};
use super::payments::{Payments, Refunds};
use super::prices::Prices;
use super::reference::Reference;
use super::sql::Sql;
use crate::error::{Error, Result};

/// The folder of the checks that go by the price list.
const LISTED: &str = "checks/listed";

/// Loads a pack that is embedded in the binary.
///
/// # Errors
/// A usage error, as for a pack on disk: a defect of the pack.
pub(super) fn from_embedded(folder: &'static Dir<'static>, name: &str) -> Result<Pack> {
    Loader { files: &embedded(folder), place: name }.assemble(Origin::BuiltIn)
}

/// The name of a pack, and what it is known by.
#[derive(Debug, Clone, Deserialize)]
pub struct Marks {
    /// The name, as `--app` takes it.
    pub name: String,
    /// One line of description.
    pub title: String,
    /// The schema that its tables live in.
    pub schema: String,
    /// Columns as `table.column` that mark a database of the pack.
    pub detect: Vec<String>,
}

/// The marks of a pack that is embedded in the binary. They are read before nearly every command, so nothing else of it is.
///
/// # Errors
/// As [`from_embedded`].
pub(super) fn marks(folder: &'static Dir<'static>, name: &str) -> Result<Marks> {
    let file = folder.get_file(folder.path().join("pack.toml"));
    let text = file.and_then(|file| file.contents_utf8()).unwrap_or_default();
    toml::from_str(text).map_err(|e| Error::usage(format!("{name}/pack.toml: {e}")))
}

/// Loads a pack from a folder on disk. Only the files that a pack has are read; any other SQL file in one of their
/// places is named in [`Pack::passed_over`].
///
/// # Errors
/// Usage errors: a file that cannot be read or is wrong.
pub(super) fn from_disk(folder: &Path) -> Result<Pack> {
    let (files, passed_over) = on_disk(folder)?;
    let loader = Loader { files: &files, place: &folder.display().to_string() };
    Ok(Pack { passed_over, ..loader.assemble(Origin::Folder(folder.to_owned()))? })
}

/// The files of one pack.
struct Loader<'a> {
    files: &'a Files,
    /// The pack's name or folder, which messages put before the name of a file.
    place: &'a str,
}

impl Loader<'_> {
    fn assemble(&self, origin: Origin) -> Result<Pack> {
        let (manifest, detect) = self.manifest()?;
        let (ledger, ledgers) = self.ledgers(&manifest)?;
        let tables = manifest.tables;
        let sealed = manifest.seal.ledgers(&tables, &format!("{}/pack.toml", self.place));
        let sealed = sealed.map_err(|why| self.wrong("pack.toml", &why))?;
        let payments = self.payments(manifest.payments.as_ref())?;
        let refunds = self.refunds(manifest.refunds, payments.is_some())?;
        let jobs = self.jobs(manifest.jobs, &tables)?;
        let references =
            manifest.references.iter().map(|r| Reference::of(r, &tables).map_err(|why| self.wrong("pack.toml", &why)));
        let references = references.collect::<Result<_>>()?;
        let queries = self.queries(payments.is_some(), jobs.is_some());
        let each = |folder: &'static str| {
            queries.iter().filter_map(move |(file, sql)| Some((stem(folder, file)?.to_owned(), sql)))
        };
        let part = Parts { ledger: ledger.as_ref(), payments: payments.as_ref(), refunds: refunds.as_ref() };
        let checks = each("checks").filter_map(|(id, sql)| check(id, sql, &tables, &part).transpose());
        let mut checks = checks.collect::<Result<Vec<_>>>()?;
        checks.sort_by(|a, b| a.id.cmp(&b.id));
        // What a remedy names has to work.
        let adjusts = ledgers.is_empty() && each("functions").any(|(name, _)| name == "repair");
        for check in checks.iter_mut().filter(|check| !adjusts && !check.sources.is_empty()) {
            check.remedy = check.remedy.replace("bursar wallet adjust", "an entry that the application writes");
        }
        let listed = each(LISTED).filter_map(|(id, sql)| listed(id, sql, &tables, &part).transpose());
        let listed = listed.collect::<Result<Vec<_>>>()?;
        let mut pack = Pack {
            name: manifest.name,
            title: manifest.title,
            schema: manifest.schema,
            detect,
            units: manifest.units,
            thresholds: manifest.thresholds,
            ledger,
            ledgers,
            sealed,
            part: None,
            sealed_beside: None,
            payments,
            refunds,
            jobs,
            stats: each("stats").map(|(name, sql)| topic(name, sql)).collect::<Result<_>>()?,
            references,
            checks,
            listed,
            faults: each("faults").map(|(kind, sql)| fault(kind, sql)).collect::<Result<_>>()?,
            functions: each("functions").map(|(_, sql)| sql.clone()).collect(),
            functions_of: None,
            tables,
            seed: self.seed()?,
            after_seed: self.optional("after_seed.sql"),
            adopt: self.optional("adopt.sql"),
            origin,
            passed_over: Vec::new(),
            trust: Trust::default(),
        };
        let prices = Prices::of(&manifest.prices).and_then(|prices| prices.known_to(&pack).map(|()| prices));
        pack.hold_against(&prices.map_err(|why| self.wrong("pack.toml", &why))?);
        Ok(pack)
    }

    fn wrong(&self, file: &str, why: &str) -> Error {
        Error::usage(format!("{}/{file}: {why}", self.place))
    }

    /// `pack.toml`, and the columns that it detects by.
    fn manifest(&self) -> Result<(Manifest, Vec<String>)> {
        let text = self.files.get("pack.toml").ok_or_else(|| {
            Error::usage(format!("{} holds no pack.toml, so it is no pack", self.place))
                .hint("a pack is a folder with a pack.toml and SQL files; see docs/packs.md")
        })?;
        let mut manifest: Manifest = toml::from_str(text).map_err(|e| self.wrong("pack.toml", &e.to_string()))?;
        let mut detect = Vec::new();
        for column in std::mem::take(&mut manifest.detect) {
            let line = 1 + text[..column.span().start].matches('\n').count();
            let column = column.into_inner();
            if column.split('.').count() != 2 {
                let why = format!("detect: '{column}' is not of the form table.column");
                return Err(Error::usage(format!("{}/pack.toml:{line}: {why}", self.place)));
            }
            detect.push(column);
        }
        Ok((manifest, detect))
    }

    fn seed(&self) -> Result<Option<toml::Table>> {
        let read = |text: &String| toml::from_str(text).map_err(|e| self.wrong("seed.toml", &e.to_string()));
        self.files.get("seed.toml").map(read).transpose()
    }

    fn statement(&self, file: &str, text: &str) -> Sql {
        Sql { file: format!("{}/{file}", self.place), text: text.trim_end().trim_end_matches(';').to_owned() }
    }

    fn optional(&self, file: &str) -> Option<Sql> {
        self.files.get(file).map(|text| self.statement(file, text))
    }

    fn needed(&self, file: &str, why: &str) -> Result<Sql> {
        self.optional(file).ok_or_else(|| self.wrong(file, why))
    }

    /// The ledger that payments are compared with, and the further ones.
    fn ledgers(&self, manifest: &Manifest) -> Result<(Option<Ledger>, Vec<Ledger>)> {
        let mut names: Vec<Option<String>> = Vec::new();
        for file in self.files.keys().filter_map(|file| file.strip_prefix("ledger/")) {
            let name = file.split_once('/').map(|(name, _)| name.to_owned());
            if let Some(name) = name.as_deref().filter(|name| !may_name_a_ledger(name)) {
                return Err(self.wrong(
                    &format!("ledger/{name}"),
                    "a ledger's name has small letters, digits and _, begins with a letter, and is neither main nor the name of a check of ledgers",
                ));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if let Some(name) = manifest.ledger.named.keys().find(|name| !names.contains(&Some((*name).clone()))) {
            return Err(self.wrong("pack.toml", &format!("[ledger.{name}] needs ledger/{name}/entries.sql")));
        }
        names.sort();
        let of = |name: &Option<String>| {
            self.ledger(name.as_deref(), &manifest.ledger.of(name.as_deref()), &manifest.tables)
        };
        let mut ledgers = names.iter().map(of).collect::<Result<Vec<_>>>()?;
        let asked = manifest.payments.as_ref().and_then(|p| p.ledger.as_deref());
        let first = match asked {
            Some(asked) => ledgers.iter().position(|l| l.called() == asked).ok_or_else(|| {
                self.wrong(
                    "pack.toml",
                    &format!("[payments] has ledger = \"{asked}\", and the pack has no such ledger"),
                )
            })?,
            None if manifest.payments.is_some() && ledgers.len() > 1 && ledgers[0].name.is_some() => {
                let names: Vec<&str> = ledgers.iter().map(Ledger::called).collect();
                let why =
                    format!("[payments] needs ledger = \"NAME\", the one of {} that payments credit", names.join(", "));
                return Err(self.wrong("pack.toml", &why));
            }
            None => 0,
        };
        let ledger = (!ledgers.is_empty()).then(|| ledgers.remove(first));
        Ok((ledger, ledgers))
    }

    fn ledger(&self, name: Option<&str>, manifest: &LedgerManifest, tables: &[String]) -> Result<Ledger> {
        let folder = name.map_or_else(|| "ledger".to_owned(), |name| format!("ledger/{name}"));
        let entries = self.needed(&format!("{folder}/entries.sql"), "the file is missing")?;
        let balances = self.optional(&format!("{folder}/balances.sql"));
        let known = |table: &str| tables.iter().any(|t| t == table);
        let mut header = Header::of(&entries);
        let mut reads = header.need_tables(known)?;
        if let Some(balances) = &balances {
            reads.extend(Header::of(balances).need_tables(known)?);
        }
        let rows_of = header.take("rows");
        if let Some(table) = rows_of.iter().find(|table| !reads.contains(table)) {
            return Err(header.wrong("rows", &format!("has the rows of '{table}', which it does not read")));
        }
        let LedgerManifest { running, order, balanced, recompute } = manifest;
        let (running, order, balanced) = (running.unwrap_or(true), order.unwrap_or_default(), balanced.is_some());
        Ok(Ledger {
            name: name.map(str::to_owned),
            entries,
            balances,
            reads,
            rows_of,
            running,
            order,
            balanced,
            recompute: *recompute == Some(true),
        })
    }

    fn payments(&self, manifest: Option<&PaymentsManifest>) -> Result<Option<Payments>> {
        let Some(manifest) = manifest else {
            return match self.files.contains_key("payments.sql") {
                true => {
                    Err(self.wrong("pack.toml", "payments.sql needs [payments] with amounts = \"minor\" or \"major\""))
                }
                false => Ok(None),
            };
        };
        let sql = self.needed("payments.sql", "the file is missing, though pack.toml has [payments]")?;
        let reads = Header::of(&sql).list("reads").unwrap_or_default();
        let states = self.words("payments", &manifest.states)?;
        Ok(Some(Payments { sql, reads, amounts: manifest.amounts, states, kinds: manifest.kinds.clone() }))
    }

    fn refunds(&self, manifest: Option<RefundsManifest>, has_payments: bool) -> Result<Option<Refunds>> {
        let Some(manifest) = manifest else {
            return match self.files.contains_key("refunds.sql") {
                true => Err(self.wrong(
                    "pack.toml",
                    "refunds.sql needs [refunds.states], which says what each status means, as done = [\"succeeded\"]",
                )),
                false => Ok(None),
            };
        };
        let sql = self.needed("refunds.sql", "the file is missing, though pack.toml has [refunds]")?;
        if !has_payments {
            return Err(
                self.wrong("refunds.sql", "refunds are of payments: the pack needs payments.sql and [payments]")
            );
        }
        let reads = Header::of(&sql).list("reads").unwrap_or_default();
        Ok(Some(Refunds { sql, reads, states: self.words("refunds", &manifest.states)? }))
    }

    /// The words of `[PART.states]`, each with its one meaning.
    fn words<S: Copy>(&self, part: &str, states: &BTreeMap<S, Vec<String>>) -> Result<Vec<(String, S)>> {
        let mut words: Vec<(String, S)> = Vec::new();
        for (state, own) in states {
            for word in own {
                if words.iter().any(|(known, _)| known == word) {
                    return Err(self.wrong("pack.toml", &format!("[{part}.states] gives '{word}' two meanings")));
                }
                words.push((word.clone(), *state));
            }
        }
        Ok(words)
    }

    fn jobs(&self, manifest: Option<JobsManifest>, tables: &[String]) -> Result<Option<Jobs>> {
        let Some(manifest) = manifest else {
            return match self.files.contains_key("jobs.sql") {
                true => Err(self.wrong(
                    "pack.toml",
                    "jobs.sql needs [jobs.states], which says what each status means, as queued = [\"pending\"]",
                )),
                false => Ok(None),
            };
        };
        let jobs = self.needed("jobs.sql", "the file is missing, though pack.toml has [jobs]")?;
        let states = self.words("jobs", &manifest.states)?;
        for (change, words) in &manifest.cannot {
            let wrong = |why: &str| Err(self.wrong("pack.toml", &format!("[jobs.cannot] names {why}")));
            if !Jobs::CHANGES.contains(&change.as_str()) {
                return wrong(&format!("the change '{change}', and knows {}", Jobs::CHANGES.join(", ")));
            }
            if let Some(word) = words.iter().find(|word| !states.iter().any(|(known, _)| known == *word)) {
                return wrong(&format!("the status '{word}', which is not in [jobs.states]"));
            }
        }
        let mut lacks = manifest.lacks;
        if !lacks.contains(&JobFact::Done) && !states.iter().any(|(_, state)| *state == JobState::Done) {
            lacks.push(JobFact::Done);
        }
        let [attempts, workers, queues, schedules, claimable, pace] = [
            "attempts.sql",
            "jobs/workers.sql",
            "jobs/queues.sql",
            "jobs/schedules.sql",
            "jobs/claimable.sql",
            "jobs/pace.sql",
        ]
        .map(|file| self.optional(file));
        let others = [&attempts, &workers, &queues, &schedules, &claimable, &pace].into_iter().flatten();
        let mut reads = std::iter::once(&jobs)
            .chain(others)
            .flat_map(|sql| Header::of(sql).list("reads").unwrap_or_else(|| tables.to_vec()))
            .collect::<Vec<_>>();
        reads.sort();
        reads.dedup();
        Ok(Some(Jobs {
            reads,
            jobs,
            attempts,
            workers,
            queues,
            schedules,
            claimable,
            pace,
            abilities: self.abilities(),
            states,
            lacks,
            rescued: manifest.rescued,
            prunes: manifest.prunes,
            across_queues: manifest.across_queues,
            cannot: manifest.cannot,
            patience_secs: manifest.patience_secs,
            topic: manifest.topic,
            streams: self.streams(manifest.streams)?,
        }))
    }

    /// What the functions of the pack can do to a queue.
    fn abilities(&self) -> Vec<Ability> {
        let text = self.files.get("functions/jobs.sql").map_or("", String::as_str);
        Ability::ALL.into_iter().filter(|a| text.contains(&format!("FUNCTION bursar.{}(", a.function()))).collect()
    }

    /// Streams of which a job belongs to one at most, and whose entries can be written.
    fn streams(&self, streams: Vec<JobStream>) -> Result<Vec<JobStream>> {
        let wrong = |why: &str| Err(self.wrong("pack.toml", &format!("[[jobs.streams]] {why}")));
        let mut kinds: Vec<&str> = Vec::new();
        for stream in &streams {
            if [&stream.stream, &stream.group, &stream.job].into_iter().any(String::is_empty) {
                return wrong("has a name that is empty");
            }
            if stream.fields.contains_key(&stream.job) {
                return wrong(&format!("names the field '{}' twice", stream.job));
            }
            if let Some(column) = stream.fields.values().find(|c| !JobStream::COLUMNS.contains(&c.as_str())) {
                let known = JobStream::COLUMNS.join(", ");
                return wrong(&format!("copies the column '{column}', and can copy {known}"));
            }
            let of = stream.kinds.iter().map(String::as_str).collect::<Vec<_>>();
            let of = if of.is_empty() { vec![""] } else { of };
            if let Some(kind) = of.iter().find(|kind| kinds.contains(kind)) {
                return match *kind {
                    "" => wrong("has two streams without kinds"),
                    kind => wrong(&format!("gives the kind '{kind}' two streams")),
                };
            }
            kinds.extend(of);
        }
        Ok(streams)
    }

    /// Every SQL file of the pack, and then those that packs share: the canonical checks of payments and refunds, and
    /// the functions that change many jobs or a queue, where the pack can change one. A check of the pack's own takes the place of
    /// the canonical one with its name, and of one that it says to stand for.
    fn queries(&self, has_payments: bool, has_jobs: bool) -> Vec<(String, Sql)> {
        let mut shared = super::files::shared().map(embedded).unwrap_or_default();
        let changes_jobs = has_jobs && self.files.contains_key("functions/jobs.sql");
        shared.retain(|file, _| if file.starts_with("functions/") { changes_jobs } else { has_payments });
        for (file, text) in self.files.iter().filter(|(file, _)| file.starts_with("checks/")) {
            shared.remove(file);
            // Where the pack has a check, a canonical one that goes by the price list is not meant.
            shared.remove(&file.replacen("checks/", "checks/listed/", 1));
            let replaced = Header::of(&self.statement(file, text)).list("replaces").unwrap_or_default();
            for id in replaced {
                ["checks", LISTED].iter().for_each(|folder| drop(shared.remove(&format!("{folder}/{id}.sql"))));
            }
        }
        let all = self.files.iter().chain(&shared).filter(|(file, _)| file.ends_with(".sql"));
        all.map(|(file, text)| (file.clone(), self.statement(file, text))).collect()
    }
}

/// True for a name that is no part of the id of a check already.
fn may_name_a_ledger(name: &str) -> bool {
    const TAKEN: [&str; 7] = [MAIN, "balance", "chain", "order", "domain", "total", "balanced"];
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !TAKEN.contains(&name)
}

/// The name of a file of this folder, without its end; none for a file elsewhere.
fn stem<'a>(folder: &str, file: &'a str) -> Option<&'a str> {
    let name = file.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".sql")?;
    (!name.contains('/')).then_some(name)
}

/// The parts of a pack that canonical checks are about.
struct Parts<'a> {
    ledger: Option<&'a Ledger>,
    payments: Option<&'a Payments>,
    refunds: Option<&'a Refunds>,
}

impl Parts<'_> {
    /// The tables of a `-- reads:` line, with those of the pack's queries for their files.
    fn tables(&self, reads: Vec<String>) -> Vec<String> {
        let mut tables: Vec<String> = Vec::new();
        for name in reads {
            let payments = self.payments.map_or(&[][..], |p| &p.reads);
            let of = match name.as_str() {
                "ledger/entries.sql" => self.ledger.map_or(&[][..], |l| &l.reads).to_vec(),
                "payments.sql" => payments.to_vec(),
                "refunds.sql" => self.refunds.map_or_else(Vec::new, |r| [&r.reads, payments].concat()),
                _ => vec![name],
            };
            of.into_iter().for_each(|table| {
                if !tables.contains(&table) {
                    tables.push(table)
                }
            });
        }
        tables
    }
}

/// A check; none if it is a canonical one of a part that the pack lacks.
fn check(id: String, sql: &Sql, tables: &[String], part: &Parts<'_>) -> Result<Option<Check>> {
    let mut header = Header::of(sql);
    let mut lacks = None;
    for needed in header.list("for").unwrap_or_default() {
        match needed.as_str() {
            "ledger" if part.ledger.is_none() => return Ok(None),
            "refunds" if part.refunds.is_none() => return Ok(None),
            "states" if part.payments.is_none_or(|p| p.states.is_empty()) => {
                lacks = Some("pack.toml has no [payments.states], which says what each status means".to_owned());
            }
            "kinds" if part.payments.is_none_or(|p| p.kinds.is_empty()) => {
                lacks = Some(
                    "pack.toml has no kinds in [payments], the kinds of the entries that credit what was paid for"
                        .to_owned(),
                );
            }
            _ => {}
        }
    }
    let title = header.need("title")?;
    let severity = match header.need("severity")?.as_str() {
        "error" => Severity::Error,
        "warn" => Severity::Warn,
        other => return Err(header.wrong("severity", &format!("severity is '{other}', not error or warn"))),
    };
    let known =
        |table: &str| table.starts_with("bursar.") || table.ends_with(".sql") || tables.iter().any(|t| t == table);
    Ok(Some(Check {
        id,
        title,
        severity,
        reads: part.tables(header.need_tables(known)?),
        why: header.need("why")?,
        cause: header.need("cause")?,
        remedy: header.need("remedy")?,
        references: header.list("references").unwrap_or_default(),
        sql: sql.clone(),
        sources: canonical::sources(&sql.text),
        lacks,
    }))
}

/// A check that goes by the price list, with the kind of price that it asks for.
fn listed(id: String, sql: &Sql, tables: &[String], part: &Parts<'_>) -> Result<Option<(String, Check)>> {
    let kind = Header::of(sql).need("prices")?;
    Ok(check(id, sql, tables, part)?.map(|check| (kind, check)))
}

fn topic(name: String, sql: &Sql) -> Result<Topic> {
    let mut header = Header::of(sql);
    let title = header.need("title")?;
    let counts = header.list("counts").unwrap_or_default().into_iter().map(|name| match name.strip_suffix(')') {
        Some(inside) => inside.split_once(" (").map(|(metric, unit)| (metric.to_owned(), Some(unit.to_owned()))),
        None => Some((name, None)),
    });
    let counts = counts
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| header.wrong("counts", "the header comment's `-- counts:` is not of the form metric (UNIT)"))?;
    let incomparable = header.list("incomparable").unwrap_or_default();
    Ok(Topic { name, title, sql: sql.clone(), counts, incomparable })
}

fn fault(kind: String, sql: &Sql) -> Result<Fault> {
    Ok(Fault { kind, title: Header::of(sql).need("title")?, sql: sql.clone() })
}
