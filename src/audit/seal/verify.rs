//! Verifying a seal: what it sealed is read and digested again, and compared account by account. The
//! root that the user brings is the only thing here that is believed.

use std::time::Instant;

use super::digest::{AccountState, Digest, parse_root};
use super::find::find;
use super::heap;
use super::model::{Chosen, Mode, Seal, Use};
use super::source::{Source, other_server, settle};
use super::span::{FIELDS, Span};
use super::stored::stored;
use super::stream::{Account, Accounts, STREAM};
use crate::audit::finding::{Accepted, Finding};
use crate::audit::findings::Findings;
use crate::audit::model::{Described, Part};
use crate::audit::scope::Scope;
use crate::db::{Connection, Tx, guarded};
use crate::error::{Error, Kind, Result};
use crate::moment::Moment;
use crate::packs::{Ledger, Severity};
use crate::store::seals;
use crate::text::{counted, quoted};

const ID: &str = "seals.entries";

/// The check that a verification answers.
pub(in crate::audit) fn described(ledger: &Ledger) -> Described {
    let mut reads = ledger.reads.clone();
    reads.extend(["bursar.seals", "bursar.sealed_accounts"].map(str::to_owned));
    let title = match ledger.sealed_table() {
        Some(table) => format!("Sealed rows of {table} are unchanged"),
        None => "Sealed entries are unchanged".to_owned(),
    };
    Described {
        id: ID.to_owned(),
        title,
        severity: Severity::Error,
        reads,
        why: "Whoever can rewrite the ledger can make every sum agree again. The digest of what was sealed, kept outside the database, cannot be made to agree.".to_owned(),
        remedy: "Compare the account with a backup that is older than the change, and find out who had the rights to make it.".to_owned(),
        sql: STREAM.replace("{fields}", FIELDS).replace("{entries}", &ledger.entries.text),
    }
}

/// Runs the check.
pub(in crate::audit) async fn check(tx: &mut Tx, scope: &Scope<'_>, ledger: &Ledger) -> Result<Part> {
    let mut part = Part::default();
    let started = Instant::now();
    let Some(Chosen { what: Use::Verify(root), seal }) = &scope.seal else { return Ok(part) };
    let outcome = guarded(tx, async |connection| {
        let mut found = scope.options.findings();
        let Some(seal) = seal else {
            found.push(missing(root))?;
            return Ok(found);
        };
        settle(connection).await?;
        let source = Source::describe(connection, ledger).await?;
        if let Some(reason) = source.why_not_again(connection, seal).await? {
            return Err(Error::failed(format!("seal {} cannot be verified: {reason}", seal.id)));
        }
        // What the seal's own rows say comes first: it decides whom a difference speaks against.
        let sealed = stored(connection, seal, |_, _, _| ()).await?;
        let verdict = SealVerdict {
            genuine: sealed == *root,
            elsewhere: other_server(connection, seal).await?,
            restart: restart(connection, seal).await?,
            flag: scope.pack.seal_flag(),
        };
        let now = compare(connection, &source, seal, &verdict, &mut found).await?;
        if seal.entries == 0 && found.count() == 0 {
            let which = match ledger.sealed_table() {
                Some(_) => format!("{} --tables", scope.pack.seal_flag()),
                None => Ledger::flag(ledger.name.as_deref()),
            };
            return Err(Error::new(
                Kind::Incomplete,
                format!(
                    "seal {} covers no entry, so nothing was checked; make a new one: bursar audit seal{which}",
                    seal.id
                ),
            ));
        }
        if !verdict.genuine {
            found.push(rewritten(seal, root, &sealed, now == *root))?;
        }
        Ok(found)
    })
    .await?;
    part.record(&described(ledger), started, outcome);
    if let Some(seal) = seal.as_ref().filter(|seal| seal.mode == Mode::Time) {
        untimed(tx, scope, ledger, seal, &mut part).await?;
    }
    Ok(part)
}

