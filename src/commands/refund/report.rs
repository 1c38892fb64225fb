//! The report of a batch: its faults, its totals and its results.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Kind, tried};
use crate::money;
use crate::refund::batch::{LineResult, Part, Planned, TAKE_OUT, Work};
use crate::refund::{IfSpent, Refund, RefundReason, RefundState, Requested};
use crate::text::{counted, escape, quoted, thousands};

use super::show::is_zero;

/// The maximum number of faults that are listed.
const LISTED: usize = 20;

/// The numbers of lines as ranges: `2-4, 7`.
fn ranges(lines: &BTreeSet<u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let words = ranges.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    words.collect::<Vec<_>>().join(", ")
}

/// The refusal of a batch with lines that cannot be done. `done` are the lines that have a refund already.
pub(super) fn refused(name: &str, mut wrong: Vec<(u64, Error)>, mut done: BTreeSet<u64>) -> Error {
    wrong.sort_by_key(|(line, _)| *line);
    let doubled = wrong.iter().filter(|(_, e)| e.hint.as_deref() == Some(TAKE_OUT)).map(|(line, _)| *line);
    done.extend(doubled);
    let kinds = || wrong.iter().map(|(_, e)| e.kind);
    let kind = kinds().find(|k| *k == Kind::Usage).or(kinds().next()).unwrap_or(Kind::Usage);
    let mut message = format!("{} of its lines cannot be done, so none was begun", wrong.len());
    for (line, error) in wrong.iter().take(LISTED) {
        message.push_str(&format!("\n  {name}:{line}: {}", escape(&error.message())));
    }
    if wrong.len() > LISTED {
        message.push_str(&format!("\n  and {} more", wrong.len() - LISTED));
    }
    let error = Error::new(kind, message);
    match wrong.into_iter().find_map(|(_, e)| e.hint) {
        Some(hint) if hint == TAKE_OUT => error.hint(format!(
            "make a new file of the lines that are left, without {}; --skip-done leaves out what was refunded; one that is \
             to be another refund of the same amount: bursar refund create PAYMENT --amount AMOUNT --again",
            ranges(&done)
        )),
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// The totals of all lines, by currency. `agreed` is true if they are carried out without a question.
pub(super) fn totals(planned: &[Planned], agreed: bool) -> String {
    let mut money_back: BTreeMap<&str, i64> = BTreeMap::new();
    let (mut before, mut open, mut skipped, mut approvals, mut spent) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    for line in planned {
        match &line.work {
            Work::Skip(_) => skipped += 1,
            Work::CarryOn(there) if there.has_ended() => before += 1,
            Work::CarryOn(_) => open += 1,
            Work::Request(effects) => {
                let sum = money_back.entry(&line.currency).or_default();
                *sum = sum.saturating_add(line.amount);
                approvals += u64::from(effects.approval.is_needed);
                spent += u64::from(!is_zero(&effects.units.written_off));
            }
        }
    }
    let sums: Vec<String> = money_back.iter().map(|(currency, sum)| money::format(*sum, currency)).collect();
    let sums = if sums.is_empty() { "nothing".to_owned() } else { sums.join(", ") };
    let lines = counted(planned.len(), "line");
    let mut out = match agreed {
        true => format!("Refunding {lines}: {sums}"),
        false => format!("{lines}: {sums} would be refunded"),
    };
    for (count, what) in [
        (before, "ended before"),
        (open, "begun before, and carried on"),
        (skipped, "skipped: there is a refund already"),
        (approvals, "above the limit: a second person has to approve"),
        (spent, "with spent units, which are written off"),
    ] {
        if count > 0 {
            out.push_str(&format!("\n{} {what}", thousands(count)));
        }
    }
    out
}

/// The results of the lines so far. What was refunded was refunded in this run.
#[derive(Default, serde::Serialize)]
pub(super) struct Tally {
    refunded: u64,
    before: u64,
    by_others: u64,
    skipped: u64,
    #[serde(rename = "awaiting_approval")]
    waiting: u64,
    #[serde(rename = "requires_action")]
    acting: u64,
    failed: u64,
    /// The number of failed lines that a second run of the file goes on with.
    #[serde(skip)]
    continued: u64,
    /// The number of the others.
    #[serde(skip)]
    ended: usize,
    /// A command for each of the others, of at most [`COMMANDS`].
    #[serde(skip)]
    commands: Vec<String>,
}

/// The most commands that a batch prints.
pub(super) const COMMANDS: usize = 10;

/// The command that asks for the same refund.
fn request(refund: &Refund) -> String {
    let Refund { payment, amount, currency, if_spent, reason, note, gateway, .. } = refund;
    let flags = [
        ("amount", Some(money::decimal(*amount, currency))),
        ("if-spent", policy(*if_spent)),
        ("reason", Some(reason).filter(|reason| **reason != RefundReason::default()).map(|r| r.name().to_owned())),
        ("note", note.as_deref().map(|note| quoted(note).into_owned())),
        ("gateway", Some(quoted(gateway).into_owned())),
    ];
    command("create", &quoted(payment.as_str()), flags)
}

/// A command about refunds with the flags that have a value. Each value is quoted already.
pub(super) fn command<'a>(name: &str, of: &str, flags: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let flags = flags.into_iter().filter_map(|(flag, value)| Some(format!(" --{flag} {}", value?)));
    format!("bursar refund {name} {of}{}", flags.collect::<String>())
}

/// The value of `--if-spent`; none where it is the default.
pub(super) fn policy(if_spent: IfSpent) -> Option<String> {
    (if_spent != IfSpent::default()).then(|| if_spent.name().to_owned())
}

/// The outcome of a line in one word.
fn outcome(came: &LineResult) -> &'static str {
    match &came.outcome {
        _ if came.failed() => "failed",
        Ok((_, Part::Skipped)) => "skipped",
        Ok((Requested { refund, .. }, _)) if refund.state == RefundState::AwaitingApproval => "awaiting_approval",
        Ok((Requested { refund, .. }, _)) if refund.state == RefundState::RequiresAction => "requires_action",
        Ok((_, Part::Before)) => "before",
        Ok((_, Part::Others)) => "by_others",
        _ => "refunded",
    }
}

