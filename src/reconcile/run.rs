//! A run: the gateway's side first, with no transaction open, then ours in one snapshot, then the merge of both.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::judge::{Group, Judged, Outside, Terms};
use super::model::{Balance, Movement, MovementKind, Range, Source};
use super::object::{Object, ObjectKind, Verdict, with_moment};
use super::options::Options;
use super::ours::{self, OurPayment, Ours};
use super::report::Report;
use super::sort::{Sorter, Spool};
use super::totals::{Sums, Totals};
use crate::db::Tx;
use crate::error::Result;
use crate::money;
use crate::packs::Pack;
use crate::text::{counted, moment};

/// The margin around the range that the gateway is asked for, at least and at most: two clocks are compared, and a customer may pay
/// days after the payment was begun.
const MARGIN: (TimeDelta, TimeDelta) = (TimeDelta::days(1), LONGEST_GRACE);

/// The longest age below which a difference may be called a matter of timing: no gateway takes longer to tell.
pub const LONGEST_GRACE: TimeDelta = TimeDelta::days(30);

/// The ranks of the rows of a payment.
const PAYMENT: u8 = 0;
const REFUND: u8 = 1;
const UNITS: u8 = 2;
const MOVEMENT: u8 = 3;

/// An event of a run.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// So many objects of the gateway were read.
    Theirs(u64),
    /// So many rows of ours were read.
    Ours(u64),
    /// So many payments were compared.
    Compared(u64),
}

