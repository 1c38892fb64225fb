//! Many refunds from one file: every line is checked before the first refund, and each has a key of
//! its own, so that the same file again goes on where it stopped.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::gateway::Gateway;
use super::{Carried, Desk, REASONS, RECORD_ONLY, Refund, Request, State, Terms};
use crate::db::{Connection, Database, WritePermit};
use crate::error::{Error, Kind, Result};
use crate::ids::not_whole;
use crate::money;
use crate::operations::Actor;
use crate::packs::Pack;
use crate::payments;

/// The hint of a line whose refund there is already, under another key than the line's. A file that was edited is
/// another file, in which each line that was done stands for another refund, so the caller says which lines are left.
pub const TAKE_OUT: &str = "take it out";

/// The columns that a file may have; only the first has to be there.
pub const COLUMNS: [&str; 5] = ["payment", "amount", "reason", "note", "gateway_ref"];

/// One line of the file, as it is written there.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// Its number in the file, from 1; the headings are line 1.
    pub number: u64,
    /// What names the payment.
    pub payment: String,
    /// How much, in whole units of the payment's currency; `None` for all that is left.
    pub amount: Option<String>,
    /// Why; `None` is `requested_by_customer`.
    pub reason: Option<String>,
    /// Why, in words.
    pub note: Option<String>,
    /// The reference of a refund that was made elsewhere.
    pub gateway_ref: Option<String>,
}

/// A line that can be done.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number in the file.
    pub line: u64,
    /// What is asked for.
    pub request: Request,
    /// The gateway that the payment came through.
    pub provider: Option<String>,
    /// In minor units of the currency.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// What it would do; none where there is a refund already.
    pub terms: Option<Terms>,
}

/// What came of a line.
#[derive(Debug)]
pub struct Done {
    /// Its number in the file.
    pub line: u64,
    /// The payment's id.
    pub payment: String,
    /// In minor units of the currency.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// The refund and whether it was there already, or why there is none.
    pub outcome: Result<(Refund, bool)>,
}

impl Done {
    /// Whether the line did not come to a good end.
    pub fn failed(&self) -> bool {
        match &self.outcome {
            Ok((refund, _)) => {
                refund.refused
                    || matches!(refund.state, State::Failed | State::Canceled | State::Rejected | State::Unknown)
                    || matches!(refund.state, State::Reserved | State::Submitted)
            }
            Err(_) => true,
        }
    }
}

/// How a batch is run.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How many at the same time.
    pub parallel: usize,
    /// At most so many are begun in a second.
    pub rate: Option<u32>,
    /// Stop after so many failures.
    pub max_failures: Option<u64>,
}

/// Reads the lines of a file.
///
/// # Errors
/// A usage error with the line, where it is no such file.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Line>> {
    let wrong = |line: u64, why: String| Error::usage(format!("{name}:{line}: {why}"));
    // Spreadsheets begin their files with a mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let unread = |e: csv::Error| wrong(e.position().map_or(1, csv::Position::line), format!("this is no CSV: {e}"));
    let headings = reader.headers().map_err(unread)?.clone();
    let unknown = headings.iter().find(|h| !COLUMNS.contains(h));
    if let Some(unknown) = unknown {
        return Err(wrong(1, format!("there is no column '{unknown}'; the columns are {}", COLUMNS.join(", "))));
    }
    let column = |wanted: &str| headings.iter().position(|h| h == wanted);
    if column("payment").is_none() {
        return Err(wrong(1, format!("the column payment is missing; the columns are {}", COLUMNS.join(", "))));
    }
    let mut lines = Vec::new();
    let mut counted = Counted { bytes, to: 0, line: 1 };
    for record in reader.records() {
        let record = record.map_err(unread)?;
        let cell = |wanted: &str| {
            let cell = column(wanted).and_then(|at| record.get(at)).unwrap_or_default();
            Some(cell.to_owned()).filter(|c| !c.is_empty())
        };
        lines.push(Line {
            number: counted.line_at(record.position().map_or(0, csv::Position::byte)),
            payment: cell("payment").unwrap_or_default(),
            amount: cell("amount"),
            reason: cell("reason"),
            note: cell("note"),
            gateway_ref: cell("gateway_ref"),
        });
    }
    Ok(lines)
}

/// How many lines there are up to a byte. Each byte is counted once, however many records are asked about.
struct Counted<'a> {
    bytes: &'a [u8],
    to: usize,
    line: u64,
}

