//! The pieces of a pass over the ledger, which the connections of a run read side by side.

use std::cell::RefCell;
use std::collections::VecDeque;

use tokio::sync::Notify;

use super::chains::{Chains, Rules, Whole};
use super::rows::COLUMNS;
use crate::audit::copied;
use crate::db::{Connection, Tx, guarded};
use crate::error::Result;

/// Number of connections that read at a time.
const SIDE_BY_SIDE: usize = 2;

/// A piece of the accounts, and the statements that read it.
pub(super) struct Piece {
    pub(super) entries: String,
    pub(super) balances: String,
    pub(super) rules: Rules,
}

/// The pieces that the connections of a run read side by side.
#[derive(Default)]
pub(in crate::audit) struct Pieces {
    desk: RefCell<Desk>,
    changed: Notify,
}

#[derive(Default)]
struct Desk {
    /// True while pieces may come.
    open: bool,
    /// True if other connections may take pieces.
    others: bool,
    left: VecDeque<Piece>,
    /// Number of those that are being read.
    reading: usize,
    /// The pieces that were read; the reason in place of one that says nothing.
    read: Vec<std::result::Result<Whole, String>>,
}

impl Pieces {
    /// Lets pieces be read; `others` says that further connections help.
    pub(in crate::audit) fn open(&self, others: bool) {
        *self.desk.borrow_mut() = Desk { open: true, others, ..Desk::default() };
    }

    /// Says that no pieces will come any more.
    pub(in crate::audit) fn close(&self) {
        *self.desk.borrow_mut() = Desk::default();
        self.changed.notify_waiters();
    }

    /// Reads a piece, if there is one; false where there is none now.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(in crate::audit) async fn help(&self, tx: &mut Tx) -> Result<bool> {
        let piece = {
            let mut desk = self.desk.borrow_mut();
            let piece = if desk.reading < SIDE_BY_SIDE { desk.left.pop_front() } else { None };
            desk.reading += usize::from(piece.is_some());
            piece
        };
        let Some(piece) = piece else { return Ok(false) };
        let read = async |connection: &mut Connection| {
            piece.read(connection, Chains::new(piece.rules), || self.is_open()).await
        };
        let outcome = guarded(tx, read).await;
        let (read, lost) = match outcome {
            Ok(Ok(read)) => (read.map_err(str::to_owned), None),
            Ok(Err(error)) => (Err(error.message()), None),
            Err(error) => (Err(error.message()), Some(error)),
        };
        let mut desk = self.desk.borrow_mut();
        desk.reading = desk.reading.saturating_sub(1);
        desk.read.push(read);
        drop(desk);
        self.changed.notify_waiters();
        lost.map_or(Ok(true), Err)
    }

    /// Waits for a piece; false where none will come.
    pub(in crate::audit) async fn come(&self) -> bool {
        loop {
            let changed = self.changed.notified();
            match &*self.desk.borrow() {
                desk if !desk.open => return false,
                desk if !desk.left.is_empty() && desk.reading < SIDE_BY_SIDE => return true,
                _ => {}
            }
            changed.await;
        }
    }

    /// Number of connections that read them at a time.
    pub(super) fn at_a_time(&self) -> usize {
        if self.desk.borrow().others { SIDE_BY_SIDE } else { 1 }
    }

    pub(super) fn is_open(&self) -> bool {
        self.desk.borrow().open
    }

    /// Reads all pieces, with whoever helps. The reason comes back where they say nothing.
    pub(super) async fn all(
        &self,
        tx: &mut Tx,
        pieces: VecDeque<Piece>,
    ) -> Result<std::result::Result<Vec<Whole>, String>> {
        let of = pieces.len();
        self.desk.borrow_mut().left = pieces;
        self.changed.notify_waiters();
        loop {
            let changed = self.changed.notified();
            {
                let mut desk = self.desk.borrow_mut();
                if desk.read.len() == of || desk.read.iter().any(std::result::Result::is_err) {
                    return Ok(std::mem::take(&mut desk.read).into_iter().collect());
                }
            }
            if !self.help(tx).await? {
                changed.await;
            }
        }
    }
}

impl Piece {
    /// Reads the entries, with which the chains go on, and then compares the balances. `is_wanted` tells as long as it is worth
    /// something.
    pub(super) async fn read(
        &self,
        connection: &mut Connection,
        mut chains: Chains,
        is_wanted: impl Fn() -> bool,
    ) -> Result<std::result::Result<Whole, &'static str>> {
        for (statement, row) in [
            (&self.entries, Chains::entry as fn(&mut Chains, &mut &[u8]) -> Option<()>),
            (&self.balances, Chains::balance),
        ] {
            let mut rows = copied::Rows::of(COLUMNS);
            let take = |bytes: &[u8]| {
                // Once another piece says nothing, this one is not needed, but the server sends it to its end.
                if !chains.has_given_up() && is_wanted() && !rows.take(bytes, |left| row(&mut chains, left)) {
                    chains.give_up("the server sends other columns");
                }
            };
            copied::pass(connection, statement, take).await?;
            if !is_wanted() {
                return Ok(Err("another piece says nothing"));
            }
            if !chains.has_given_up() && !rows.have_ended() {
                chains.give_up("the server does not send the end of the rows");
            }
            if chains.has_given_up() {
                break;
            }
        }
        Ok(chains.finish())
    }
}
