//! The checks of a pack, and the tasks of a run that answer them.

use std::time::Instant;

use sqlx::AssertSqlSafe;

use super::model::{Described, Part, TableRows};
use super::options::Options;
use super::scope::Scope;
use super::{chain, checks, gateway, ledger, references, schema, seal, unique};
use crate::db::{Tx, guarded, quote_identifier};
use crate::error::{Error, Result};
use crate::packs::{Check, Ledger, Pack, Payments, Source};

/// Every check of the packs, in the order of the report.
pub fn list(packs: &[Pack]) -> Vec<Described> {
    packs.iter().flat_map(Pack::parts).flat_map(|part| of_part(&part)).collect()
}

/// Every check of a part of a pack: those of the schema and of bursar's own tables belong to the whole.
pub(super) fn of_part(pack: &Pack) -> Vec<Described> {
    if pack.sealed_table().is_some() {
        return Vec::new();
    }
    let ledger = pack.ledger.iter().flat_map(ledger::described);
    let mut all: Vec<Described> = unique::described(pack).into_iter().chain(ledger).collect();
    all.extend(pack.checks.iter().map(|check| checks::described(pack, check)));
    all.extend(pack.payments.iter().map(gateway::described));
    if pack.part.is_none() {
        all.push(references::described(pack));
        all.extend(schema::described());
        all.push(chain::described());
    }
    all
}

/// Refuses a name of --only or --skip that no check has.
pub(super) fn require_checks(packs: &[Pack], options: &Options) -> Result<()> {
    let known = list(packs);
    for pattern in options.only.iter().chain(&options.skip) {
        let alone = Options { only: vec![pattern.clone()], ..Options::default() };
        if known.iter().all(|d| alone.leaves_out(&d.id).is_some()) {
            let mut families: Vec<&str> = known.iter().filter_map(|d| d.id.split('.').next()).collect();
            families.dedup();
            let hint = format!("its checks begin with {}; bursar audit list", families.join(", "));
            let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
            return Err(Error::usage(format!("{} has no check '{pattern}'", names.join(", "))).hint(hint));
        }
    }
    Ok(())
}