/// The gateway's side, as it was read.
pub struct Theirs {
    gateways: Vec<String>,
    tells: Vec<&'static [MovementKind]>,
    movements: Spool<(usize, Movement)>,
    links: Sorter,
    sums: Sums,
    balances: Vec<(String, Balance)>,
    missing: Vec<String>,
    payouts: Payout,
    /// The times of the first and the last object.
    ends: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The same with everything that is outside of what was asked for: the time of a balance.
    whole: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What a payout carried, by currency, beside what it was.
#[derive(Debug, Default)]
struct Payout {
    carried: BTreeMap<String, i128>,
    paid: BTreeMap<String, i128>,
}

fn read_of(range: Range, options: &Options) -> Range {
    let margin = options.grace.clamp(MARGIN.0, MARGIN.1);
    Range { since: range.since - margin, until: range.until + margin }
}

/// The key under which a gateway's id of a payment is sorted.
fn id_key(gateway: &str, id: &str) -> String {
    format!("id {gateway} {id}")
}

/// Reads the gateway's side.
///
/// # Errors
/// If a source cannot be read, or a temporary file not written.
pub async fn read_theirs(
    sources: &mut [Box<dyn Source>],
    options: &Options,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<Theirs> {
    let mut theirs = Theirs {
        gateways: sources.iter().map(|s| s.gateway().to_owned()).collect(),
        tells: sources.iter().map(|s| s.tells()).collect(),
        movements: Spool::new()?,
        links: Sorter::default(),
        sums: Sums::default(),
        balances: Vec::new(),
        missing: Vec::new(),
        payouts: Payout::default(),
        ends: None,
        whole: None,
    };
    let range = options.range;
    let mut number = 0_u64;
    for (index, source) in sources.iter_mut().enumerate() {
        let gateway = source.gateway();
        let Theirs { movements, links, sums, payouts, ends, .. } = &mut theirs;
        let payout = options.payout.as_ref();
        let mut sink = |movement: Movement| -> Result<()> {
            let at = movement.created;
            *ends = with_moment(*ends, at);
            let is_in = range.holds(movement.created);
            match payout {
                None => sums.add(gateway, &movement, is_in),
                Some(id) if movement.id == *id || movement.payout.as_ref() == Some(id) => {
                    sums.add(gateway, &movement, true);
                    payouts.add(&movement);
                }
                Some(_) => {}
            }
            for id in &movement.payment_ids {
                links.push(id_key(gateway, id), 1, &(number, 0))?;
            }
            if let Some(refund) = &movement.refund {
                links.push(format!("refund {refund}"), 1, &(number, 1))?;
            }
            links.push(format!("ref {}", movement.id), 1, &(number, 2))?;
            movements.push(&(index, movement))?;
            number += 1;
            tell(Event::Theirs(number));
            Ok(())
        };
        let end = source.read(read_of(range, options), &mut sink).await?;
        theirs.balances.extend(end.balances.into_iter().map(|balance| (gateway.to_owned(), balance)));
        theirs.missing.extend(end.missing);
        let whole = end.whole.into_iter().flat_map(|(first, last)| [first, last]);
        theirs.whole = whole.fold(theirs.whole, with_moment);
    }
    theirs.movements.finish()?;
    Ok(theirs)
}

impl Payout {
    fn add(&mut self, movement: &Movement) {
        let (net, currency) = match &movement.settled {
            Some(settled) => (settled.net, &settled.currency),
            None => (movement.amount, &movement.currency),
        };
        let side = if movement.kind == MovementKind::Payout { &mut self.paid } else { &mut self.carried };
        *side.entry(currency.clone()).or_default() += i128::from(net);
    }
}

/// Compares the gateway's side with ours, in the snapshot of the transaction. `hidden` are the tables of which row
/// security may keep rows from this role.
///
/// # Errors
/// If our side cannot be read, or a temporary file not be used.
pub async fn compare(
    tx: &mut Tx,
    pack: &Pack,
    theirs: Theirs,
    hidden: &[String],
    options: &Options,
    tell: &mut dyn FnMut(Event),
) -> Result<Report> {
    let Theirs { gateways, tells, movements, mut links, sums, balances, mut missing, payouts, ends, whole } = theirs;
    let file = (options.is_export && options.payout.is_none()).then(|| covered(options.range.since, ends));
    if !hidden.is_empty() {
        missing.push(format!("row level security may hide rows of {} from this role", hidden.join(", ")));
    }
    let mut by_payment = Sorter::default();
    let mut not_asked: BTreeMap<String, u64> = BTreeMap::new();
    let (mut rows, mut undated) = (0_u64, 0_u64);
    let in_range = |at: Option<DateTime<Utc>>| at.is_some_and(|at| options.range.holds(at));
    ours::read(tx, pack, &mut |row| {
        rows += 1;
        tell(Event::Ours(rows));
        match row {
            Ours::Payment(payment) if !gateways.contains(&payment.provider) => {
                if payment.refundable && in_range(payment.created) {
                    *not_asked.entry(payment.provider).or_default() += 1;
                }
                Ok(())
            }
            Ours::Payment(payment) => {
                undated += u64::from(payment.created.is_none() && payment.refundable);
                for id in &payment.ids {
                    links.push(id_key(&payment.provider, id), 0, &payment.id)?;
                }
                by_payment.push(payment.id.clone(), PAYMENT, &payment)
            }
            Ours::Refund(refund) => {
                let payment = refund.payment.to_string();
                links.push(format!("refund {}", refund.id), 0, &payment)?;
                if let Some(reference) = &refund.gateway_ref {
                    links.push(format!("ref {reference}"), 0, &payment)?;
                }
                by_payment.push(payment, REFUND, &refund)
            }
            Ours::Units(payment, unit, net) => by_payment.push(payment, UNITS, &(unit, net)),
        }
    })
    .await?;
    missing.extend(not_asked_of(&not_asked, options));
    if undated > 0 {
        missing.push(format!("not compared: {} without a time", counted(undated, "payment")));
    }
    let mut report = Report::new(pack, &gateways, options, file)?;
    link(&gateways, &movements, links, &mut by_payment, &mut report, options)?;
    let outside = merge(terms(pack, &gateways, &tells, options, file), by_payment, &mut report, options, tell)?;
    missing.extend(not_covered(outside, ends, options));
    missing.extend(not_placed(outside));
    let (totals, seen) = sums.finish(&balances);
    report.seen = seen;
    let whole = whole.or(ends);
    report.of_balances = file.map(|_| covered(options.range.since, whole));
    equations(&totals, &payouts, whole, &mut report, options)?;
    report.totals = totals;
    report.incomplete.extend(missing);
    report.finish()?;
    Ok(report)
}

/// The time that a file covers: from its first object to its last one.
fn covered(since: DateTime<Utc>, ends: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Range {
    match ends {
        Some((first, last)) => Range { since: first, until: last + TimeDelta::seconds(1) },
        None => Range { since, until: since },
    }
}

/// The reason for what happened here at a time that the file does not cover.
fn not_covered(outside: Outside, ends: Option<(DateTime<Utc>, DateTime<Utc>)>, options: &Options) -> Option<String> {
    let Outside { payments, refunds, late, .. } = outside;
    let what = match (payments, refunds) {
        (0, 0) => return None,
        (payments, 0) => counted(payments, "payment"),
        (0, refunds) => counted(refunds, "refund"),
        (payments, refunds) => format!("{} and {}", counted(payments, "payment"), counted(refunds, "refund")),
    };
    let Some((first, last)) = ends else {
        return Some(format!("{what} not compared: the file holds nothing of the range"));
    };
    let asked = options.range;
    let end = last + TimeDelta::seconds(1);
    let covered_until = if late > 0 { end - (read_of(asked, options).until - asked.until) } else { end };
    let (since, until) = (asked.since.max(first), asked.until.min(covered_until));
    let less = match since < until {
        true => format!("Export the whole range, or compare less: --since {} --until {}", moment(since), moment(until)),
        false => "Export the whole range".to_owned(),
    };
    let why = match late {
        0 => String::new(),
        late => format!(" (of {} the customer may pay after it)", counted(late, "payment")),
    };
    Some(format!("{what} not compared: the file covers {} to {} only{why}. {less}", moment(first), moment(last)))
}

/// The reasons for refunds that are not at the gateway in the range, and whose object may be of another time.
fn not_placed(outside: Outside) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(since) = outside.since {
        let older = counted(outside.older, "refund");
        let since = moment(since);
        reasons.push(format!(
            "{older} not compared: brought in, and maybe older than the range. Begin earlier: --since {since}"
        ));
    }
    if outside.changed > 0 {
        let changed = counted(outside.changed, "refund");
        reasons.push(format!(
            "{changed} not compared: maybe made after the range. Compare up to the present: leave out --until"
        ));
    }
    reasons
}

/// The reason for each gateway that was not asked, where none was named.
fn not_asked_of(not_asked: &BTreeMap<String, u64>, options: &Options) -> Vec<String> {
    if options.only.is_some() || options.payout.is_some() {
        return Vec::new();
    }
    let reason = |(gateway, number): (&String, &u64)| {
        let which = if gateway.is_empty() { "no gateway".to_owned() } else { format!("the gateway {gateway}") };
        format!(
            "not compared: {} of {which}, which was not asked; --gateway NAME leaves them out",
            counted(*number, "payment")
        )
    };
    not_asked.iter().map(reason).collect()
}

/// Finds our payment for each movement.
fn link(
    gateways: &[String],
    movements: &Spool<(usize, Movement)>,
    links: Sorter,
    by_payment: &mut Sorter,
    report: &mut Report,
    options: &Options,
) -> Result<()> {
    let mut links = links.finish()?;
    // By the number of the movement, and of several ways to a payment the best one.
    let mut found = Sorter::default();
    while let Some(key) = links.key().map(str::to_owned) {
        let mut payment: Option<String> = None;
        while let Some((rank, value)) = links.next_of(&key)? {
            if rank == 0 {
                let other: String = value.get()?;
                payment = Some(payment.map_or(other.clone(), |first| first.min(other)));
            } else if let Some(payment) = &payment {
                let (number, way): (u64, u8) = value.get()?;
                found.push(format!("{number:020}"), way, payment)?;
            }
        }
    }
    let mut found = found.finish()?;
    for (number, row) in movements.iter().enumerate() {
        let (index, movement) = row?;
        let key = format!("{number:020}");
        let mut payment: Option<String> = None;
        while let Some((_, value)) = found.next_of(&key)? {
            payment = payment.map_or_else(|| value.get().map(Some), |first| Ok(Some(first)))?;
        }
        match payment {
            _ if movement.kind.object().is_none() => {}
            Some(payment) => by_payment.push(payment, MOVEMENT, &(index, movement))?,
            None => {
                let carried = options.payout.is_none() || movement.payout == options.payout;
                if carried && options.range.holds(movement.created) {
                    report
                        .unrelated
                        .entry((gateways[index].clone(), movement.currency))
                        .or_default()
                        .add(movement.amount);
                }
            }
        }
    }
    Ok(())
}

/// What is the same for every payment, of each gateway.
fn terms(
    pack: &Pack,
    gateways: &[String],
    tells: &[&'static [MovementKind]],
    options: &Options,
    file: Option<Range>,
) -> Vec<Terms> {
    let of = |(gateway, tells): (&String, &&'static [MovementKind])| Terms {
        gateway: gateway.clone(),
        range: options.range,
        read: read_of(options.range, options),
        file,
        now: options.now,
        grace: options.grace,
        payout: options.payout.clone(),
        ledger: pack.ledger.is_some(),
        tells,
    };
    gateways.iter().zip(tells).map(of).collect()
}

/// Judges payment after payment, and counts what the file does not cover.
fn merge(
    terms: Vec<Terms>,
    by_payment: Sorter,
    report: &mut Report,
    options: &Options,
    tell: &mut dyn FnMut(Event),
) -> Result<Outside> {
    let mut uncompared: BTreeMap<&'static str, u64> = BTreeMap::new();
    let (mut compared, mut beyond) = (0_u64, Outside::default());
    let mut rows = by_payment.finish()?;
    while let Some(key) = rows.key().map(str::to_owned) {
        let mut group = Group::default();
        let mut of: BTreeMap<usize, Vec<Movement>> = BTreeMap::new();
        while let Some((rank, value)) = rows.next_of(&key)? {
            match rank {
                PAYMENT => group.payment = Some(value.get::<OurPayment>()?),
                REFUND => group.refunds.push(value.get()?),
                UNITS => {
                    let (unit, net): (String, String) = value.get()?;
                    group.units.insert(unit, net);
                }
                _ => {
                    let (index, movement): (usize, Movement) = value.get()?;
                    of.entry(index).or_default().push(movement);
                }
            }
        }
        for (index, terms) in terms.iter().enumerate() {
            group.movements = of.remove(&index).unwrap_or_default();
            let Judged { objects, uncompared: reasons, outside, recorded } = terms.judge(&mut group);
            beyond.add(outside);
            objects.into_iter().try_for_each(|object| report.push(object, options))?;
            for reason in reasons {
                *uncompared.entry(reason).or_default() += 1;
            }
            for (currency, amount) in recorded {
                report.recorded.entry(currency).or_default().add(amount);
            }
        }
        compared += 1;
        tell(Event::Compared(compared));
    }
    report.incomplete.extend(uncompared.into_iter().map(|(reason, number)| format!("not compared: {number} {reason}")));
    Ok(beyond)
}

/// A balance or a payout that does not follow from its movements is a difference. `whole` are the times of the first and the
/// last of them.
fn equations(
    totals: &[Totals],
    payouts: &Payout,
    whole: Option<(DateTime<Utc>, DateTime<Utc>)>,
    report: &mut Report,
    options: &Options,
) -> Result<()> {
    let (first, last) = whole.unwrap_or((options.range.since, options.range.until));
    let object = |gateway: &str, kind, id: &str, here: i128, there: i128, currency: &str, cause: &str| Object {
        verdict: Verdict::AmountDiffers,
        gateway: gateway.to_owned(),
        kind,
        object: id.to_owned(),
        payment: None,
        account: None,
        refund: None,
        here: Some(amount(here, currency)),
        there: Some(amount(there, currency)),
        at: Some(last),
        cause: cause.to_owned(),
        remedy: None,
        fingerprint: String::new(),
        accepted: None,
        is_pending: false,
        currency: currency.to_owned(),
        span: None,
    };
    if let Some(id) = &options.payout {
        let gateway = report.gateways.first().cloned().unwrap_or_default();
        for (currency, paid) in &payouts.paid {
            let carried = payouts.carried.get(currency).copied().unwrap_or_default();
            if carried != -paid {
                let cause =
                    "The source does not hold everything that the payout carried: begin earlier with --since DATE.";
                report.push(
                    object(&gateway, ObjectKind::Payout, id, carried, -paid, currency, cause).sealed(),
                    options,
                )?;
            }
        }
        if payouts.paid.is_empty() {
            report.incomplete.push(format!(
                "the payout {id} itself is not in what was read: widen the range with --since and --until"
            ));
        }
        return Ok(());
    }
    for total in totals {
        if let Some(balance) = total.balance.as_ref().filter(|b| b.difference != 0) {
            let cause = "The source left movements out, or counts some twice.";
            let id = &total.currency;
            let due = balance.closing - balance.difference;
            let found = object(&total.gateway, ObjectKind::Balance, id, due, balance.closing, id, cause);
            report.push(found.sealed().spanning([first, last]), options)?;
        }
    }
    Ok(())
}

/// An amount of minor units for people, however large.
pub(super) fn amount(minor: i128, currency: &str) -> String {
    i64::try_from(minor).map_or_else(|_| format!("{minor} minor units {currency}"), |m| money::format(m, currency))
}