impl Tally {
    pub(super) fn add(&mut self, came: &LineResult) {
        *match outcome(came) {
            "failed" => &mut self.failed,
            "skipped" => &mut self.skipped,
            "awaiting_approval" => &mut self.waiting,
            "requires_action" => &mut self.acting,
            "before" => &mut self.before,
            "by_others" => &mut self.by_others,
            _ => &mut self.refunded,
        } += 1;
        if !came.failed() {
            return;
        }
        match &came.outcome {
            Ok((Requested { refund, .. }, _)) if refund.state.is_undone() => {
                self.ended += 1;
                if self.commands.len() < COMMANDS {
                    self.commands.push(request(refund));
                }
            }
            _ => self.continued += 1,
        }
    }

    /// True if a second run of the file goes on with lines that failed in this one.
    pub(super) fn is_continued(&self) -> bool {
        self.continued > 0
    }

    /// The number of lines that ended without a refund, and a command for each of the first [`COMMANDS`].
    pub(super) fn ended(&self) -> (usize, &[String]) {
        (self.ended, &self.commands)
    }

    pub(super) fn all(&self) -> u64 {
        let Tally { refunded, before, by_others, skipped, waiting, acting, failed, .. } = self;
        refunded + before + by_others + skipped + waiting + acting + failed
    }

    /// True if every line so far came to a good end.
    pub(super) fn is_good(&self) -> bool {
        self.failed == 0 && self.waiting == 0 && self.acting == 0
    }

    pub(super) fn sentence(&self, count: usize, begun: bool) -> String {
        let mut parts = vec![format!("{} refunded", thousands(self.refunded))];
        for (n, what) in [
            (self.before, "before"),
            (self.by_others, "by another process"),
            (self.skipped, "skipped"),
            (self.waiting, "awaiting approval"),
            (self.acting, "waiting for the customer"),
            (self.failed, "failed"),
        ] {
            if n > 0 {
                parts.push(format!("{} {what}", thousands(n)));
            }
        }
        if !begun {
            parts.push(format!("{} not begun", thousands((count as u64 - self.all()).to_string())));
        }
        parts.join(", ")
    }
}

/// The columns of the file of results.
pub(super) const HEADINGS: [&str; 10] =
    ["line", "payment", "amount", "currency", "refund", "state", "existing", "gateway_ref", "error", "outcome"];

/// A line of the file of results.
pub(super) fn cells(came: &LineResult) -> [String; HEADINGS.len()] {
    let (refund, state, existing, reference, error) = match &came.outcome {
        Ok((Requested { refund: r, existing }, _)) => (
            r.id.to_string(),
            r.state.name(),
            existing.to_string(),
            r.gateway_ref.clone().unwrap_or_default(),
            r.error.clone().map(|error| tried(error, r.remedy().as_deref())).unwrap_or_default(),
        ),
        Err(error) => (String::new(), "", String::new(), String::new(), error.in_a_line()),
    };
    [
        came.line.to_string(),
        came.payment.to_string(),
        money::decimal(came.amount, &came.currency),
        came.currency.clone(),
        refund,
        state.to_owned(),
        existing,
        reference,
        error,
        outcome(came).to_owned(),
    ]
}
