//! Making a seal: the entries up to the watermark are digested from one snapshot, and what changed
//! since the seal before is stored, in one transaction.

use super::find::{find, ready};
use super::model::{Mode, Seal, Uncovered};
use super::source::{Cut, Source, other_server, settle};
use super::stream::{Account, Accounts, Span};
use crate::audit::report::AuditVerdict;
use crate::audit::snapshot::Reader;
use crate::db::{self, Connection, Database, Tx, WritePermit};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::operations::{self, Actor};
use crate::packs::Pack;
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
    /// The reason why entries are sealed by their time, if they are.
    pub by_time: Option<String>,
    /// The entries that are there and that it does not cover, where it covers none.
    pub uncovered: Option<Uncovered>,
    /// Number of entries without a usable time, which a seal by time never covers.
    pub untimed: i64,
    /// Number of entries that the seal before counted and that are gone, of a seal by time.
    pub gone: i64,
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

/// Makes a seal. The operator log keeps the `verdict` of the audit just before it, where there was one. `tell` is told how many entries were read, now and then.
///
/// # Errors
/// [`Kind::Conflict`] if another seal is being made; otherwise whatever keeps the entries from
/// being read or the seal from being written. Nothing is kept then.
pub async fn make(
    database: &Database,
    permit: &WritePermit,
    pack: &Pack,
    verdict: Option<AuditVerdict>,
    actor: &Actor,
    mut tell: impl FnMut(u64),
) -> Result<Sealed> {
    let mut tx = database.write(permit).await?;
    // The lock comes before the snapshot that is sealed, so that two seals never overlap.
    lock(&mut tx).await?;
    let ledger = ready(&mut tx, pack).await?;
    let previous = find(&mut tx, &pack.key(), None).await?;

    let mut reading = database.read().await?;
    let reader = Reader::choose(&mut reading, pack).await?;
    reader.prepare(&mut reading, pack).await?;
    settle(&mut reading).await?;
    let source = Source::describe(&mut reading, ledger).await?;
    let cut = source.cut(&mut reading).await?;
    let afresh = match &previous {
        Some(previous) => why_afresh(&mut reading, &source, &cut, previous).await?,
        None => None,
    };
    let goes_on = previous.as_ref().filter(|_| afresh.is_none());

    // Every account is stored again where the rows of its changes have become many.
    let (id,) = seals::next_id().one(&mut tx).await?;
    let base = match goes_on {
        Some(previous) if !many_changes(&mut tx, previous).await? => previous.base,
        _ => id,
    };
    let mut seal = Seal {
        id,
        app: pack.key(),
        sealed_at: cut.sealed_at,
        system_identifier: cut.system_identifier,
        database: cut.database,
        mode: cut.mode,
        watermark: cut.watermark,
        sealed_until: cut.sealed_until,
        content: source.content,
        base,
        accounts: 0,
        entries: 0,
        previous: previous.as_ref().map(|p| p.root.clone()),
        root: Vec::new(),
    };
    let span = Span {
        mode: seal.mode,
        content: seal.content,
        states: goes_on,
        goes_on: goes_on.is_some(),
        from: goes_on.and_then(Seal::until),
        to: seal.until(),
    };
    let mut root = seal.root_digest();
    let (mut batch, mut stored, mut read) = (Vec::new(), 0, 0);
    let mut accounts = Accounts::read(&mut reading, &source, &span);
    while let Some(account) = accounts.next().await? {
        root.account(&account.account, &account.unit, &account.now);
        seal.accounts += 1;
        seal.entries += account.now.entries;
        read += account.read;
        if account.read > 0 || base == id {
            batch.push(account);
        }
        if batch.len() >= BATCH {
            stored += store(&mut tx, id, &mut batch).await?;
            tell(read);
        }
    }
    stored += store(&mut tx, id, &mut batch).await?;
    drop(accounts);
    let uncovered = if seal.entries == 0 { source.uncovered(&mut reading).await? } else { None };
    let by_time = seal.mode == Mode::Time;
    let untimed = if by_time { source.untimed(&mut reading).await? } else { 0 };
    let gone = match goes_on {
        Some(previous) if by_time => source.gone(&mut reading, previous).await?,
        _ => 0,
    };
    reading.rollback().await?;
    seal.root = root.finish().to_vec();
    insert(&mut tx, &seal, actor).await?;
    let root = hex::encode(&seal.root);
    let parameters =
        serde_json::json!({"app": seal.app, "seal": seal.id, "root": root, "verdict": verdict.map(AuditVerdict::name)});
    operations::record(&mut tx, actor, "audit seal", &parameters, "sealed").await?;
    tx.commit().await.context("nothing was sealed")?;
    Ok(Sealed { seal, stored, read, afresh, by_time: cut.reason, uncovered, untimed, gone })
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

/// True if the rows since the last seal that stored every account are several times the accounts.
async fn many_changes(connection: &mut Connection, previous: &Seal) -> Result<bool> {
    let (rows,) = seals::count_accounts(previous.base, previous.id).one(connection).await?;
    Ok(rows > previous.accounts.saturating_mul(4))
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
