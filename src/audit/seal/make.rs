//! Making a seal: the entries up to the watermark are digested from one snapshot, and what changed
//! since the seal before is stored, in one transaction.

use sqlx::AssertSqlSafe;

use super::find::{find, ready};
use super::heap::{self, Digests};
use super::model::{Mode, Seal, Uncovered};
use super::open::Open;
use super::source::{Cut, LeftOut, Source, other_server, settle};
use super::span::{Range, Span};
use super::stream::{Account, Accounts};
use crate::audit::report::AuditVerdict;
use crate::audit::snapshot::Reader;
use crate::audit::unique::is_keyed;
use crate::db::{self, Connection, Database, Tx, WritePermit};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::operations::{self, Actor, Entry};
use crate::packs::{Ledger, Pack};
use crate::store::seals;

/// Ours: the bytes of "bseal" and three zero bytes, read as a big-endian integer.
const LOCK: i64 = 0x6273_6561_6c00_0000;

/// Number of accounts that are stored with one statement.
const BATCH: usize = 2000;

/// A seal that was made.
#[derive(Debug)]
pub struct Sealed {
    /// The seal.
    pub seal: Seal,
    /// Number of accounts and units that changed, and were stored.
    pub stored: u64,
    /// Number of entries that were read.
    pub read: u64,
    /// The reason why it starts over instead of going on from the seal before, if it does.
    pub afresh: Option<String>,
    /// The rows that a restart accepted; none for a seal that goes on.
    pub restarted: Option<Restarted>,
    /// The reason why entries are sealed by their time, if they are.
    pub by_time: Option<String>,
    /// The entries that are there and that it does not cover yet, if there are some.
    pub uncovered: Option<Uncovered>,
    /// Number of entries without a usable time, which a seal by time never covers.
    pub untimed: i64,
    /// Number of entries by which the seal before counted more than are there now of its time, of a seal by time: those that
    /// are gone less those that were added.
    pub gone: i64,
}

/// The arguments of a seal, beside the data.
#[derive(Debug, Default, Clone, Copy)]
pub struct Request<'r> {
    /// The verdict of the audit just before it, where there was one. The operator log keeps it.
    pub verdict: Option<AuditVerdict>,
    /// The reason why the digests start over, where somebody asks for that.
    pub restart: Option<&'r str>,
}

/// The rows with which a chain of seals did not go on, because it started over.
#[derive(Debug, Default, serde::Serialize)]
pub struct Restarted {
    /// The root of the seal before, in hexadecimal digits.
    pub after: String,
    /// Number of rows that are gone.
    pub removed: i64,
    /// Number of rows that are not as they were sealed.
    pub changed: i64,
    /// Number of rows that the seal before does not have and that are dated before its end.
    pub added: i64,
}

/// Looks whether the application's ledger can be sealed here, and returns its newest seal.
///
/// # Errors
/// Usage errors if it cannot; refused where this role may not write seals.
pub async fn previous(tx: &mut Tx, pack: &Pack) -> Result<Option<Seal>> {
    ready(tx, pack).await?;
    let may = seals::right().one(tx).await.is_ok_and(|right| right.may);
    if !may {
        return Err(Error::refused("this role may not write seals; nothing was changed")
            .hint("connect as the owner of the schema bursar"));
    }
    find(tx, &pack.key(), None).await
}

