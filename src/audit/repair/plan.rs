//! Making a plan from what the ledger's checks find.

use super::model::{Header, Proposed, SCHEMA_VERSION};
use super::propose::propose;
use crate::audit::finding::Finding;
use crate::audit::ledger::LedgerCheck;
use crate::audit::options::Options;
use crate::audit::run::{ledger_findings, require_account};
use crate::audit::snapshot;
use crate::audit::tasks::require_checks;
use crate::db::{Tx, guarded};
use crate::error::{Error, Result};
use crate::packs::{Ledger, Pack};

/// Reads the ledger in one snapshot and says what may be done. `options` choose the checks, the
/// account and the depth.
///
/// # Errors
/// A usage error if the application keeps no ledger; incomplete where it cannot all be read.
pub async fn plan(tx: &mut Tx, pack: &Pack, options: &Options) -> Result<(Header, Proposed)> {
    let ledger = ledger(pack)?;
    require_checks(std::slice::from_ref(pack), options)?;
    if LedgerCheck::ALL.iter().all(|check| options.leaves_out(check.id()).is_some()) {
        return Err(Error::usage("--only and --skip leave no check of the ledger, which is what a repair is about"));
    }
    snapshot::Reader::choose(tx, pack).await?.prepare(tx, pack).await?;
    require_account(tx, pack, options).await?;
    let header = header(tx, pack).await?;
    let findings = for_repair(tx, pack, ledger, options).await?;
    Ok((header, propose(pack, &findings)))
}

/// The findings to repair, without accepted ones.
pub(super) async fn for_repair(tx: &mut Tx, pack: &Pack, ledger: &Ledger, options: &Options) -> Result<Vec<Finding>> {
    let options = Options { limit: 0, for_repair: true, ..options.clone() };
    let mut findings = ledger_findings(tx, pack, ledger, &options).await?;
    findings.retain(|f| f.accepted.is_none());
    Ok(findings)
}

pub(super) fn ledger(pack: &Pack) -> Result<&Ledger> {
    pack.require_one("a repair serves a pack with one: its functions name an account and a unit, and no ledger")?;
    if let Some(name) = pack.ledger.as_ref().and_then(|ledger| ledger.name.as_ref()) {
        return Err(Error::refused(format!(
            "a repair serves ledger/entries.sql alone, and the ledger of {} is in ledger/{name}",
            pack.name
        )));
    }
    pack.ledger
        .as_ref()
        .ok_or_else(|| Error::usage(format!("{} keeps no ledger, so there is nothing to repair", pack.name)))
}

/// The header of a plan for this database.
pub(super) async fn header(tx: &mut Tx, pack: &Pack) -> Result<Header> {
    let snapshot = snapshot::describe(tx, pack).await?;
    // Not every role may ask for it.
    let identifier = guarded(tx, async |c| {
        Ok(sqlx::query_scalar("SELECT system_identifier::text FROM pg_control_system()").fetch_one(c).await?)
    });
    Ok(Header {
        schema_version: SCHEMA_VERSION,
        app: pack.name.clone(),
        database: snapshot.database,
        system_identifier: identifier.await?.ok(),
        snapshot: snapshot.id,
        planned_at: snapshot.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    })
}
