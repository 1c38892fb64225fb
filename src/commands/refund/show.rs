//! `bursar refund show`: one refund with every step that it made; and the preview of one.

use serde_json::json;

use super::{Context, Done, Outcome, standing};
use crate::commands::cli::Format;
use crate::ids::PaymentId;
use crate::money;
use crate::output::Table;
use crate::refund::gateway::Gateway;
use crate::refund::{self, Refund, Terms, Transition};
use crate::text::{second, thousands};

pub(super) async fn run(context: &Context, text: &str, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let refund = refund::find(&mut tx, text).await?;
    let history = refund::history(&mut tx, refund.id).await?;
    tx.rollback().await?;
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "refund show", "refund": refund, "transitions": history,
        }))?,
        Format::Table => context.ui.data(&facts(context, &refund, &history))?,
    }
    Ok(Done::Clean)
}

fn facts(context: &Context, refund: &Refund, history: &[Transition]) -> String {
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |name: &str, value: &str| facts.row(&[name, value]);
    let (symbol, sentence) = standing(refund);
    fact("refund", &refund.id.to_string());
    fact("stands", &format!("{symbol} {}: {sentence}", refund.state.name()));
    fact("payment", refund.payment.as_str());
    fact("customer", refund.customer.as_deref().unwrap_or("-"));
    fact(
        "amount",
        &format!(
            "{} of {}",
            money::format(refund.amount, &refund.currency),
            money::format(refund.paid, &refund.currency)
        ),
    );
    if let Some(unit) = &refund.unit {
        let written_off = match refund.units_written_off.as_str() {
            "0" => String::new(),
            units => format!(", {} written off", thousands(units)),
        };
        fact("taken back", &format!("{} {unit}{written_off}", thousands(&refund.units_taken)));
    }
    fact("reason", &refund.why());
    fact("gateway", &format!("{} {}", refund.gateway, refund.gateway_ref.as_deref().unwrap_or_default()));
    fact("requested by", &refund.requested_by);
    if let Some(decided_by) = &refund.decided_by {
        fact("decided by", decided_by);
    }
    for (name, value) in [("entry", &refund.entry), ("reversal", &refund.reversal)] {
        if let Some(value) = value {
            fact(name, value);
        }
    }
    let mut steps = Table::new(&context.ui, &["when (UTC)", "state", "login", "operator", "what went wrong"]);
    for step in history {
        let operator = step.actor.get("operator").and_then(|o| o.as_str());
        let os_user = step.actor.get("os_user").and_then(|o| o.as_str());
        steps.row(&[
            &second(&step.at.to_rfc3339()),
            step.to_state.name(),
            &step.database_role,
            operator.or(os_user).unwrap_or("-"),
            step.detail.as_deref().unwrap_or("-"),
        ]);
    }
    format!("{}\n\n{}", facts.render(), steps.render())
}

/// What a refund would do, before and after.
pub(in crate::commands) fn preview(context: &Context, terms: &Terms, gateway: &dyn Gateway, reason: &str) -> String {
    let currency = terms.currency.as_deref().unwrap_or_default();
    let money = |minor: Option<i64>| money::format(minor.unwrap_or_default(), currency);
    let number = |n: &Option<serde_json::Number>| n.as_ref().map_or_else(|| "-".to_owned(), thousands);
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |name: &str, value: &str| facts.row(&[name, value]);
    fact("payment", terms.payment.as_ref().map_or("-", PaymentId::as_str));
    fact(
        "",
        &format!(
            "{}, {}",
            terms.gateway_payment.iter().flatten().cloned().collect::<Vec<_>>().join(", "),
            terms.status.as_deref().unwrap_or("-")
        ),
    );
    fact("customer", terms.customer.as_deref().unwrap_or("-"));
    let mode = match gateway.live() {
        Some(true) => " (live: real money moves)",
        Some(false) => " (test key: no real money moves)",
        None => " (no money moves: it was moved elsewhere)",
    };
    fact("refund", &format!("{} through {}{mode}", money(terms.amount), gateway.name()));
    fact("reason", reason);
    if terms.needs_approval == Some(true) {
        fact("approval", &format!("! a second person has to approve it: above {}", money(terms.approval_above)));
    }
    let mut change = Table::new(&context.ui, &["", "#before", "#after"]);
    let before = terms.refunded_before.unwrap_or_default();
    let amount = terms.amount.unwrap_or_default();
    change.row(&["refunded", &money(Some(before)), &money(before.checked_add(amount))]);
    change.row(&["left to refund", &money(terms.paid.map(|p| p - before)), &money(terms.remaining)]);
    if let Some(unit) = &terms.unit {
        change.row(&[&format!("{unit} of the account"), &number(&terms.balance), &number(&terms.balance_after)]);
        let zero = |n: &Option<serde_json::Number>| n.as_ref().is_none_or(|n| n.to_string() == "0");
        if !zero(&terms.units_written_off) {
            change.row(&[&format!("! {unit} written off"), "0", &number(&terms.units_written_off)]);
        }
        if !zero(&terms.units_found) {
            change.row(&[
                &format!("{unit} taken back earlier"),
                &number(&terms.units_found),
                &number(&terms.units_found),
            ]);
        }
    }
    format!("{}\n\n{}", facts.render(), change.render())
}