impl Counted<'_> {
    /// The line, from 1, on which the record begins that the reader places at this byte. It may place one on
    /// the second character of the line end before it. Records are asked about in their order.
    fn line_at(&mut self, byte: u64) -> u64 {
        let at = usize::try_from(byte).unwrap_or(usize::MAX).clamp(self.to, self.bytes.len());
        let skipped = self.bytes[at..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let end = at + skipped;
        self.line += self.bytes[self.to..end].iter().filter(|b| **b == b'\n').count() as u64;
        self.to = end;
        self.line
    }
}

/// The key of a line: the file and the line, so that the same file again means the same refunds.
fn key(digest: &str, line: u64) -> String {
    format!("batch:{digest}:{line}")
}

/// The digest of a file, which its lines' keys begin with.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Works out one line, without writing. `gateway` is the one that all lines are to go through.
///
/// # Errors
/// Usage or refused, where the line cannot be done.
pub async fn plan(
    connection: &mut Connection,
    pack: &Pack,
    digest: &str,
    line: &Line,
    if_spent: &str,
    gateway: Option<&str>,
) -> Result<Planned> {
    if line.payment.is_empty() {
        return Err(Error::usage("there is no payment in it"));
    }
    let reason = line.reason.as_deref().unwrap_or(REASONS[0]);
    if !REASONS.contains(&reason) {
        return Err(Error::usage(format!("'{reason}' is no reason; the reasons are {}", REASONS.join(", "))));
    }
    let found = payments::find(connection, pack, &line.payment).await?;
    // Nobody looks at each line of a file, and what is cut off in one may begin another payment's id.
    if !found.by_whole_id() {
        return Err(not_whole(&line.payment, "payment", &found.payment.payment));
    }
    let payment = found.payment;
    let currency = payment.amount.currency.clone().unwrap_or_default();
    let amount = line.amount.as_deref().map(|a| money::parse(a, &currency)).transpose()?;
    let key = key(digest, line.number);
    let done = super::by_key(connection, &key).await?;
    let terms = super::preview(connection, &payment.payment, amount, if_spent, false).await?;
    let (sum, terms) = match &done {
        Some(refund) => (refund.amount, None),
        None if terms.whole_already(amount).is_some() => (terms.paid.unwrap_or_default(), None),
        None => {
            if terms.problem.is_some() {
                refuse_doubled(connection, &payment.payment, amount, if_spent).await?;
            }
            let terms = terms.accepted()?;
            (terms.amount.unwrap_or_default(), Some(terms))
        }
    };
    Ok(Planned {
        line: line.number,
        request: Request {
            payment: payment.payment,
            amount,
            if_spent: if_spent.to_owned(),
            reason: reason.to_owned(),
            note: line.note.clone(),
            gateway: gateway.map(str::to_owned).or(payment.provider.clone()).unwrap_or_default(),
            gateway_ref: line.gateway_ref.clone(),
            key: Some(key),
            again: false,
            expected: None,
        },
        provider: payment.provider,
        amount: sum,
        currency,
        terms,
    })
}

/// Refuses a line for which there is an equal refund already, of which the file knows nothing.
async fn refuse_doubled(connection: &mut Connection, payment: &str, amount: Option<i64>, if_spent: &str) -> Result<()> {
    let Some(amount) = amount else { return Ok(()) };
    if let Some(there) = super::underway(connection, payment, amount).await? {
        return Err(doubled(connection, &there).await?.hint(TAKE_OUT));
    }
    let again = super::preview(connection, payment, Some(amount), if_spent, true).await?;
    let terms = super::preview(connection, payment, Some(amount), if_spent, false).await?;
    match (terms.message == again.message, terms.accepted()) {
        (false, Err(error)) => Err(error.hint(TAKE_OUT)),
        _ => Ok(()),
    }
}

/// The refusal of a refund because an equal one is being made at this moment.
async fn doubled(connection: &mut Connection, there: &Refund) -> Result<Error> {
    let sum = money::format(there.amount, &there.currency);
    let holder = super::holder(connection, there.id).await?.map(|holder| format!("; {holder}")).unwrap_or_default();
    Ok(Error::new(
        Kind::Conflict,
        format!(
            "{sum} of payment {} are being refunded: refund {} is {}{holder}",
            there.payment,
            there.id,
            there.state.name()
        ),
    ))
}

/// The moments at which something is begun, at most so many in a second.
struct Turns {
    gap: Option<Duration>,
    next: tokio::sync::Mutex<Instant>,
}