/// Makes a seal. `tell` is told how many entries were read, now and then.
///
/// # Errors
/// [`Kind::Conflict`] if another seal is being made; refused where the digests shall start over and the seal before still
/// holds; otherwise whatever keeps the entries from being read or the seal from being written. Nothing is kept then.
pub async fn make(
    database: &Database,
    permit: &WritePermit,
    pack: &Pack,
    request: Request<'_>,
    actor: &Actor,
    tell: impl FnMut(u64),
) -> Result<Sealed> {
    let mut tx = database.write(permit).await?;
    // The lock comes before the snapshot that is sealed, so that two seals never overlap.
    lock(&mut tx).await?;
    let ledger = ready(&mut tx, pack).await?;
    let previous = find(&mut tx, &pack.key(), None).await?;

    let until = ended(&mut tx, database, pack, ledger).await?;
    let mut reading = database.read().await?;
    let reader = Reader::choose(&mut reading, pack).await?;
    reader.prepare(&mut reading, pack).await?;
    settle(&mut reading).await?;
    keyed(&mut reading, ledger).await?;
    let source = Source::describe(&mut reading, ledger).await?;
    let cut = source.cut(&mut reading, &until).await?;
    let restarted = match request.restart {
        Some(_) => Some(broken(&mut reading, &source, previous.as_ref(), pack).await?),
        None => None,
    };
    let afresh = match (&previous, request.restart) {
        (_, Some(_)) => Some("--restart asks for it, and the operator log keeps the reason".to_owned()),
        (Some(previous), None) => why_afresh(&mut reading, &source, &cut, previous).await?,
        (None, None) => None,
    };
    let goes_on = previous.as_ref().filter(|_| afresh.is_none());

    let mut seal = begin(&mut tx, pack, &source, &cut, (previous.as_ref(), goes_on)).await?;
    let second = async |exported: &str| -> Result<Tx> {
        let mut second = database.read_snapshot(exported).await?;
        reader.prepare(&mut second, pack).await?;
        settle(&mut second).await.map(|()| second)
    };
    let (stored, read) = fill(&mut tx, (&mut reading, second), &source, &mut seal, goes_on, tell).await?;
    let LeftOut { untimed, gone, beyond } = source.left_out(&mut reading, &seal, goes_on).await?;
    let mut uncovered = None;
    if beyond > 0 {
        let own = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *tx).await?;
        uncovered = Some(Source::uncovered(&mut reading, &seal, beyond, own).await?);
    }
    reading.rollback().await?;
    insert(&mut tx, &seal, actor).await?;
    log(&mut tx, &seal, request, restarted.as_ref(), actor).await?;
    tx.commit().await.context("nothing was sealed")?;
    Ok(Sealed { seal, stored, read, afresh, restarted, by_time: cut.reason, uncovered, untimed, gone })
}

/// The end of a seal by time. Where it is not known when each open transaction began, those are waited for, because a snapshot
/// that is taken afterwards sees what they wrote. An order of arrival needs none of that.
async fn ended(tx: &mut Tx, database: &Database, pack: &Pack, ledger: &Ledger) -> Result<String> {
    let mut open = Open::look(tx).await?;
    if open.is_unknown() {
        let mut reading = database.read().await?;
        Reader::choose(&mut reading, pack).await?.prepare(&mut reading, pack).await?;
        let by_time = Source::describe(&mut reading, ledger).await?.why_not_arrival(&mut reading).await?.is_some();
        reading.rollback().await?;
        if by_time {
            open.settle(tx).await?;
        }
    }
    Ok(open.until)
}

/// Refuses the rows of a table that its key does not tell apart: two of them would be sealed as one.
async fn keyed(connection: &mut Connection, ledger: &Ledger) -> Result<()> {
    let entries = &ledger.entries;
    if ledger.sealed_table().is_none() || is_keyed(connection, "x.account", entries).await? {
        return Ok(());
    }
    let sql = ledger.wrong_keys(None);
    let counts: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?;
    match ledger.why_not_keyed(&counts) {
        None => Ok(()),
        Some(why) => Err(Error::usage(format!("{why}; nothing was sealed of it"))
            .hint("name a key in pack.toml that is never NULL and names one row: see docs/seals.md")),
    }
}

/// The seal, before anything is digested.
async fn begin(
    tx: &mut Tx,
    pack: &Pack,
    source: &Source,
    cut: &Cut,
    (previous, goes_on): (Option<&Seal>, Option<&Seal>),
) -> Result<Seal> {
    // Every account is stored again where the rows of its changes have become many.
    let (id,) = seals::next_id().one(tx).await?;
    let base = match goes_on {
        Some(previous) if !many_changes(tx, previous).await? => previous.base,
        _ => id,
    };
    Ok(Seal {
        id,
        app: pack.key(),
        sealed_at: cut.sealed_at.clone(),
        system_identifier: cut.system_identifier.clone(),
        database: cut.database.clone(),
        mode: cut.mode,
        watermark: cut.watermark,
        sealed_until: cut.sealed_until.clone(),
        content: source.content,
        base,
        accounts: 0,
        entries: 0,
        previous: previous.map(|p| p.root.clone()),
        root: Vec::new(),
    })
}

