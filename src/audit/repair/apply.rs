//! Does what a plan says, in one transaction: all of it, or nothing.

use std::time::Duration;

use sqlx::{Row as _, types::Uuid};

use super::model::{Action, Header, Plan, Proposed, RepairLine};
use super::plan::{for_repair, header, ledger};
use super::propose::propose;
use crate::audit::finding::Finding;
use crate::audit::options::Options;
use crate::audit::run::ledger_findings;
use crate::audit::snapshot;
use crate::backoff;
use crate::db::{self, Database, Tx, WritePermit, sqlstate};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::migrate::functions;
use crate::operations::{self, Actor};
use crate::packs::{Ledger, Pack};
use crate::store;
use crate::store::adjustments;
use crate::text::is_blank;

/// The operator log's name of this.
const COMMAND: &str = "audit repair";

/// Number of further attempts after deadlocks and serialization failures, which leave nothing behind.
const RETRIES: u32 = 3;

/// The pause before the first of them.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause, without its random part.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// A line that was done.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Applied {
    /// The line.
    #[serde(flatten)]
    pub line: RepairLine,
    /// The entry that an adjustment made.
    pub entry_made: Option<String>,
}

/// Looks, without writing, whether the plan is for this database, and whether each of its lines is
/// still true.
///
/// # Errors
/// Usage errors if it is for another database, or this one lacks what a repair writes with; a
/// conflict that names the lines that are no longer true.
pub async fn check(tx: &mut Tx, pack: &Pack, plan: &Plan) -> Result<()> {
    let ledger = ledger(pack)?;
    functions::require(tx, pack).await?;
    snapshot::Reader::choose(tx, pack).await?.prepare(tx, pack).await?;
    let here = header(tx, pack).await?;
    belongs(&plan.header, &here)?;
    let setting = plan.lines.iter().find(|l| l.action != Action::Acknowledge);
    if let Some(line) = setting.filter(|_| pack.functions.is_empty()) {
        return Err(Error::usage(format!(
            "line {}: {} has no functions that write balances (functions/*.sql)",
            line.number, pack.name
        )));
    }
    if plan.lines.iter().any(|l| l.action == Action::Adjust) {
        functions::require_callable(tx, pack, "repair.sql", "an adjustment").await?;
    }
    still_true(tx, pack, ledger, plan).await?;
    within_limit(tx, plan).await
}

/// No adjustment of the plan may need a second person: the plan is done as a whole, and nothing of it waits.
async fn within_limit(tx: &mut Tx, plan: &Plan) -> Result<()> {
    for line in plan.lines.iter().filter(|l| l.action == Action::Adjust) {
        adjustments::require(tx).await?;
        let amount = line.amount.as_deref().unwrap_or_default();
        if let Some(why) = adjustments::needs_approval(tx, &line.account, &line.unit, amount).await? {
            return Err(Error::refused(format!(
                "line {}: an adjustment by {amount} {} needs a second person, because {why}",
                line.number, line.unit
            ))
            .hint("let the line only rebuild the cache, and then: bursar wallet adjust"));
        }
    }
    Ok(())
}

