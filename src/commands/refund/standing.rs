//! The state of a refund in words, and the exit code for it.

use super::{Context, Done, Outcome};
use crate::error::Error;
use crate::money;
use crate::output::{Format, Page, View};
use crate::refund::{self, NOT_SUBMITTED, RECORD_ONLY, RefundState};
use crate::text::escape;

/// The time of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// This command made it.
    Now,
    /// It was made before.
    Before,
    /// It was made before, and another process works on it at this moment; the process, as a sentence.
    Meanwhile(String),
}

/// Reports the state of a refund, and ends with its exit code.
pub(super) fn concluded(
    context: &Context,
    command: &str,
    format: Format,
    refund: &refund::Refund,
    asked: Asked,
) -> Outcome {
    let existing = asked != Asked::Now;
    let (symbol, sentence) = standing(refund);
    let view = View::new(command).field("existing", existing).field("refund", refund).page(|| {
        let before = if existing { "already requested: " } else { "" };
        Page::text(format!("{} {before}refund {} {sentence}", paint(context, symbol), refund.id))
    });
    context.ui.emit(format, view)?;
    match refund.state {
        RefundState::Failed | RefundState::Canceled | RefundState::Rejected => {
            Err(Error::failed(format!("refund {} {}", refund.id, refund.state.name()))
                .hint(refund.remedy().unwrap_or_else(|| format!("bursar refund show {}", refund.id))))
        }
        RefundState::Succeeded | RefundState::Pending if !refund.refused => Ok(Done::Clean),
        RefundState::RequiresAction | RefundState::AwaitingApproval if !refund.refused => {
            next(refund).iter().for_each(|next| context.ui.note(next));
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

/// The next step of a refund that is not finished; none where its state says it, or nobody has to do anything.
pub(super) fn next(refund: &refund::Refund) -> Option<String> {
    match refund.state {
        _ if refund.refused => None,
        RefundState::AwaitingApproval => Some(format!("next, by another login: bursar refund approve {}", refund.id)),
        RefundState::RequiresAction => Some(acts(refund)),
        state if state.is_final() || state == RefundState::Pending => None,
        _ => Some(format!("next: bursar refund resume {}", refund.id)),
    }
}

/// The next step of a refund for which the gateway waits for the customer.
pub(super) fn acts(refund: &refund::Refund) -> String {
    let reference = refund.gateway_ref.as_deref().unwrap_or("the refund");
    format!(
        "the customer has to act: {} says how at {}; afterwards: bursar refund resume {}",
        refund.gateway,
        escape(reference),
        refund.id
    )
}

/// The state of a refund as a sentence about it, with a symbol: what follows its id.
pub(in crate::commands) fn standing(refund: &refund::Refund) -> (char, String) {
    let (symbol, sentence) = stands(refund);
    let colon = if has_subject(refund, &sentence) { ":" } else { "" };
    (symbol, format!("of {}{colon} {sentence}", money::format(refund.amount, &refund.currency)))
}

/// The state of a refund as a sentence of its own, with a symbol.
pub(super) fn stands_alone(refund: &refund::Refund) -> (char, String) {
    let (symbol, sentence) = stands(refund);
    let sentence = if has_subject(refund, &sentence) { sentence } else { format!("it {sentence}") };
    (symbol, sentence)
}

/// True if it is about the money or the gateway, and not about the refund.
fn has_subject(refund: &refund::Refund, sentence: &str) -> bool {
    sentence.starts_with("the ") || sentence.starts_with(&refund.gateway)
}

/// The state of a refund: a sentence, or the end of one about the refund.
fn stands(refund: &refund::Refund) -> (char, String) {
    let why = refund.error.as_deref().map(|e| format!(": {}", escape(e))).unwrap_or_default();
    let was_sent = !refund.error.as_deref().is_some_and(|error| error.starts_with(NOT_SUBMITTED));
    if refund.refused && !was_sent {
        return ('!', format!("waits{why}; an operator has to finish it"));
    }
    if refund.refused {
        return (
            '!',
            format!(
                "was refused by {}{why}; for an operator: `bursar refund resume {}` asks it again to pay, \
                 `bursar refund cancel {}` gives the units back",
                refund.gateway, refund.id, refund.id
            ),
        );
    }
    match refund.state {
        RefundState::Succeeded if refund.gateway == RECORD_ONLY => ('✓', "is on record".to_owned()),
        RefundState::Succeeded => ('✓', format!("the money went back through {}", refund.gateway)),
        RefundState::Pending => ('✓', format!("{} has it, and the money is on its way", refund.gateway)),
        RefundState::RequiresAction => ('!', format!("{} needs something from the customer", refund.gateway)),
        RefundState::AwaitingApproval => ('!', "awaits the approval of a second person".to_owned()),
        RefundState::Unknown if !was_sent => {
            ('?', format!("may have been made: an earlier answer of {} was lost{why}", refund.gateway))
        }
        RefundState::Unknown => ('?', format!("may have been made: the answer of {} was lost{why}", refund.gateway)),
        RefundState::Submitted => ('?', format!("was submitted to {}, and its answer is not recorded", refund.gateway)),
        RefundState::Reserved if !was_sent => {
            let why = refund.error.as_deref().unwrap_or_default().trim_start_matches(NOT_SUBMITTED);
            ('!', format!("was not submitted{}; it can be sent again", escape(why)))
        }
        RefundState::Requested | RefundState::Approved | RefundState::Reserved => {
            ('!', "was not submitted yet".to_owned())
        }
        RefundState::Rejected => ('✗', format!("was rejected{why}")),
        RefundState::Failed => ('✗', format!("failed{why}; nothing was paid back{}", given_back(refund))),
        // Money that moved elsewhere is not bursar's to tell of; that of a double went back under the other one.
        RefundState::Canceled if refund.gateway == RECORD_ONLY => {
            ('✗', format!("was canceled{why}{}", given_back(refund)))
        }
        RefundState::Canceled => ('✗', format!("was canceled{why}; nothing was paid back{}", given_back(refund))),
    }
}

pub(super) fn given_back(refund: &refund::Refund) -> String {
    match (&refund.reversal, &refund.unit) {
        (Some(_), Some(unit)) => format!(", and the {unit} were given back"),
        _ => String::new(),
    }
}

pub(super) fn paint(context: &Context, symbol: char) -> String {
    let code = match symbol {
        '✓' => "32",
        '✗' => "31",
        _ => "33",
    };
    context.ui.paint_out(&symbol.to_string(), code)
}

/// The end of a refund that refunds at the gateway stand in the way of.
pub(super) fn withdrawn(refund: &refund::Refund) -> String {
    format!("refund {} is canceled; nothing was paid back{}", refund.id, given_back(refund))
}