/// Digests the entries, stores what changed, and completes the seal. Returns the number of accounts that were stored and of
/// entries that were read. A second connection on the same snapshot digests every other part, where there are several and one
/// can be had.
async fn fill(
    tx: &mut Tx,
    (reading, second): (&mut Tx, impl AsyncFn(&str) -> Result<Tx>),
    source: &Source,
    seal: &mut Seal,
    goes_on: Option<&Seal>,
    mut tell: impl FnMut(u64),
) -> Result<(u64, u64)> {
    let span = Span {
        mode: seal.mode,
        content: seal.content,
        states: goes_on,
        restarted: None,
        goes_on: goes_on.is_some(),
        from: goes_on.and_then(Seal::until),
        to: seal.until(),
    };
    let mut root = seal.root_digest();
    let (mut batch, mut stored, mut read) = (Vec::new(), 0, 0);
    let parts = heap::parts(reading, source, &span, heap::AT_A_TIME / 2).await?;
    let mut second = match parts.len() {
        1 => None,
        // A server that has no connection left is no reason to fail.
        _ => second(&reading.export_snapshot().await?).await.ok(),
    };
    for parts in parts.chunks(if second.is_some() { 2 } else { 1 }) {
        for (part, digests) in parts.iter().zip(digests(reading, second.as_mut(), source, &span, parts).await?) {
            let mut accounts = Accounts::beside(reading, source, &span, (part, digests));
            while let Some(account) = accounts.next().await? {
                root.account(&account.account, &account.unit, &account.now);
                seal.accounts += 1;
                seal.entries += account.now.entries;
                read += account.read;
                if account.read > 0 || seal.base == seal.id {
                    batch.push(account);
                }
                if batch.len() >= BATCH {
                    stored += store(tx, seal.id, &mut batch).await?;
                    tell(read);
                }
            }
        }
    }
    stored += store(tx, seal.id, &mut batch).await?;
    seal.root = root.finish().to_vec();
    Ok((stored, read))
}

/// The digests of one part, or of two that two connections read side by side.
async fn digests(
    reading: &mut Connection,
    second: Option<&mut Tx>,
    source: &Source,
    span: &Span<'_>,
    parts: &[Range],
) -> Result<Vec<Digests>> {
    match (parts, second) {
        ([one, other], Some(second)) => {
            let both = (Digests::read(reading, source, span, one), Digests::read(second, source, span, other));
            let (one, other) = futures_util::future::try_join(both.0, both.1).await?;
            Ok(vec![one, other])
        }
        _ => {
            let mut all = Vec::new();
            for part in parts {
                all.push(Digests::read(reading, source, span, part).await?);
            }
            Ok(all)
        }
    }
}

/// The rows that are not as the seal before says: what starting over accepts.
async fn broken(
    connection: &mut Connection,
    source: &Source,
    previous: Option<&Seal>,
    pack: &Pack,
) -> Result<Restarted> {
    let table = pack.sealed_table().unwrap_or("the ledger");
    let Some(previous) = previous else {
        return Err(Error::usage(format!("there is no seal of {table}, so there is nothing to start over"))
            .hint("leave --restart and --reason out"));
    };
    let mut restarted = Restarted { after: hex::encode(&previous.root), ..Restarted::default() };
    let span = Span::again(previous, None);
    let mut accounts = Accounts::read(connection, source, &span, &Range::default()).await?;
    while let Some(account) = accounts.next().await? {
        match (&account.sealed, account.now.entries) {
            (Some(_), 0) => restarted.removed += 1,
            (None, _) => restarted.added += 1,
            (Some(_), _) if account.differs() => restarted.changed += 1,
            (Some(_), _) => {}
        }
    }
    if restarted.removed + restarted.changed + restarted.added == 0 {
        return Err(Error::refused(format!(
            "every row of {table} is as seal {} says, so there is nothing to start over",
            previous.id
        ))
        .hint("leave --restart and --reason out"));
    }
    Ok(restarted)
}

/// Writes the seal into the operator log.
async fn log(
    tx: &mut Tx,
    seal: &Seal,
    request: Request<'_>,
    restarted: Option<&Restarted>,
    actor: &Actor,
) -> Result<()> {
    let root = hex::encode(&seal.root);
    let verdict = request.verdict.map(AuditVerdict::name);
    let mut parameters = serde_json::json!({"app": seal.app, "seal": seal.id, "root": root, "verdict": verdict});
    let Some(restarted) = restarted else {
        return operations::record(tx, actor, "audit seal", &parameters, "sealed").await.map(|_| ());
    };
    parameters["restart"] = serde_json::json!(restarted);
    let (command, outcome) = ("audit seal", "sealed");
    // What starts over without a row in the log would start over unseen, so the log has to be there.
    operations::add(tx, actor, &Entry { operation: None, command, parameters, reason: request.restart, outcome }).await
}

