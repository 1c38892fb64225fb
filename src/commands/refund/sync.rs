//! `bursar refund sync`: imports refunds and lost disputes that were made at the gateway.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::args::RefundSync;
use super::carry::{found, of_provider, opened};
use super::{Context, Done, Outcome};
use crate::commands::{now, var};
use crate::db::Database;
use crate::error::{Error, Kind, Result};
use crate::ids::PaymentId;
use crate::money;
use crate::output::{Column, Format, Page, Table, View};
use crate::packs::Pack;
use crate::payments::{self, Payment};
use crate::refund::gateway::{self, Gateway, Odd, acknowledgement, guard};
use crate::refund::{
    self, Brought, Compared, Listing, Objects, RECORD_ONLY, RefundSession, SyncOutcome as Came, Would,
};
use crate::text::{counted, escape, short};

/// A payment or a gateway that was not compared.
#[derive(serde::Serialize)]
struct NotAsked {
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<String>,
    /// The gateway's id of what is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    gateway: String,
    why: String,
}

/// The result of the comparison.
#[derive(Default)]
struct Found {
    brought: Vec<Brought>,
    failed: Vec<NotAsked>,
    /// Objects of the gateways that belong to no payment here.
    strangers: u64,
    /// The commands that answer for what does not fit.
    answers: BTreeSet<String>,
    /// The gateways' objects that somebody answers for, by gateway and id.
    acknowledged: HashSet<(String, String)>,
    /// The tables of which row security may hide rows from this role: a payment that is here may not have been found.
    hidden: Vec<String>,
}

/// The payments to ask about.
enum Work {
    /// One of them.
    One(Box<Payment>),
    /// Those of the objects since a time.
    Since(DateTime<Utc>),
}

pub(super) async fn run(context: &Context, args: RefundSync) -> Outcome {
    let now = now();
    let since = args.since.map_or(now - TimeDelta::days(i64::from(args.days)), |since| since.at(now));
    if since >= now {
        return Err(Error::usage("--since is not before now, so nothing could be compared"));
    }
    let database = context.database().await?;
    let gateways = match &args.gateway {
        Some(name) => vec![gateway::by_name(name, &var, None)?],
        None => gateway::configured(&var)?,
    };
    if gateways.is_empty() {
        return Err(Error::refused("no gateway is configured").hint(gateway::needs("")));
    }
    let protection = database.protection().await?;
    for gateway in &gateways {
        guard(&**gateway, protection.is_protected(), database.target().database())?;
    }
    let (pack, work, failed, hidden) = work(context, &database, &args, since, &gateways).await?;
    let what = match &work {
        Work::One(_) => "Import the gateway's refunds and lost disputes of 1 payment".to_owned(),
        Work::Since(since) => {
            format!("Import the refunds and lost disputes of the gateways since {} UTC", since.format("%Y-%m-%d %H:%M"))
        }
    };
    let permit = match args.dry_run {
        true => None,
        false => Some(context.confirm(&database, protection, &what).await?),
    };
    // A dry run works in a session that cannot write.
    let mut session = match &permit {
        Some(permit) => RefundSession::open(&database, permit, &context.actor()).await?,
        None => RefundSession::reading(&database).await?,
    };
    let acknowledged = session.read(async |c| refund::acknowledged(c).await).await?;
    let acknowledged = acknowledged.into_iter().map(|a| (a.gateway, a.object)).collect();
    let mut found = Found { failed, acknowledged, hidden, ..Found::default() };
    for gateway in gateways.iter().map(|gateway| &**gateway) {
        match &work {
            Work::One(payment) if payment.provider.as_deref() == Some(gateway.name()) => {
                let mut would = permit.is_none().then(Would::default);
                let brought = refund::bring_in(&mut session, gateway, compared(payment), would.as_mut()).await;
                found.add(brought, Some(&payment.payment), gateway)?;
            }
            Work::One(_) => {}
            Work::Since(since) => {
                let would = permit.is_none().then(HashMap::new);
                let mut range = Range { since: *since, now, pack: &pack, would };
                range.compare(context, &mut session, gateway, &mut found).await?;
            }
        }
    }
    report(context, &pack, args.output.format, &found)
}

