//! `bursar refund`: sending money back.

pub mod args;
mod batch;
mod create;
mod decide;
mod guided;
mod list;
mod resume;
mod show;
mod sync;

pub(super) use show::preview;

use serde_json::json;

use super::{Context, Done, Outcome, var};
use crate::commands::cli::Format;
use crate::db::{Database, Tx};
use crate::error::{Error, Kind, Result};
use crate::migrate::functions;
use crate::money;
use crate::packs::Pack;
use crate::refund::batch::BatchLimits;
use crate::refund::gateway::{self, Gateway};
use crate::refund::{self, Carried, RECORD_ONLY, RefundSession, RefundState};

pub use args::Refund;
use args::{RefundAction, RefundFlags};

pub(super) async fn run(context: &Context, args: Refund) -> Outcome {
    let Refund { flags, action } = args;
    // `create` takes them from either side; every other subcommand would drop them, `--dry-run` among them.
    if !matches!(action, None | Some(RefundAction::Create { .. })) && flags != RefundFlags::default() {
        return Err(Error::usage(
            "flags before this subcommand are those of `refund` alone and of `refund create`; nothing was done",
        )
        .hint("write the flags of a subcommand behind its name; --help behind it lists them"));
    }
    match action {
        None => guided::run(context, flags).await,
        Some(RefundAction::Create { payment, flags: own, output }) => {
            create::run(context, &payment, own.or(flags), output.format).await
        }
        Some(RefundAction::List { state, open, payment, account, since, limit, cursor, output }) => {
            let filter = list::Wanted { state, open, payment, account, since, cursor };
            list::run(context, filter, limit, output.format).await
        }
        Some(RefundAction::Show { refund, output }) => show::run(context, &refund, output.format).await,
        Some(RefundAction::Resume { refund, recheck, output }) => {
            resume::run(context, &refund, recheck, output.format).await
        }
        Some(RefundAction::Approve { refund, dry_run, output }) => {
            decide::approve(context, &refund, dry_run, output.format).await
        }
        Some(RefundAction::Reject { refund, reason, output }) => {
            decide::reject(context, &refund, &reason, output.format).await
        }
        Some(RefundAction::Batch {
            file,
            results,
            max_failures,
            rate,
            parallel,
            if_spent,
            gateway,
            dry_run,
            output,
        }) => {
            let limits = BatchLimits { parallel: parallel.into(), rate, max_failures };
            let wanted = batch::Wanted { results, limits, if_spent, gateway, dry_run };
            batch::run(context, &file, wanted, output.format).await
        }
        Some(RefundAction::Sync { days, payment, dry_run, output }) => {
            sync::run(context, days, payment.as_deref(), dry_run, output.format).await
        }
    }
}

/// A snapshot of a database whose payments can be refunded, and its pack.
async fn opened(context: &Context, database: &Database) -> Result<(Tx, Pack)> {
    let mut tx = database.read().await?;
    let pack = context.pack(database, &mut tx).await?;
    pack.need_payments()?;
    refund::require_functions(&mut tx).await?;
    functions::require(&mut tx, &pack).await?;
    functions::require_callable(&mut tx, &pack, "refunds.sql", "a refund").await?;
    Ok((tx, pack))
}

/// The gateway that is named, or the one that the payment came through, where it is configured.
/// Never one that nobody chose.
fn gateway_for(named: Option<&str>, reference: Option<String>, provider: Option<&str>) -> Result<Box<dyn Gateway>> {
    if let Some(name) = named {
        return gateway::by_name(name, &var, reference);
    }
    if reference.is_some() {
        return Err(Error::usage("--gateway-ref is for money that was moved elsewhere")
            .hint(format!("add --gateway {RECORD_ONLY}")));
    }
    let configured = gateway::configured(&var)?;
    let names: Vec<&str> = configured.iter().map(|g| g.name()).collect();
    let there = if names.is_empty() { "no gateway is".to_owned() } else { format!("only {} is", names.join(", ")) };
    configured.into_iter().find(|g| Some(g.name()) == provider).ok_or_else(|| {
        Error::refused(format!(
            "the payment came through {}, and {there} configured; nothing was changed",
            provider.unwrap_or("no known gateway")
        ))
        .hint(format!(
            "configure it (docs/gateways.md), or choose one: --gateway {}; {RECORD_ONLY} is for money that was moved elsewhere",
            gateway::known().join("|")
        ))
    })
}

/// Whether the gateway was asked a moment ago for the refunds of the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// It was, and all of them are known.
    Now,
    /// It was not.
    No,
}

/// Carries a refund out that is reserved, or stands where it stopped. An interrupt meanwhile says how
/// to go on.
async fn carried(
    context: &Context,
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    refund: &refund::Refund,
    looked: Looked,
) -> Result<Carried> {
    context.leave_word(Some(format!(
        "refund {} may have been submitted; find out, and finish it: bursar refund resume {}",
        refund.id, refund.id
    )));
    let carried = match looked {
        Looked::Now => refund::submit_new(session, gateway, refund).await,
        Looked::No => refund::carry_out(session, gateway, refund).await,
    };
    let carried = carried.map_err(|e| {
        let hint = format!("finish it: bursar refund resume {}", refund.id);
        if e.hint.is_some() { e } else { e.hint(hint) }
    });
    context.leave_word(None);
    carried
}