/// True if each line of the plan was done before, by this plan or an equal one.
///
/// # Errors
/// If the operator log cannot be read.
pub async fn already_done(tx: &mut Tx, plan: &Plan) -> Result<bool> {
    if plan.lines.is_empty() || !db::relation_exists(tx, store::operations::TABLE).await? {
        return Ok(false);
    }
    for line in &plan.lines {
        let (done,) = store::operations::was_done(COMMAND, &parameters(&plan.header, line)).one(tx).await?;
        if !done {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Applies the plan: locks its accounts in a fixed order, looks again whether every line is true,
/// does them, logs them, and audits the accounts as they are then. What comes of a deadlock is tried
/// again a few times. `operator` answers for it.
///
/// # Errors
/// A conflict if the facts have changed; failed where the accounts would not audit clean
/// afterwards. Nothing was changed then.
pub async fn apply(
    database: &Database,
    permit: &WritePermit,
    pack: &Pack,
    plan: &Plan,
    actor: &Actor,
    operator: &str,
) -> Result<Vec<Applied>> {
    let ledger = ledger(pack)?;
    let mut pauses = backoff::pauses(FIRST_PAUSE, LONGEST_PAUSE, RETRIES);
    loop {
        let mut tx = database.write(permit).await?;
        match once(&mut tx, pack, ledger, plan, actor, operator).await {
            Ok(applied) => {
                tx.commit().await?;
                return Ok(applied);
            }
            Err(error) => {
                // The error says what happened; the server takes everything back either way.
                let _ = tx.rollback().await;
                let again = sqlstate::is_lost_race(&error);
                let Some(pause) = pauses.next().filter(|_| again) else {
                    return Err(error.context("nothing was changed"));
                };
                tokio::time::sleep(pause).await;
            }
        }
    }
}

async fn once(
    tx: &mut Tx,
    pack: &Pack,
    ledger: &Ledger,
    plan: &Plan,
    actor: &Actor,
    operator: &str,
) -> Result<Vec<Applied>> {
    snapshot::Reader::as_connected().prepare(tx, pack).await?;
    if !pack.functions.is_empty() {
        for account in plan.accounts() {
            lock(tx, account).await?;
        }
    }
    still_true(tx, pack, ledger, plan).await?;
    let operation: Uuid = sqlx::query_scalar("SELECT gen_random_uuid()").fetch_one(&mut **tx).await?;
    let mut applied = Vec::new();
    for line in &plan.lines {
        let entry_made = perform(tx, pack, line, operation, (actor, operator)).await.context(format!(
            "line {}, {} of account {}",
            line.number,
            line.action.name(),
            line.account
        ))?;
        let log = operations::Entry {
            operation: Some(operation),
            command: COMMAND,
            parameters: parameters(&plan.header, line),
            reason: Some(line.reason.as_str()).filter(|r| !is_blank(r)),
            outcome: "done",
        };
        operations::add(tx, actor, &log).await?;
        applied.push(Applied { line: line.clone(), entry_made });
    }
    audited(tx, pack, ledger, plan).await?;
    Ok(applied)
}

async fn lock(tx: &mut Tx, account: &str) -> Result<()> {
    sqlx::query("SELECT bursar.lock_account($1)").bind(account).execute(&mut **tx).await.map(|_| ()).map_err(|error| {
        let mut error = Error::from(error);
        if matches!(error.sqlstate.as_deref(), Some(sqlstate::NO_DATA_FOUND | sqlstate::INVALID_TEXT_REPRESENTATION)) {
            error.kind = Kind::Conflict;
        }
        error.context(format!("account {account} cannot be locked"))
    })
}

/// Does one line. Returns the entry that it made, where it made one.
async fn perform(
    tx: &mut Tx,
    pack: &Pack,
    line: &RepairLine,
    operation: Uuid,
    (actor, operator): (&Actor, &str),
) -> Result<Option<String>> {
    if line.action == Action::Acknowledge {
        let RepairLine { account, unit, check, fingerprint, entry, gap, reason, .. } = line;
        let (entry, gap) = (entry.as_deref(), gap.as_deref());
        let app = &pack.name;
        store::repairs::acknowledge(app, check, account, unit, entry, gap, fingerprint, reason, operator, operation)
            .run(tx)
            .await?;
        return Ok(None);
    }
    sqlx::query("SELECT bursar.set_balance($1, $2, $3::numeric, $4::numeric)")
        .bind(&line.account)
        .bind(&line.unit)
        .bind(&line.from)
        .bind(&line.to)
        .execute(&mut **tx)
        .await?;
    if line.action == Action::RebuildCache {
        return Ok(None);
    }
    let made = sqlx::query("SELECT bursar.repair_adjust($1, $2, $3::numeric, $4, $5, $6, $7)")
        .bind(&line.account)
        .bind(&line.unit)
        .bind(&line.amount)
        .bind(&line.reason)
        .bind(operator)
        .bind(serde_json::json!(actor))
        .bind(operation)
        .fetch_one(&mut **tx)
        .await?;
    Ok(made.try_get(0)?)
}

/// The parameters that the log keeps of a line. The words of the finding are left out: its facts are there.
fn parameters(header: &Header, line: &RepairLine) -> serde_json::Value {
    let mut line = serde_json::json!(line);
    if let Some(facts) = line.as_object_mut() {
        facts.remove("what");
        facts.remove("reason");
    }
    serde_json::json!({"app": header.app, "planned_at": header.planned_at, "line": line})
}

fn belongs(plan: &Header, here: &Header) -> Result<()> {
    let wrong = |what: &str, planned: &str, found: &str| {
        Err(Error::usage(format!("the plan was made for {what} {planned}, and this is {found}"))
            .hint("bursar audit repair --plan FILE"))
    };
    if plan.app != here.app {
        return wrong("the application", &plan.app, &here.app);
    }
    if plan.database != here.database {
        return wrong("the database", &plan.database, &here.database);
    }
    match (&plan.system_identifier, &here.system_identifier) {
        (Some(planned), Some(found)) if planned != found => wrong("the server", planned, found),
        _ => Ok(()),
    }
}

/// Every line has to be one that would be proposed now.
async fn still_true(tx: &mut Tx, pack: &Pack, ledger: &Ledger, plan: &Plan) -> Result<()> {
    let mut changed = Vec::new();
    for account in plan.accounts() {
        let options = Options { account: Some(account.to_owned()), ..Options::default() };
        let findings = for_repair(tx, pack, ledger, &options).await?;
        let Proposed { proposals, .. } = propose(pack, &findings);
        let lines = plan.lines.iter().filter(|l| l.account == account);
        let proposed = |line: &&RepairLine| {
            proposals.iter().any(|p| p.line.agrees(line) || p.alternative.iter().any(|a| a.agrees(line)))
        };
        changed.extend(lines.filter(|l| !proposed(l)));
    }
    if changed.is_empty() {
        return Ok(());
    }
    changed.sort_by_key(|l| l.number);
    let list: Vec<String> = changed
        .iter()
        .map(|l| format!("line {}: {} of account {} in {}", l.number, l.action.name(), l.account, l.unit))
        .collect();
    Err(Error::new(Kind::Conflict, format!("the plan is no longer true\n{}", some_of(&list)))
        .hint("plan again: bursar audit repair --plan FILE"))
}

/// The accounts of the plan have to audit clean, but for what is acknowledged.
async fn audited(tx: &mut Tx, pack: &Pack, ledger: &Ledger, plan: &Plan) -> Result<()> {
    let mut left: Vec<Finding> = Vec::new();
    for account in plan.accounts() {
        let options = Options { account: Some(account.to_owned()), limit: 0, ..Options::default() };
        let findings = ledger_findings(tx, pack, ledger, &options).await?;
        left.extend(findings.into_iter().filter(|f| f.accepted.is_none()));
    }
    if left.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = left.iter().map(|f| format!("{}: {}", f.check, f.message)).collect();
    Err(Error::failed(format!("the plan leaves something that nobody acknowledges\n{}", some_of(&list)))
        .hint("plan these accounts again, and acknowledge or mend all of it: bursar audit repair --plan FILE"))
}

/// The first few of many, one on each line.
fn some_of(list: &[String]) -> String {
    const SHOWN: usize = 10;
    let mut out: Vec<String> = list.iter().take(SHOWN).map(|l| format!("  {l}")).collect();
    if list.len() > SHOWN {
        out.push(format!("  and {} more", list.len() - SHOWN));
    }
    out.join("\n")
}