/// The payments to ask about, those that nobody can be asked about, and the tables of which rows may be hidden.
async fn work(
    context: &Context,
    database: &Database,
    args: &RefundSync,
    since: DateTime<Utc>,
    gateways: &[Box<dyn Gateway>],
) -> Result<(Pack, Work, Vec<NotAsked>, Vec<String>)> {
    let (mut tx, pack) = opened(context, database).await?;
    let is_asked = |name: &str| gateways.iter().any(|gateway| gateway.name() == name);
    let mut failed = Vec::new();
    let (work, hidden) = match &args.payment {
        Some(text) => {
            let found = found(context, &mut tx, &pack, text).await?;
            if !args.dry_run {
                context.wants_whole(text, "payment", found.payment.payment.as_str(), found.by_whole_id())?;
            }
            let payment = found.payment;
            let provider = payment.provider.clone().unwrap_or_else(|| "no known gateway".to_owned());
            if !is_asked(&provider) {
                let why = format!("it came through {provider}, which is not configured");
                let payment = Some(payment.payment.to_string());
                failed.push(NotAsked { payment, object: None, gateway: provider, why });
            }
            // A payment that was found is compared whole.
            (Work::One(Box::new(payment)), Vec::new())
        }
        None => {
            let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
            for (provider, payments) in payments::by_provider(&mut tx, &pack).await? {
                let Some(name) = provider.filter(|name| !is_asked(name)) else { continue };
                let what = counted(payments, "payment");
                let is_known = gateway::known().contains(&&*name) && name != RECORD_ONLY;
                if is_known && args.gateway.is_none() {
                    failed.push(NotAsked {
                        payment: None,
                        object: None,
                        why: format!("{what} came through it, and it is not configured"),
                        gateway: name,
                    });
                } else if !is_known {
                    // Nothing could configure it.
                    context.ui.note(&format!("not checked: {what} that came through {}", escape(&name)));
                }
            }
            (Work::Since(since), hidden)
        }
    };
    tx.rollback().await?;
    Ok((pack, work, failed, hidden))
}

impl Found {
    /// Keeps what was brought in, and what could not be asked. Whatever the database says ends the run.
    fn add(&mut self, brought: Result<Vec<Brought>>, payment: Option<&PaymentId>, gateway: &dyn Gateway) -> Result<()> {
        match brought {
            Ok(more) => {
                for mut brought in more {
                    if matches!(brought.outcome, Came::Conflict | Came::Missing) {
                        if self.is_acknowledged(gateway, &brought.gateway_ref) {
                            brought.outcome = Came::Acknowledged;
                        } else if brought.outcome == Came::Conflict && brought.remedy.is_none() {
                            self.answers.insert(acknowledgement(gateway.name(), &brought.gateway_ref));
                        }
                    }
                    self.brought.push(brought);
                }
            }
            Err(error) if error.sqlstate.is_some() => return Err(error),
            Err(error) => {
                let payment = payment.map(ToString::to_string);
                let (gateway, why) = (gateway.name().to_owned(), error.in_a_line());
                self.failed.push(NotAsked { payment, object: None, gateway, why });
            }
        }
        Ok(())
    }

    /// Keeps what is not understood.
    fn add_odd(&mut self, odd: Odd, payment: Option<&PaymentId>, gateway: &dyn Gateway) {
        if self.is_acknowledged(gateway, &odd.id) {
            return;
        }
        self.answers.insert(acknowledgement(gateway.name(), &odd.id));
        let payment = payment.map(ToString::to_string);
        self.failed.push(NotAsked { payment, object: Some(odd.id), gateway: gateway.name().to_owned(), why: odd.why });
    }

    fn is_acknowledged(&self, gateway: &dyn Gateway, object: &str) -> bool {
        self.acknowledged.contains(&(gateway.name().to_owned(), object.to_owned()))
    }
}

pub(super) fn compared(payment: &Payment) -> Compared<'_> {
    Compared { payment: &payment.payment, ids: &payment.provider_ids, currency: payment.amount.currency.as_deref() }
}

/// A range of time of a gateway's objects.
struct Range<'a> {
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    pack: &'a Pack,
    /// The objects of each payment that would have been brought in so far, if nothing is written.
    would: Option<HashMap<PaymentId, Would>>,
}