/// Refuses to go on from a seal whose own rows do not give the root that the operator log holds: whoever rewrites the ledger can
/// rewrite them too. The log is hash-chained, and an audit of everything verifies it. What each row says is handed over, and
/// counts only where this returns no error.
///
/// # Errors
/// Incomplete where they do not, or where that cannot be read.
pub(in crate::audit) async fn require_logged(
    connection: &mut Connection,
    ledger: &Ledger,
    seal: &Seal,
    take: impl FnMut(&str, &str, &AccountState),
) -> Result<()> {
    let root = hex::encode(&seal.root);
    let refuse = |why: &str| {
        let flag = Ledger::flag(ledger.name.as_deref());
        Err(Error::new(
            Kind::Incomplete,
            format!(
                "seal {} is not trusted: {why}; what it sealed can be read again: bursar audit{flag} --verify-seal {root}",
                seal.id
            ),
        ))
    };
    if !seals::is_logged(&seal.id.to_string(), &root).one(connection).await?.0 {
        return refuse("the operator log holds no operation that made it with this root");
    }
    if stored(connection, seal, take).await?.as_slice() != seal.root.as_slice() {
        return refuse("what bursar.sealed_accounts holds of it does not give its root");
    }
    Ok(())
}

/// Adds a warning where a seal by time leaves entries out for good: nothing tells whether these were changed.
async fn untimed(tx: &mut Tx, scope: &Scope<'_>, ledger: &Ledger, seal: &Seal, part: &mut Part) -> Result<()> {
    let started = Instant::now();
    let left_out = guarded(tx, async |connection| {
        Source::describe(connection, ledger).await?.left_out(connection, seal, None).await
    });
    // What keeps it from being counted has kept the seal from being verified, which is said already.
    let count = left_out.await?.map_or(0, |left_out| left_out.untimed);
    if count == 0 {
        return Ok(());
    }
    let table = ledger.sealed_table().unwrap_or("ledger");
    let rows = if ledger.sealed_table().is_some() { "row" } else { "entry" };
    let check = Described {
        id: "seals.covered".to_owned(),
        title: format!("Every {rows} of {table} has a time, by which it is sealed"),
        severity: Severity::Warn,
        why: "A seal by time covers what is dated before it. What has no date is never covered.".to_owned(),
        remedy: format!("Give each {rows} the time at which it was added, and seal again."),
        ..described(ledger)
    };
    let finding = Finding {
        check: check.id.clone(),
        kind: Some("without_time".to_owned()),
        severity: check.severity,
        table: table.to_owned(),
        key: table.to_owned(),
        expected: Some("0".to_owned()),
        actual: Some(count.to_string()),
        message: format!("{} of {table} without a usable time are not covered.", counted(count, rows)),
        cause: "The time is NULL or infinite, so that no seal ends after it.".to_owned(),
        remedy: check.remedy.clone(),
        ..Finding::default()
    };
    let mut found = scope.options.findings();
    found.push(finding.sealed())?;
    part.record(&check, started, Ok(found));
    Ok(())
}

/// Whom a difference between the seal and the entries speaks against.
struct SealVerdict {
    /// The seal's rows give the root, so they are as they were.
    genuine: bool,
    /// The database is not on the server that made the seal, in words.
    elsewhere: Option<String>,
    /// The later seal that started over, where somebody asked for one.
    restart: Option<Restart>,
    /// The flag of a command that seals the table again.
    flag: String,
}

impl SealVerdict {
    /// Adds the finding about an account that differs.
    fn tell(&self, seal: &Seal, account: &Account, found: &mut Findings) -> Result<()> {
        if !seal.is_of_table() {
            return found.push(differs(seal, account, self));
        }
        let mut finding = row_differs(seal, account, self);
        match self.restart.as_ref().filter(|_| account.is_as_restarted()) {
            Some(Restart { seal, at, by }) => {
                finding.cause = format!("Seal {} of {at} started over, and has the row as it is now.", seal.id);
                found.push_accepted(finding, by.clone())
            }
            None => found.push(finding),
        }
    }
}

/// A seal that started over because somebody asked for it. The rows that it holds as they are now are accepted.
struct Restart {
    seal: Seal,
    /// Time of the restart.
    at: Moment,
    by: Accepted,
}