/// A piece of a run that one connection does at a time.
#[derive(Clone, Copy)]
pub(super) enum Task<'a> {
    Ledger(&'a Ledger),
    Since(&'a Ledger),
    Sealed(&'a Ledger),
    Check(&'a Check),
    Gateway(&'a Payments),
    References,
    Schema,
    Operations,
    Count(&'a str),
}

impl Task<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Task::Ledger(_) => "ledger",
            Task::Since(_) => "ledger since the seal",
            Task::Sealed(_) => "sealed entries",
            Task::Check(check) => &check.id,
            Task::Gateway(_) => "gateway",
            Task::References => "references",
            Task::Schema => "schema",
            Task::Operations => "operator log",
            Task::Count(table) => table,
        }
    }

    /// The queries of the pack whose rows it counts.
    pub(super) fn sources(&self) -> Vec<Source> {
        match self {
            Task::Ledger(_) | Task::Since(_) => vec![Source::Entries, Source::Balances],
            Task::Check(check) => check.sources.iter().copied().collect(),
            Task::Gateway(_) => vec![Source::Payments],
            _ => Vec::new(),
        }
    }

    /// The checks that the task answers, before it has run.
    fn described(&self, scope: &Scope<'_>) -> Vec<Described> {
        match self {
            Task::Ledger(ledger) | Task::Since(ledger) => ledger::described(ledger),
            Task::Sealed(ledger) => vec![seal::described(ledger)],
            Task::Check(check) => vec![checks::described(scope.pack, check)],
            Task::Gateway(payments) => vec![gateway::described(payments)],
            Task::References => vec![references::described(scope.pack)],
            Task::Schema => schema::described(),
            Task::Operations => vec![chain::described()],
            Task::Count(_) => Vec::new(),
        }
        .into_iter()
        .filter(|d| scope.options.leaves_out(&d.id).is_none())
        .collect()
    }

    pub(super) async fn perform(&self, tx: &mut Tx, scope: &Scope<'_>) -> Result<Part> {
        match self {
            Task::Ledger(ledger) => ledger::check(tx, scope, ledger).await,
            Task::Since(ledger) => ledger::check_since(tx, scope, ledger).await,
            Task::Sealed(ledger) => seal::check(tx, scope, ledger).await,
            Task::Check(check) => checks::check(tx, scope, check).await,
            Task::Gateway(payments) => gateway::check(tx, scope, payments).await,
            Task::References => references::check(tx, scope).await,
            Task::Schema => schema::check(tx, scope).await,
            Task::Operations => chain::check(tx, scope).await,
            Task::Count(table) => count(tx, table).await,
        }
    }

    /// The result of the task if its connection is lost.
    pub(super) fn lost(&self, scope: &Scope<'_>, error: &Error) -> Part {
        let mut part = Part::default();
        for check in self.described(scope) {
            part.record(&check, Instant::now(), Err(error.again()));
        }
        let counted = match self {
            Task::Count(table) => Some((*table).to_owned()),
            Task::Ledger(ledger) => ledger.rows_of.clone().filter(|_| scope.options.is_whole()),
            _ => None,
        };
        part.tables.extend(counted.map(|table| TableRows::unread(table, error)));
        part
    }
}

/// The tasks of a run, and the checks that were asked to be left out.
pub(super) fn tasks<'a>(scope: &Scope<'a>) -> (Vec<Task<'a>>, Part) {
    let pack = scope.pack;
    let mut tasks: Vec<Task<'a>> = Vec::new();
    let unsealed = match scope.options.seal {
        None => {
            tasks.extend(pack.ledger.iter().map(Task::Ledger));
            tasks.extend(pack.checks.iter().map(Task::Check));
            tasks.extend(pack.payments.iter().map(Task::Gateway));
            if pack.part.is_none() {
                tasks.extend([Task::References, Task::Schema, Task::Operations]);
            }
            None
        }
        Some(seal::Use::Since) => {
            tasks.extend(pack.ledger.iter().map(Task::Since));
            Some("--since-seal reads only the ledger")
        }
        Some(seal::Use::Verify(_)) => {
            tasks.extend(pack.ledger.iter().map(Task::Sealed));
            Some("--verify-seal reads only what was sealed")
        }
    };
    let known = of_part(pack);
    let mut left_out = Part::default();
    let answered: Vec<String> = tasks.iter().flat_map(|t| t.described(scope)).map(|d| d.id).collect();
    for check in known.iter().filter(|c| !answered.contains(&c.id)) {
        if let Some(reason) = scope.options.leaves_out(&check.id).or(unsealed) {
            left_out.skip(check, reason);
        }
    }
    tasks.retain(|t| !t.described(scope).is_empty());
    let reads: Vec<String> = tasks.iter().flat_map(|t| t.described(scope)).flat_map(|d| d.reads).collect();
    // Counting every row would cost more than looking at one account, or at what is new.
    if scope.options.is_whole() && scope.options.seal.is_none() {
        // What the ledger's own pass counts needs no pass of its own.
        let counted =
            tasks.iter().find_map(|t| if let Task::Ledger(l) = t { l.rows_of.as_ref() } else { None }).cloned();
        let tables = pack.tables.iter().filter(|t| reads.contains(t) && Some(*t) != counted.as_ref());
        tasks.extend(tables.map(|t| Task::Count(t)));
    }
    (tasks, left_out)
}

async fn count(tx: &mut Tx, table: &str) -> Result<Part> {
    let sql = format!("SELECT count(*) FROM {}", quote_identifier(table));
    let counted =
        guarded(tx, async |c| Ok(sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(c).await?)).await?;
    let table = match counted {
        Ok(rows) => TableRows::read(table, rows),
        Err(error) => TableRows::unread(table, &error),
    };
    Ok(Part { tables: vec![table], ..Part::default() })
}