impl Range<'_> {
    /// Compares what the gateway has of the range with what is here, and then what is here with what it has.
    async fn compare(
        &mut self,
        context: &Context,
        session: &mut RefundSession,
        gateway: &dyn Gateway,
        found: &mut Found,
    ) -> Result<()> {
        let mut progress = context.ui.progress(&format!("objects of {}", gateway.name()), None);
        let mut listing = Listing::new(gateway, self.since, self.now);
        let (mut seen, mut objects) = (HashSet::new(), 0);
        loop {
            let some = match listing.next().await {
                Ok(Some(some)) => some,
                Ok(None) => break,
                Err(error) => return found.add(Err(error), None, gateway),
            };
            for refund in &some.refunds {
                seen.insert(refund.id.clone());
                seen.extend(refund.refund.map(|id| id.to_string()));
            }
            for odd in &some.odd {
                seen.insert(odd.id.clone());
                seen.extend(odd.refund.map(|id| id.to_string()));
            }
            objects += some.refunds.len() + some.disputes.len() + some.odd.len();
            progress.set(objects as u64);
            self.bring_in(session, gateway, some, found).await?;
        }
        for ours in refund::unlisted_since(session, gateway, self.since, &seen).await? {
            let missing = refund::missing(session, gateway, &ours).await;
            let is_down = missing.as_ref().is_err_and(|error| error.kind == Kind::Connection);
            found.add(missing.map(|missing| missing.into_iter().collect()), Some(&ours.payment), gateway)?;
            if is_down {
                break;
            }
        }
        Ok(())
    }

    /// Brings in some of the gateway's objects, each with its payment.
    async fn bring_in(
        &mut self,
        session: &mut RefundSession,
        gateway: &dyn Gateway,
        objects: Objects,
        found: &mut Found,
    ) -> Result<()> {
        let of_refunds = objects.refunds.iter().flat_map(|r| &r.payment);
        let of_disputes = objects.disputes.iter().flat_map(|d| &d.payment);
        let ids: BTreeSet<&String> =
            of_refunds.chain(of_disputes).chain(objects.odd.iter().flat_map(|o| &o.payment)).collect();
        let ids: Vec<String> = ids.into_iter().cloned().collect();
        let (payments, _) = of_provider(session, self.pack, gateway.name(), &ids).await?;
        let by_id: HashMap<&str, usize> = payments
            .iter()
            .enumerate()
            .flat_map(|(n, payment)| payment.provider_ids.iter().map(move |id| (id.as_str(), n)))
            .collect();
        let of = |ids: &[String]| ids.iter().find_map(|id| by_id.get(id.as_str()).copied());
        let mut each: BTreeMap<usize, Objects> = BTreeMap::new();
        for refund in objects.refunds {
            match of(&refund.payment) {
                Some(n) => each.entry(n).or_default().refunds.push(refund),
                None => found.strangers += 1,
            }
        }
        for dispute in objects.disputes {
            match of(&dispute.payment) {
                Some(n) => each.entry(n).or_default().disputes.push(dispute),
                None => found.strangers += 1,
            }
        }
        for odd in objects.odd {
            match of(&odd.payment) {
                // What names a payment that is not here is another application's.
                None if !odd.payment.is_empty() => found.strangers += 1,
                n => found.add_odd(odd, n.and_then(|n| payments.get(n)).map(|p| &p.payment), gateway),
            }
        }
        for (n, objects) in each {
            let Some(payment) = payments.get(n) else { continue };
            let would = self.would.as_mut().map(|would| would.entry(payment.payment.clone()).or_default());
            let brought = refund::bring_in_objects(session, gateway, compared(payment), &objects, would).await;
            found.add(brought, Some(&payment.payment), gateway)?;
        }
        Ok(())
    }
}

/// The number of each outcome.
fn tally(brought: &[Brought], of: &[Came]) -> usize {
    brought.iter().filter(|b| of.contains(&b.outcome)).count()
}

