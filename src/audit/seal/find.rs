//! Finding a seal, in a database that can hold one.

use super::digest::Digest;
use super::model::{Chosen, Seal, Use};
use super::source::Source;
use crate::db::{self, Connection, Tx, guarded};
use crate::error::{Error, Result};
use crate::packs::{Ledger, Pack, sealed_table_of, split_key};
use crate::store::seals;
use crate::text::quoted;

const SEALS: &str = include_str!("../sql/seals.sql");

/// The newest seal of an application, or the one with this root, where there is one.
pub(super) async fn find(connection: &mut Connection, app: &str, root: Option<&Digest>) -> Result<Option<Seal>> {
    let row = sqlx::query(SEALS).bind(app).bind(root.map(Digest::as_slice)).fetch_optional(connection).await?;
    row.as_ref().map(Seal::read).transpose()
}

/// The ledger of a pack, and a database that can hold seals.
///
/// # Errors
/// Usage errors: the application keeps no ledger, or bursar's own schema is missing or older.
pub(super) async fn ready<'p>(connection: &mut Connection, pack: &'p Pack) -> Result<&'p Ledger> {
    pack.require_one("a seal is of one: name it with --ledger NAME")?;
    let ledger = pack.ledger.as_ref().ok_or_else(|| {
        let error = Error::usage(format!("{} keeps no ledger, so there is nothing to seal", pack.name));
        match pack.sealed.is_empty() {
            true => error.hint("bursar audit list"),
            false => error.hint("bursar audit seal --tables"),
        }
    })?;
    exists(connection, crate::store::seals::ACCOUNTS, "seals").await?;
    Ok(ledger)
}

/// Refuses where bursar's own schema lacks a table, and says how it gets it.
pub(super) async fn exists(connection: &mut Connection, table: &str, what: &str) -> Result<()> {
    if db::relation_exists(connection, table).await? {
        return Ok(());
    }
    Err(Error::usage(format!("this database cannot hold {what}: {table} is missing")).hint(crate::store::UPGRADE))
}

/// Finds the seal that an audit was asked to use.
///
/// # Errors
/// As [`ready`]; and where the newest seal cannot be trusted for what arrived later, with the reason.
pub(in crate::audit) async fn choose(tx: &mut Tx, pack: &Pack, what: &Use) -> Result<Chosen> {
    let ledger = ready(tx, pack).await?;
    let seal = match what {
        Use::Verify(root) => match find(tx, &pack.key(), Some(root)).await? {
            None => require_of_no_other(tx, pack, root).await.map(|()| None)?,
            seal => seal,
        },
        Use::Since => {
            let seal = find(tx, &pack.key(), None).await?.ok_or_else(|| {
                Error::usage(format!("there is no seal of {} to trust", pack.key()))
                    .hint(format!("bursar audit seal{}", Ledger::flag(ledger.name.as_deref())))
            })?;
            let source = Source::describe(tx, ledger).await?;
            if let Some(reason) = source.why_not_since(tx, &seal).await? {
                return Err(Error::usage(format!(
                    "--since-seal cannot tell what arrived after seal {}: {reason}",
                    seal.id
                ))
                .hint("audit everything (`bursar audit`), or verify a seal with --verify-seal ROOT"));
            }
            Some(seal)
        }
    };
    Ok(Chosen { what: what.clone(), seal })
}

/// The application and the ledger that a root is of, as a seal names them; none where that is not known.
pub(in crate::audit) async fn key_of(tx: &mut Tx, root: &Digest) -> Result<Option<String>> {
    if !db::relation_exists(tx, seals::ACCOUNTS).await? {
        return Ok(None);
    }
    let asked = guarded(tx, async |connection| seals::of_root(root).optional(connection).await).await?;
    Ok(asked.ok().flatten().map(|(key,)| key))
}

/// Refuses a root of another ledger, or of another application: that this one has no such seal is then no sign of a change.
async fn require_of_no_other(connection: &mut Connection, pack: &Pack, root: &Digest) -> Result<()> {
    let Some((app,)) = seals::of_root(root).optional(connection).await? else { return Ok(()) };
    let (name, ledger) = split_key(&app);
    let ledger = ledger.filter(|name| sealed_table_of(name).is_none());
    let hex = hex::encode(root);
    let command = if name == pack.name {
        format!("bursar audit{} --verify-seal {hex}", Ledger::flag(ledger))
    } else {
        format!("bursar audit --app {}{} --verify-seal {hex}", quoted(name), Ledger::flag(ledger))
    };
    let what = match ledger {
        Some(ledger) => format!("the ledger {ledger} of {name}"),
        None => name.to_owned(),
    };
    Err(Error::usage(format!("this is the root of a seal of {what}, and not of {}", pack.key())).hint(command))
}