impl Turns {
    fn at(pace: &Pace) -> Self {
        let gap = pace.rate.map(|rate| Duration::from_secs(1) / rate);
        Turns { gap, next: tokio::sync::Mutex::new(Instant::now()) }
    }

    async fn wait(&self) {
        if let Some(gap) = self.gap {
            let mut next = self.next.lock().await;
            tokio::time::sleep_until(*next).await;
            *next = Instant::now() + gap;
        }
    }
}

/// Asks the gateways what stands in the way of the lines, as each is asked before its refund, and writes nothing.
/// `asked` is told of each line. Returns the lines that would fail, and why.
///
/// # Errors
/// Where a gateway cannot be reached or refuses to answer, or no session can be opened.
pub async fn look(
    database: &Database,
    gateways: &BTreeMap<String, Box<dyn Gateway>>,
    planned: &[Planned],
    pace: &Pace,
    asked: impl Fn(),
) -> Result<Vec<(u64, Error)>> {
    let queue = Mutex::new(planned.iter().collect::<VecDeque<_>>());
    let (wrong, turns) = (Mutex::new(Vec::new()), Turns::at(pace));
    let mut desks = Vec::new();
    for _ in 0..pace.parallel.min(planned.len()) {
        desks.push(Desk::reading(database).await?);
    }
    let worker = async |mut desk: Desk| -> Result<()> {
        loop {
            let line = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(line) = line else { return Ok(()) };
            asked();
            let Some((gateway, terms)) = gateways.get(&line.request.gateway).zip(line.terms.as_ref()) else { continue };
            turns.wait().await;
            let why = match gateway.refunds_of(terms.gateway_payment.as_deref().unwrap_or_default()).await {
                Ok(found) => super::run::hindrance(&mut desk, &**gateway, &line.request.payment, &found)
                    .await?
                    .map(|hindrance| hindrance.error("nothing was changed")),
                // What it does not answer about one payment ends that line only.
                Err(e) if e.kind == Kind::Incomplete => Some(e),
                Err(e) => return Err(e.context("not every line could be asked about; nothing was changed")),
            };
            wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(why.map(|why| (line.line, why)));
        }
    };
    futures_util::future::try_join_all(desks.into_iter().map(worker)).await?;
    let mut wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    wrong.sort_by_key(|(line, _)| *line);
    Ok(wrong)
}

/// What is wrong with lines that are right one by one: the same refund twice, or more of a payment
/// than is left. Returns the line and why.
pub fn clashes(planned: &[Planned]) -> Vec<(u64, String)> {
    let mut seen: HashMap<(&str, i64), u64> = HashMap::new();
    let mut left: HashMap<&str, i64> = HashMap::new();
    let mut wrong = Vec::new();
    for line in planned {
        let payment = line.request.payment.as_str();
        let Some(terms) = &line.terms else { continue };
        if let Some(first) = seen.insert((payment, line.amount), line.line) {
            wrong.push((line.line, format!("it asks for the same refund as line {first}")));
            continue;
        }
        let remaining = terms.paid.unwrap_or_default() - terms.refunded_before.unwrap_or_default();
        let left = left.entry(payment).or_insert(remaining);
        *left = left.saturating_sub(line.amount);
        if *left < 0 {
            wrong
                .push((line.line, "with the lines before it, it asks for more than is left of the payment".to_owned()));
        }
    }
    wrong
}

