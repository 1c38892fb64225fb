//! The accounts of a ledger, one by one and in order, streamed from the server. Entries that were not digested in a pass
//! before come in order and are digested one by one.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::digest::{AccountState, Digest};
use super::heap::Digests;
use super::model::states;
use super::source::Source;
use super::span::{Range, Span};
use crate::db::Connection;
use crate::error::Result;

pub(super) const STREAM: &str = include_str!("../sql/seal_stream.sql");

/// The position of the first of an entry's eight fields.
const FIELDS: usize = 5;

/// One account and unit, read to its end.
pub(super) struct Account {
    pub(super) account: String,
    pub(super) unit: String,
    /// The state in the seal, if the seal has the account.
    pub(super) sealed: Option<AccountState>,
    /// The state after the entries.
    pub(super) now: AccountState,
    /// The digest in the later seal that started over, if that has the account.
    pub(super) restarted: Option<Digest>,
    /// Number of entries that were read.
    pub(super) read: u64,
    /// The first seal whose part of the entries is not as it was sealed, if more than one is known.
    pub(super) wrong_since: Option<i64>,
    /// The sealed states that are still to be compared, oldest first.
    states: Vec<(i64, AccountState)>,
}

/// The accounts of a ledger, or of a range of them, in the order of the root.
pub(super) struct Accounts<'c> {
    rows: BoxStream<'c, sqlx::Result<PgRow>>,
    goes_on: bool,
    digests: Digests,
    open: Option<Account>,
}

impl<'c> Accounts<'c> {
    /// Starts to read. The transaction's settings have to be settled.
    pub(super) async fn read(
        connection: &'c mut Connection,
        source: &Source,
        span: &Span<'_>,
        range: &Range,
    ) -> Result<Self> {
        let digests = Digests::read(connection, source, span, range).await?;
        Ok(Self::beside(connection, source, span, (range, digests)))
    }

    /// The same, where a pass has digested what it could of the range.
    pub(super) fn beside(
        connection: &'c mut Connection,
        source: &Source,
        span: &Span<'_>,
        (range, digests): (&Range, Digests),
    ) -> Self {
        let unsorted = digests.unsorted();
        let sorted = match &unsorted {
            None => "$4::text[] IS NULL",
            Some(accounts) if accounts.is_empty() => "$4::text[] IS NULL AND false",
            Some(_) => "n.account = ANY ($4::text[])",
        };
        let entries = source.within(range);
        let of_seal = |seal| range.of(&states(seal), "x.account");
        let sql = STREAM
            .replace("{states}", &of_seal(span.states))
            .replace("{restarted}", &of_seal(span.restarted))
            .replace("{sorted}", sorted)
            .replace("{range}", span.range())
            .replace("{fields}", &span.fields(&entries))
            .replace("{entries}", &entries);
        let query = sqlx::query(AssertSqlSafe(sql))
            .persistent(false)
            .bind(span.from.clone())
            .bind(span.to.clone())
            .bind(span.goes_on)
            .bind(unsorted.filter(|accounts| !accounts.is_empty()));
        Accounts { rows: query.fetch(connection).boxed(), goes_on: span.goes_on, digests, open: None }
    }

    /// The next account and unit, read to its end; none after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Account>> {
        while let Some(row) = self.rows.try_next().await? {
            let (account, unit): (&str, &str) = (row.try_get("account")?, row.try_get("unit")?);
            let done = match &self.open {
                Some(open) if open.account == account && open.unit == unit => None,
                _ => self.open.replace(Account::new(account, unit)),
            };
            if let Some(open) = &mut self.open {
                open.take(&row, self.goes_on)?;
            }
            if let Some(done) = done {
                return Ok(Some(done.ended(&self.digests)));
            }
        }
        Ok(self.open.take().map(|done| done.ended(&self.digests)))
    }
}

impl Account {
    /// False where neither the seal nor its part of the entries has the account: only the later seal does.
    pub(super) fn concerns(&self) -> bool {
        self.sealed.is_some() || self.now.entries > 0
    }

    /// True if its entries are not those that the seal says.
    pub(super) fn differs(&self) -> bool {
        self.sealed.as_ref() != Some(&self.now)
    }

    /// True if the later seal that started over holds it as it is now, or as gone.
    pub(super) fn is_as_restarted(&self) -> bool {
        self.restarted == (self.now.entries > 0).then_some(self.now.digest)
    }

    fn new(account: &str, unit: &str) -> Self {
        Account {
            account: account.to_owned(),
            unit: unit.to_owned(),
            sealed: None,
            now: AccountState::empty(),
            restarted: None,
            read: 0,
            wrong_since: None,
            states: Vec::new(),
        }
    }

    fn take(&mut self, row: &PgRow, goes_on: bool) -> Result<()> {
        match row.try_get::<i32, _>("rank")? {
            0 => {
                let state = sealed(row)?;
                if goes_on {
                    self.now = state.clone();
                } else {
                    self.states.push((row.try_get("seal_id")?, state.clone()));
                }
                self.sealed = Some(state);
            }
            1 => self.now.total = row.try_get("f1")?,
            3 => self.restarted = Some(digest(row)?),
            _ => {
                let mut fields: [Option<&str>; 8] = [None; 8];
                for (field, column) in fields.iter_mut().zip(FIELDS..) {
                    *field = row.try_get(column)?;
                }
                self.now.add(fields.iter().map(|f| f.map(str::as_bytes)));
                self.now.running = fields[2].map(str::to_owned);
                self.read += 1;
                self.compare();
            }
        }
        Ok(())
    }

    /// Compares with what an earlier seal says of as many entries.
    fn compare(&mut self) {
        while let Some((seal, state)) = self.states.first() {
            if state.entries > self.now.entries {
                return;
            }
            if state.digest != self.now.digest && self.wrong_since.is_none() {
                self.wrong_since = Some(*seal);
            }
            self.states.remove(0);
        }
    }

    fn ended(mut self, digests: &Digests) -> Self {
        if let Some(state) = digests.of(&self.account, &self.unit) {
            self.read = state.entries.unsigned_abs();
            self.now = AccountState { total: self.now.total, ..state };
            // What is not as the last of these says is not digested there.
            self.states.clear();
        }
        // What a seal counted and nobody found is missing since that seal.
        if let Some((seal, _)) = self.states.first() {
            self.wrong_since = self.wrong_since.or(Some(*seal));
        }
        self
    }
}

/// A state as a seal stored it.
fn sealed(row: &PgRow) -> Result<AccountState> {
    Ok(AccountState {
        entries: row.try_get::<String, _>("f1")?.parse().unwrap_or(-1),
        total: row.try_get("f2")?,
        running: row.try_get("f3")?,
        digest: digest(row)?,
    })
}

/// A digest as a seal stored it. Whoever made it another length than the table allows gets one that no entries have.
fn digest(row: &PgRow) -> Result<Digest> {
    let digest: Vec<u8> = row.try_get("digest")?;
    Ok(Digest::try_from(digest.as_slice()).unwrap_or([0xff; 32]))
}
