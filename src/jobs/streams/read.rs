//! Reading a stream: its length, its groups, what is pending, and its entries, a page at a time.

use redis::{Cmd, Pipeline, Value, cmd};

use super::answer::{Entry, EntryId, array, entries, entry_id, named, number, strange, text};
use super::model::{Consumer, StreamGroup};
use super::server::Redis;
use crate::error::Result;

/// Number of entries that are read at once.
pub(super) const PAGE: usize = 1000;

/// A stream as a whole.
pub(super) struct Info {
    pub length: u64,
    /// The newest id that was ever given.
    pub last: EntryId,
}

/// An entry that a consumer has and did not acknowledge.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub id: EntryId,
    pub consumer: String,
    pub idle_ms: i64,
    pub delivered: i64,
}

fn xinfo(what: &str, key: &str) -> Cmd {
    let mut command = cmd("XINFO");
    command.arg(what).arg(key);
    command
}

impl Redis {
    /// The server's time, in milliseconds.
    pub(super) async fn now_ms(&mut self) -> Result<u64> {
        let answer = self.ask(&cmd("TIME")).await?;
        let part = |at: usize| array(&answer).and_then(|a| a.get(at)).and_then(number);
        let (Some(secs), Some(micros)) = (part(0), part(1)) else { return Err(strange("TIME")) };
        u64::try_from(secs.saturating_mul(1000).saturating_add(micros / 1000)).map_err(|_| strange("TIME"))
    }

    /// The stream; none where there is no such key.
    pub(super) async fn info(&mut self, key: &str) -> Result<Option<Info>> {
        let exists = self.ask(cmd("EXISTS").arg(key)).await?;
        if number(&exists) == Some(0) {
            return Ok(None);
        }
        let answer = self.ask(&xinfo("STREAM", key)).await.map_err(|e| e.context(format!("the stream {key}")))?;
        let length = named(&answer, "length").and_then(number).and_then(|n| u64::try_from(n).ok());
        let last = named(&answer, "last-generated-id").and_then(entry_id);
        match (length, last) {
            (Some(length), Some(last)) => Ok(Some(Info { length, last })),
            _ => Err(strange("XINFO STREAM")),
        }
    }

    /// The groups of a stream.
    pub(super) async fn groups(&mut self, key: &str) -> Result<Vec<StreamGroup>> {
        let answer = self.ask(&xinfo("GROUPS", key)).await?;
        let read = |group: &Value| {
            Some(StreamGroup {
                name: text(named(group, "name")?)?,
                consumers: number(named(group, "consumers")?)?,
                pending: number(named(group, "pending")?)?,
                last: entry_id(named(group, "last-delivered-id")?)?,
                lag: named(group, "lag").and_then(number),
            })
        };
        let all = array(&answer).and_then(|all| all.iter().map(read).collect());
        all.ok_or_else(|| strange("XINFO GROUPS"))
    }

    /// The consumers of a group.
    pub(super) async fn consumers(&mut self, key: &str, group: &str) -> Result<Vec<Consumer>> {
        let answer = self.ask(xinfo("CONSUMERS", key).arg(group)).await?;
        let read = |consumer: &Value| {
            Some(Consumer {
                name: text(named(consumer, "name")?)?,
                pending: number(named(consumer, "pending")?)?,
                idle_secs: number(named(consumer, "idle")?)? / 1000,
                gone: false,
            })
        };
        let all = array(&answer).and_then(|all| all.iter().map(read).collect());
        all.ok_or_else(|| strange("XINFO CONSUMERS"))
    }

    /// A page of what is pending in a group, after an id.
    pub(super) async fn pending(&mut self, key: &str, group: &str, after: Option<EntryId>) -> Result<Vec<Pending>> {
        let from = after.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
        let answer = self.ask(cmd("XPENDING").arg(key).arg(group).arg(from).arg("+").arg(PAGE)).await?;
        let read = |pending: &Value| {
            let [id, consumer, idle, delivered] = array(pending)? else { return None };
            Some(Pending {
                id: entry_id(id)?,
                consumer: text(consumer)?,
                idle_ms: number(idle)?,
                delivered: number(delivered)?,
            })
        };
        let all = array(&answer).and_then(|all| all.iter().map(read).collect());
        all.ok_or_else(|| strange("XPENDING"))
    }

    /// A page of the entries behind one id and up to another.
    pub(super) async fn range(&mut self, key: &str, after: EntryId, to: EntryId) -> Result<Vec<Entry>> {
        let (after, to) = (format!("({after}"), to.to_string());
        entries(&self.ask(cmd("XRANGE").arg(key).arg(after).arg(to).arg("COUNT").arg(PAGE)).await?)
    }

    /// The entries with these ids, in their order; none for one that the stream does not hold any more.
    pub(super) async fn by_ids(&mut self, key: &str, ids: &[EntryId]) -> Result<Vec<Option<Entry>>> {
        let mut all = Vec::new();
        for some in ids.chunks(PAGE) {
            let mut commands = Pipeline::new();
            for id in some {
                commands.cmd("XRANGE").arg(key).arg(id.to_string()).arg(id.to_string());
            }
            let answers = self.ask_all(&commands).await?;
            if answers.len() != some.len() {
                return Err(strange("XRANGE"));
            }
            for answer in &answers {
                all.push(entries(answer)?.pop());
            }
        }
        Ok(all)
    }
}