/// The newest seal after this one that started over, as the operator log has it. Its rows are believed only as far as they
/// give the root that the log keeps.
async fn restart(connection: &mut Connection, seal: &Seal) -> Result<Option<Restart>> {
    if !seal.is_of_table() {
        return Ok(None);
    }
    for logged in seals::restarts(&seal.app).all(connection).await? {
        let Some(root) = parse_root(&logged.root) else { continue };
        let later = find(connection, &seal.app, Some(&root)).await?;
        let Some(later) = later.filter(|later| later.id > seal.id) else { continue };
        if stored(connection, &later, |_, _, _| ()).await? == root {
            return Ok(Some(Restart {
                seal: later,
                at: logged.at,
                by: Accepted::restarted(logged.owner, logged.reason),
            }));
        }
    }
    Ok(None)
}

/// Reads every account, makes a finding of each that differs, and returns the root that the entries give now.
async fn compare(
    connection: &mut Connection,
    source: &Source,
    seal: &Seal,
    verdict: &SealVerdict,
    found: &mut Findings,
) -> Result<Digest> {
    let span = Span::again(seal, verdict.restart.as_ref().map(|restart| &restart.seal));
    let mut now = seal.root_digest();
    for part in heap::parts(connection, source, &span, heap::AT_A_TIME).await? {
        let mut accounts = Accounts::read(connection, source, &span, &part).await?;
        while let Some(account) = accounts.next().await? {
            if account.now.entries > 0 {
                now.account(&account.account, &account.unit, &account.now);
            }
            if account.concerns() && account.differs() {
                verdict.tell(seal, &account, found)?;
            }
        }
    }
    Ok(now.finish())
}

/// An account whose entries are not those that the seal says.
fn differs(seal: &Seal, account: &Account, verdict: &SealVerdict) -> Finding {
    let Account { account: name, unit, sealed, now, wrong_since, .. } = account;
    let then = sealed.as_ref().map_or(0, |s| s.entries);
    let same_digest = sealed.as_ref().is_some_and(|s| s.digest == now.digest);
    let short = |digest: &Digest| hex::encode(&digest[..8]);
    let (kind, what, expected, actual) = match (now.entries - then, sealed) {
        (..0, _) => (
            "removed",
            format!("{} of its {then} sealed entries are gone", then - now.entries),
            then.to_string(),
            now.entries.to_string(),
        ),
        (1.., Some(_)) => (
            "added",
            format!("it has {} more than the {then} entries that were sealed", now.entries - then),
            then.to_string(),
            now.entries.to_string(),
        ),
        (_, None) => (
            "added",
            format!("the seal does not contain it, but it has {} from before", counted(now.entries, "entry")),
            then.to_string(),
            now.entries.to_string(),
        ),
        (0, Some(state)) if !same_digest => (
            "changed",
            format!(
                "its {then} sealed entries are not the ones that were sealed: at least one was edited, exchanged or replaced"
            ),
            short(&state.digest),
            short(&now.digest),
        ),
        (0, Some(state)) => (
            "sealed_row_changed",
            format!("its {then} entries are the sealed ones, but the sums in the seal's row differ from theirs"),
            now.total.clone(),
            state.total.clone(),
        ),
    };
    let since = match wrong_since {
        Some(id) if *id != seal.id => format!(", and that since what seal {id} sealed"),
        _ => String::new(),
    };
    let cause = if !verdict.genuine {
        "The seal's own rows were rewritten too, so they cannot say which of the two is right; the root can.".to_owned()
    } else if let Some(elsewhere) = &verdict.elsewhere {
        format!(
            "Somebody changed the ledger past its triggers; or {elsewhere}, and entries that were written since then count as added."
        )
    } else {
        "Somebody changed the ledger past its triggers, or a transaction wrote a time or number of arrival by hand."
            .to_owned()
    };
    let difference = matches!(kind, "removed" | "added").then(|| (now.entries - then).to_string());
    Finding {
        check: ID.to_owned(),
        kind: Some(kind.to_owned()),
        severity: Severity::Error,
        table: "ledger".to_owned(),
        key: name.clone(),
        account: Some(name.clone()),
        unit: Some(unit.clone()),
        expected: Some(expected),
        actual: Some(actual),
        difference,
        message: format!("Account {name} in {unit} is not as seal {} says: {what}{since}.", seal.id),
        cause,
        remedy: "Compare the account's entries with a backup from the time of the seal, and find out who changed them."
            .to_owned(),
        ..Finding::default()
    }
    .sealed()
}