/// Runs the lines, those of one payment one after the other, and sends what came of each. Returns
/// whether all of them were begun.
///
/// # Errors
/// Where no session can be opened.
pub async fn run(
    database: &Database,
    permit: &WritePermit,
    actor: &Actor,
    gateways: &BTreeMap<String, Box<dyn Gateway>>,
    planned: Vec<Planned>,
    pace: &Pace,
    done: mpsc::Sender<Done>,
) -> Result<bool> {
    let mut of_payment: HashMap<String, usize> = HashMap::new();
    let mut groups: VecDeque<Vec<Planned>> = VecDeque::new();
    for line in planned {
        let at = *of_payment.entry(line.request.payment.clone()).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(line),
            None => groups.push_back(vec![line]),
        }
    }
    let queue = Arc::new(Mutex::new(groups));
    let stop = AtomicBool::new(false);
    let failures = std::sync::atomic::AtomicU64::new(0);
    let turns = Turns::at(pace);
    let mut desks = Vec::new();
    for _ in 0..pace.parallel {
        desks.push(Desk::open(database, permit, actor).await?);
    }
    let worker = async |mut desk: Desk| {
        loop {
            let group = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(group) = group else { return };
            for line in group {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                turns.wait().await;
                let outcome = one(&mut desk, gateways, &line).await;
                let lost = outcome.as_ref().is_err_and(|e| e.kind == Kind::Connection);
                let request = line.request;
                let came = Done {
                    line: line.line,
                    payment: request.payment,
                    amount: line.amount,
                    currency: line.currency,
                    outcome,
                };
                let failed = came.failed();
                // Nobody listens any more where the command was given up.
                let unheard = done.send(came).await.is_err();
                let too_many =
                    failed && pace.max_failures.is_some_and(|max| failures.fetch_add(1, Ordering::Relaxed) + 1 >= max);
                if unheard || lost || too_many {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    };
    futures_util::future::join_all(desks.into_iter().map(worker)).await;
    Ok(!stop.load(Ordering::Relaxed))
}

async fn one(desk: &mut Desk, gateways: &BTreeMap<String, Box<dyn Gateway>>, line: &Planned) -> Result<(Refund, bool)> {
    let asked = gateways.get(&line.request.gateway).zip(line.terms.as_ref());
    if let Some((gateway, terms)) = asked {
        let ids = terms.gateway_payment.as_deref().unwrap_or_default();
        let found = gateway.refunds_of(ids).await.map_err(|mut e| {
            // What the gateway does not answer about one payment ends that line, and not the batch.
            if e.kind == Kind::Connection {
                e.kind = Kind::Incomplete;
            }
            e.context("nothing was changed")
        })?;
        if let Some(hindrance) = super::run::hindrance(desk, &**gateway, &line.request.payment, &found).await? {
            return Err(hindrance.error("nothing was changed"));
        }
    }
    let requested = desk.request(&line.request).await;
    if let (Err(error), Some(amount)) = (&requested, line.request.amount)
        && error.kind == Kind::Conflict
    {
        // Another process asked for the same part since the file was checked.
        let payment = &line.request.payment;
        let said = desk.read(async |c| match super::underway(c, payment, amount).await? {
            Some(there) => doubled(c, &there).await.map(Some),
            None => Ok(None),
        });
        if let Some(doubled) = said.await? {
            return Err(doubled);
        }
    }
    let (refund, existing) = requested?;
    if refund.state.is_final() || refund.gateway == RECORD_ONLY || refund.state == State::AwaitingApproval {
        return Ok((refund, existing));
    }
    // The same file again also finishes what it had begun.
    let Some(gateway) = gateways.get(&refund.gateway) else { return Ok((refund, existing)) };
    let carried = match asked {
        Some(_) if !existing => super::submit_new(desk, &**gateway, &refund).await?,
        _ => super::carry_out(desk, &**gateway, &refund).await?,
    };
    match carried {
        Carried::As(refund) => Ok((refund, existing)),
        Carried::Elsewhere(holder) => {
            Err(Error::new(Kind::Conflict, format!("refund {} is not done yet: {holder}", refund.id)))
        }
        Carried::Withdrawn(refund, hindrance) => Err(hindrance.error(&format!("refund {} is canceled", refund.id))),
        Carried::NotAsked(refund, why) => {
            Err(Error::new(Kind::Incomplete, format!("{} could not be asked: {why}", refund.gateway)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_file_is_read_with_its_line_numbers_and_what_is_wrong_is_said_with_them() {
        let lines = read(
            "f.csv",
            b"\xef\xbb\xbfpayment,amount,reason,note\r\npi_1, 5.00 ,,\"two\r\nlines\"\r\npi_2,,other,\r\n",
        )
        .expect("lines");
        assert_eq!(
            lines.iter().map(|l| (l.number, l.payment.as_str())).collect::<Vec<_>>(),
            [(2, "pi_1"), (4, "pi_2")]
        );
        assert_eq!(lines[0].amount.as_deref(), Some("5.00"));
        assert_eq!(lines[1].amount, None);
        for (text, why) in [
            ("amount\n1", "f.csv:1: the column payment is missing"),
            ("payment,sum\npi_1,1", "f.csv:1: there is no column 'sum'"),
            ("payment,amount\npi_1\n", "f.csv:2: this is no CSV"),
        ] {
            let error = read("f.csv", text.as_bytes()).expect_err(text).message();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