async fn lock(tx: &mut Tx) -> Result<()> {
    let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(LOCK).fetch_one(&mut **tx).await?;
    if free {
        return Ok(());
    }
    let holder = db::lock_holder(tx, LOCK).await?;
    Err(Error::new(Kind::Conflict, format!("the lock for sealing is held by {holder}; nothing was changed")).hint(
        "run it again when that session has ended; any login can take this lock, so check what that session does",
    ))
}

/// The reason why the digests cannot go on from the seal before, if they cannot.
async fn why_afresh(
    connection: &mut Connection,
    source: &Source,
    cut: &Cut,
    previous: &Seal,
) -> Result<Option<String>> {
    if let Some(reason) = other_server(connection, previous).await? {
        return Ok(Some(reason));
    }
    if previous.mode != cut.mode {
        return Ok(Some(match previous.mode {
            Mode::Arrival => "the seal before went by the order of arrival, which is not known any more".to_owned(),
            Mode::Time => "the seal before went by time, and the order of arrival is known now".to_owned(),
        }));
    }
    if previous.content != source.content {
        return Ok(Some("the pack's column content was added or removed".to_owned()));
    }
    let backwards = previous.watermark > cut.watermark || previous.sealed_until > cut.sealed_until;
    Ok(backwards.then(|| "the seal before ends later than what can be sealed now".to_owned()))
}

/// The rows of changes to each account, on average, after which every account is stored again.
pub(in crate::audit) const MANY_CHANGES: i64 = 4;

/// True if the rows since the last seal that stored every account are several times the accounts.
async fn many_changes(connection: &mut Connection, previous: &Seal) -> Result<bool> {
    let (rows,) = seals::count_accounts(previous.base, previous.id).one(connection).await?;
    Ok(rows > previous.accounts.saturating_mul(MANY_CHANGES))
}

/// Stores the accounts of the batch, and empties it.
async fn store(tx: &mut Tx, seal: i64, batch: &mut Vec<Account>) -> Result<u64> {
    fn each<T>(batch: &[Account], column: impl Fn(&Account) -> T) -> Vec<T> {
        batch.iter().map(column).collect()
    }
    let stored = sqlx::query(
        "INSERT INTO bursar.sealed_accounts (seal_id, account, unit, entries, total, running, digest)
         SELECT $1, n.account, n.unit, n.entries, n.total::numeric, n.running::numeric, n.digest
           FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bytea[]) AS n (account, unit, entries, total, running, digest)",
    )
    .bind(seal)
    .bind(each(batch, |a| a.account.clone()))
    .bind(each(batch, |a| a.unit.clone()))
    .bind(each(batch, |a| a.now.entries))
    .bind(each(batch, |a| a.now.total.clone()))
    .bind(each(batch, |a| a.now.running.clone()))
    .bind(each(batch, |a| a.now.digest.to_vec()))
    .execute(&mut **tx)
    .await?;
    batch.clear();
    Ok(stored.rows_affected())
}

async fn insert(tx: &mut Tx, seal: &Seal, actor: &Actor) -> Result<()> {
    sqlx::query(
        "INSERT INTO bursar.seals (id, app, sealed_at, system_identifier, database, mode, watermark, sealed_until, content, base,
                                   accounts, entries, previous, root, os_user, host, operator)
         OVERRIDING SYSTEM VALUE
         VALUES ($1, $2, $3::text::timestamptz, $4, $5, $6, $7::text::xid8, $8::text::timestamptz, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(seal.id)
    .bind(&seal.app)
    .bind(&seal.sealed_at)
    .bind(&seal.system_identifier)
    .bind(&seal.database)
    .bind(seal.mode.name())
    .bind(seal.watermark.map(|w| w.to_string()))
    .bind(&seal.sealed_until)
    .bind(seal.content)
    .bind(seal.base)
    .bind(seal.accounts)
    .bind(seal.entries)
    .bind(&seal.previous)
    .bind(&seal.root)
    .bind(&actor.os_user)
    .bind(&actor.host)
    .bind(&actor.operator)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
