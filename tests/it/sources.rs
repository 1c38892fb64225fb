//! What is read of a gateway for a reconciliation: from its API, and from its exports.

mod api;
mod exports;

use bursar::error::Result;
use bursar::reconcile::{Movement, MovementKind, MovementStatus, Range, Source, SourceEnd};
use chrono::{DateTime, Utc};

use crate::support::wait;

/// Everything that a source tells of the range, and how it ends.
fn read(source: &mut dyn Source, range: Range) -> (Vec<Movement>, Result<SourceEnd>) {
    let mut all = Vec::new();
    let mut sink = |movement: Movement| {
        all.push(movement);
        Ok(())
    };
    let end = wait(source.read(range, &mut sink));
    (all, end)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn range(since: i64, until: i64) -> Range {
    Range { since: at(since), until: at(until) }
}

/// A movement in a line: kind, id, amount, currency, status, and what it did to the balance.
fn line(m: &Movement) -> String {
    let kind = serde_json::to_value(m.kind).expect("a kind");
    let status = match m.status {
        MovementStatus::Pending => " pending",
        MovementStatus::Failed => " failed",
        MovementStatus::Succeeded => "",
    };
    let settled =
        m.settled.as_ref().map_or_else(String::new, |s| format!(" ({}-{}={} {})", s.gross, s.fee, s.net, s.currency));
    let payout =
        m.payout.as_ref().filter(|_| m.kind != MovementKind::Payout).map_or_else(String::new, |p| format!(" in {p}"));
    let ids = m.payment_ids.join("+");
    format!("{} {} {} {}{status}{settled} [{ids}]{payout}", kind.as_str().expect("text"), m.id, m.amount, m.currency)
}

fn lines(all: &[Movement]) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().map(line).collect();
    lines.sort();
    lines
}