/// A row that is not as the seal says.
fn row_differs(seal: &Seal, account: &Account, verdict: &SealVerdict) -> Finding {
    let Account { account: key, unit: table, sealed, now, .. } = account;
    let (kind, expected, actual, what) = match (sealed, now.entries) {
        (Some(_), 0) => ("removed", "1 row", "0 rows", "it is gone, or dated later now"),
        (None, _) => ("added", "0 rows", "1 row", "the seal does not contain it, but it is dated before the seal"),
        (Some(_), 1) => {
            ("changed", "as sealed", "changed", "a column that never changes, or its time, is not what was sealed")
        }
        (Some(_), _) => ("added", "1 row", "several rows", "it is there several times"),
    };
    let mut cause =
        "Somebody changed the table by hand, or the application changes what the pack says never changes.".to_owned();
    if !verdict.genuine {
        cause = "The seal's own rows were rewritten too, so they cannot say which of the two is right; the root can."
            .to_owned();
    } else if let Some(elsewhere) = &verdict.elsewhere {
        cause = format!("{cause} Or {elsewhere}, and rows that were written since then count as added.");
    }
    Finding {
        check: ID.to_owned(),
        kind: Some(kind.to_owned()),
        severity: Severity::Error,
        table: table.clone(),
        key: key.clone(),
        expected: Some(expected.to_owned()),
        actual: Some(actual.to_owned()),
        message: format!("Row {key} of {table} is not as seal {} says: {what}.", seal.id),
        cause,
        remedy: format!(
            "Compare the row with a backup from the time of the seal, and find out who changed it. Where that was meant: {}",
            start_over(table, &verdict.flag)
        ),
        ..Finding::default()
    }
    .sealed()
}

/// The command that starts the seals of a table over. `flag` names a ledger, of a pack with several.
pub fn start_over(table: &str, flag: &str) -> String {
    format!("bursar audit seal{flag} --tables --restart {} --reason TEXT", quoted(table))
}

/// The root is of no seal that the database knows.
fn missing(root: &Digest) -> Finding {
    about_seal(
        "seal_missing",
        hex::encode(root),
        "No seal of this application has this root.".to_owned(),
        "The seal was removed or its root rewritten, or the root is another database's.",
        "Look at `bursar audit history`, and at a backup from the time when the root was printed.",
    )
}

/// The seal's own rows do not give its root.
fn rewritten(seal: &Seal, root: &Digest, stored: &Digest, entries_agree: bool) -> Finding {
    let entries = if entries_agree {
        "The entries give the root: they are unchanged since the seal."
    } else {
        "The entries do not give the root either."
    };
    let mut finding = about_seal(
        "seal_rewritten",
        seal.id.to_string(),
        format!(
            "What bursar.seals and bursar.sealed_accounts hold of seal {} does not give its root. {entries}",
            seal.id
        ),
        "Somebody changed the seal's rows past their triggers.",
        "Restore the two tables from a backup, or make a new seal once the entries are known to be right.",
    );
    (finding.expected, finding.actual) = (Some(hex::encode(root)), Some(hex::encode(stored)));
    finding.sealed()
}

fn about_seal(kind: &str, key: String, message: String, cause: &str, remedy: &str) -> Finding {
    Finding {
        check: ID.to_owned(),
        kind: Some(kind.to_owned()),
        severity: Severity::Error,
        table: seals::SEALS.to_owned(),
        key,
        message,
        cause: cause.to_owned(),
        remedy: remedy.to_owned(),
        ..Finding::default()
    }
    .sealed()
}