/// When a refund was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    /// By this command.
    Now,
    /// Before it.
    Before,
    /// Before it, and another process works on it at this moment; which, as a sentence.
    Meanwhile(String),
}

/// Says how a refund stands, and ends with the exit code for it.
fn concluded(context: &Context, command: &str, format: Format, refund: &refund::Refund, asked: Asked) -> Outcome {
    let existing = asked != Asked::Now;
    let (symbol, sentence) = standing(refund);
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": command, "existing": existing, "refund": refund,
        }))?,
        Format::Table => {
            let before = if existing { "it was asked for before: " } else { "" };
            context.ui.data(&format!("{} {before}refund {} {sentence}", paint(context, symbol), refund.id))?;
        }
    }
    match refund.state {
        RefundState::Failed | RefundState::Canceled | RefundState::Rejected => {
            Err(Error::failed(format!("refund {} {}", refund.id, refund.state.name()))
                .hint(format!("bursar refund show {}", refund.id)))
        }
        RefundState::Succeeded | RefundState::Pending if !refund.refused => Ok(Done::Clean),
        RefundState::RequiresAction if !refund.refused => {
            context.ui.note(&acts(refund));
            Ok(Done::Incomplete)
        }
        RefundState::AwaitingApproval => {
            context.ui.note(&format!("next, by another login: bursar refund approve {}", refund.id));
            Ok(Done::Incomplete)
        }
        _ => {
            match asked {
                Asked::Meanwhile(holder) => {
                    context.ui.note(&format!("it is not done yet: {holder}"));
                    context.ui.note(&format!("how it ends: bursar refund show {}", refund.id));
                }
                _ => context.ui.note(&format!("next: bursar refund resume {}", refund.id)),
            }
            Ok(Done::Incomplete)
        }
    }
}

/// The next step of a refund for which the gateway waits for the customer.
fn acts(refund: &refund::Refund) -> String {
    let reference = refund.gateway_ref.as_deref().unwrap_or("the refund");
    format!(
        "the customer has to act: {} says how at {}; afterwards: bursar refund resume {}",
        refund.gateway,
        crate::text::escape(reference),
        refund.id
    )
}

/// How a refund stands, in words, with a symbol.
pub(super) fn standing(refund: &refund::Refund) -> (char, String) {
    let money = money::format(refund.amount, &refund.currency);
    let why = refund.error.as_deref().map(|e| format!(": {}", crate::text::escape(e))).unwrap_or_default();
    if refund.refused {
        return ('!', format!("of {money} was refused by {}{why}; an operator has to confirm it", refund.gateway));
    }
    match refund.state {
        RefundState::Succeeded if refund.gateway == RECORD_ONLY => ('✓', format!("of {money} is on record")),
        RefundState::Succeeded => ('✓', format!("of {money}: the money went back through {}", refund.gateway)),
        RefundState::Pending => ('✓', format!("of {money}: {} has it, and the money is on its way", refund.gateway)),
        RefundState::RequiresAction => {
            ('!', format!("of {money}: {} needs something from the customer", refund.gateway))
        }
        RefundState::AwaitingApproval => ('!', format!("of {money} awaits the approval of a second person")),
        RefundState::Unknown => {
            ('?', format!("of {money} may have been made: the answer of {} was lost{why}", refund.gateway))
        }
        RefundState::Submitted => {
            ('?', format!("of {money} was submitted to {}, and its answer is not recorded", refund.gateway))
        }
        RefundState::Requested | RefundState::Approved | RefundState::Reserved => {
            ('!', format!("of {money} was not submitted yet"))
        }
        RefundState::Rejected => ('✗', format!("of {money} was rejected{why}")),
        RefundState::Failed => ('✗', format!("of {money} failed{why}; nothing was paid back{}", given_back(refund))),
        RefundState::Canceled => {
            ('✗', format!("of {money} was canceled{why}; nothing was paid back{}", given_back(refund)))
        }
    }
}

fn given_back(refund: &refund::Refund) -> String {
    match (&refund.reversal, &refund.unit) {
        (Some(_), Some(unit)) => format!(", and the {unit} were given back"),
        _ => String::new(),
    }
}

fn paint(context: &Context, symbol: char) -> String {
    let code = match symbol {
        '✓' => "32",
        '✗' => "31",
        _ => "33",
    };
    context.ui.paint_out(&symbol.to_string(), code)
}

/// What became of a refund that the gateway's own stand in the way of.
fn withdrawn(refund: &refund::Refund) -> String {
    format!("refund {} is canceled; nothing was paid back{}", refund.id, given_back(refund))
}

/// What is left of an outcome that is not an answer of the gateway's.
fn settled(carried: Carried) -> Result<refund::Refund> {
    match carried {
        Carried::As(refund) => Ok(refund),
        Carried::Elsewhere(holder) => Err(Error::new(Kind::Incomplete, format!("it is not done yet: {holder}"))
            .hint("wait for it, then look: bursar refund list --open")),
        Carried::Withdrawn(refund, hindrance) => Err(hindrance.error(&withdrawn(&refund))),
        Carried::NotAsked(refund, why) => Err(Error::new(
            Kind::Incomplete,
            format!("{} could not be asked about refund {}: {why}", refund.gateway, refund.id),
        )
        .hint(format!("later: bursar refund resume {}", refund.id))),
    }
}