fn report(context: &Context, pack: &Pack, format: Format, found: &Found) -> Outcome {
    let Found { brought, failed, strangers, answers, hidden, .. } = found;
    let complete = failed.is_empty() && hidden.is_empty() && tally(brought, &[Came::Conflict]) == 0;
    let view = View::new("refund sync")
        .field("app", &pack.name)
        .field("may_hide", hidden)
        .field("complete", complete)
        .field("found", brought)
        .field("of_no_payment", strangers)
        .field("not_asked", failed)
        .page(|| page(context, format, brought, *strangers));
    context.ui.emit(format, view)?;
    if format == Format::Table {
        for NotAsked { payment, object, gateway, why } in failed {
            let of = payment.as_ref().map(|payment| format!(" of payment {payment}")).unwrap_or_default();
            context.ui.warn(&match (object, payment) {
                (Some(object), _) => format!("{gateway} has {object}{of}, which bursar does not understand: {why}"),
                (None, Some(payment)) => format!("payment {payment} was not compared with {gateway}: {why}"),
                (None, None) => format!("{gateway} was not asked, or not about everything: {why}"),
            });
        }
    }
    if !hidden.is_empty() && *strangers > 0 {
        context.ui.note(&format!(
            "whether {} of no payment here is of a hidden one is not known; run it as a role that sees every payment",
            counted(strangers, "object")
        ));
    }
    let remedies: BTreeSet<&String> =
        brought.iter().filter(|b| b.outcome == Came::Conflict).filter_map(|b| b.remedy.as_ref()).collect();
    for remedy in remedies {
        context.ui.note(&format!("a refund that awaits approval is in the way; first: {remedy}"));
    }
    for answer in answers {
        context.ui.note(&format!("look at it at the gateway; where it never will fit: {answer}"));
    }
    let missing: Vec<&Brought> = brought.iter().filter(|b| b.outcome == Came::Missing).collect();
    for missing in &missing {
        let (why, remedy) = (missing.why.as_deref().unwrap_or_default(), missing.remedy.as_deref().unwrap_or_default());
        context.ui.warn(&format!("{why}; look there, and then: {remedy}"));
    }
    Ok(match (missing.is_empty(), complete) {
        (false, _) => Done::Findings,
        (true, true) => Done::Clean,
        (true, false) => Done::Incomplete,
    })
}

fn page(context: &Context, format: Format, brought: &[Brought], strangers: u64) -> Page {
    let columns = [
        Column::new("").rank(0),
        Column::new("payment").rank(3),
        Column::new("what").rank(4),
        Column::number("amount").rank(2),
        Column::new("gateway's id").rank(1),
    ];
    // Where the lines are short, the reason is a line of its own.
    let noted = format == Format::Table && context.ui.columns().is_some_and(|columns| columns < 100);
    let mut columns = Vec::from(columns);
    if !noted {
        columns.push(Column::text("why").rank(0));
    }
    let mut table = Table::new(&context.ui, &columns);
    let mut is_empty = true;
    for b in brought {
        let outcome = match b.outcome {
            Came::Known | Came::NoEffect => continue,
            Came::BroughtIn => "✓ imported",
            Came::Updated => "✓ updated",
            Came::Undone => "✓ undone, units back",
            Came::Would if b.refund.is_some() => "would be updated",
            Came::Would => "would be imported",
            Came::WouldUndo => "would be undone, units back",
            Came::Open => "! open",
            Came::Conflict => "✗ conflict",
            Came::Acknowledged => "- acknowledged",
            Came::Missing => "✗ not at the gateway",
        };
        is_empty = false;
        let amount = b.amount.parse().map_or_else(|_| b.amount.clone(), |m| money::format(m, &b.currency));
        let cells = [outcome, short(b.payment.as_str()), b.what.name(), &amount, &b.gateway_ref];
        match noted {
            true => table.noted_row(&cells, b.why.as_deref().unwrap_or_default()),
            false => table.row(&[&cells[..], &[b.why.as_deref().unwrap_or("-")]].concat()),
        }
    }
    let would_update = brought.iter().filter(|b| b.outcome == Came::Would && b.refund.is_some()).count();
    let updated = tally(brought, &[Came::Updated]) + would_update;
    let mut words = vec![
        format!("{} new", tally(brought, &[Came::BroughtIn, Came::Would]) - would_update),
        format!("{} known already", tally(brought, &[Came::Known, Came::NoEffect])),
    ];
    for (outcomes, what) in [
        (&[Came::Undone, Came::WouldUndo][..], "undone"),
        (&[Came::Open], "open"),
        (&[Came::Conflict], "in conflict"),
        (&[Came::Acknowledged], "acknowledged"),
        (&[Came::Missing], "not at the gateway"),
    ] {
        match tally(brought, outcomes) {
            0 => {}
            n => words.push(format!("{n} {what}")),
        }
    }
    if updated > 0 {
        words.insert(1, format!("{updated} updated"));
    }
    if strangers > 0 {
        words.push(format!("{strangers} of no payment here"));
    }
    let page = if is_empty { Page::default() } else { Page::table(table) };
    page.and(words.join(", "))
}
