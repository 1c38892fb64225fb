//! `bursar refund show`: one refund with every step that it made; and the preview of one.

use super::standing::{next, stands_alone};
use super::{Context, Done, Outcome};
use crate::money;
use crate::output::{Column, Format, Page, Table, View};
use crate::refund::gateway::Gateway;
use crate::refund::{self, Effects, Refund, Transition};
use crate::text::{second, thousands};

pub(super) async fn run(context: &Context, text: &str, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let refund = refund::find(&mut tx, text).await?;
    let history = refund::history(&mut tx, refund.id).await?;
    tx.rollback().await?;
    let view = View::new("refund show").field("refund", &refund).field("transitions", &history).page(|| {
        let page = Page::table(facts(context, &refund)).and_table(steps(context, &history));
        page.and(next(&refund).unwrap_or_default())
    });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

fn facts(context: &Context, refund: &Refund) -> Table {
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |name: &str, value: &str| facts.row(&[name, value]);
    let (symbol, sentence) = stands_alone(refund);
    fact("refund", &refund.id.to_string());
    fact("state", &format!("{symbol} {}: {sentence}", refund.state.name()));
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
    if let Some(amount) = refund.gateway_amount {
        fact("at the gateway", &money::format(amount, &refund.currency));
    }
    if let Some(unit) = &refund.unit {
        let taken = thousands(&refund.units_taken);
        match refund.units_written_off.as_str() {
            _ if refund.reversal.is_some() => fact("given back", &format!("{taken} {unit}")),
            _ if refund.state.is_undone() => fact("taken back", &format!("0 {unit}")),
            "0" => fact("taken back", &format!("{taken} {unit}")),
            units => fact("taken back", &format!("{taken} {unit}, {} written off", thousands(units))),
        }
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
    facts
}

fn steps(context: &Context, history: &[Transition]) -> Table {
    let columns = [
        Column::new("when (UTC)").rank(0),
        Column::new("state").rank(0),
        Column::new("login").rank(2),
        Column::new("operator").rank(3),
        Column::text("detail").rank(1),
    ];
    let mut steps = Table::new(&context.ui, &columns);
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
    steps
}

/// A refund before it is made: the payment, and what changes.
pub(in crate::commands) fn preview(context: &Context, effects: &Effects, gateway: &dyn Gateway, reason: &str) -> Page {
    let Effects { payment, money, approval, .. } = effects;
    let sum = |minor: i64| money::format(minor, &money.currency);
    let mut facts = Table::facts(&context.ui, 2);
    let mut fact = |name: &str, value: &str| facts.row(&[name, value]);
    fact("payment", payment.id.as_str());
    fact("", &format!("{}, {}", payment.gateway_payment.join(", "), payment.status.as_deref().unwrap_or("-")));
    fact("customer", payment.customer.as_deref().unwrap_or("-"));
    let mode = match gateway.live() {
        Some(true) => " (live: real money moves)",
        Some(false) => " (test key: no real money moves)",
        None => " (no money moves: it was moved elsewhere)",
    };
    fact("refund", &format!("{} through {}{mode}", sum(money.amount), gateway.name()));
    fact("reason", reason);
    if approval.is_needed {
        let total = money.refunded_before.saturating_add(money.amount);
        let above = match approval.above.filter(|above| total > *above) {
            Some(above) => format!("above {}", sum(above)),
            None => "above what this login may refund in 24 hours (support_daily_limit)".to_owned(),
        };
        fact("approval", &format!("! a second person has to approve it: {above}"));
    }
    Page::table(facts).and_table(changes(context, effects))
}

/// The amounts before and after a refund.
fn changes(context: &Context, effects: &Effects) -> Table {
    let Effects { money, units, .. } = effects;
    let sum = |minor: i64| money::format(minor, &money.currency);
    let number = |n: &Option<serde_json::Number>| n.as_ref().map_or_else(|| "-".to_owned(), thousands);
    let mut change =
        Table::new(&context.ui, &[Column::text(""), Column::number("before").rank(0), Column::number("after").rank(0)]);
    let before = money.refunded_before;
    change.row(&["refunded", &sum(before), &sum(before.saturating_add(money.amount))]);
    change.row(&["left to refund", &sum(money.paid - before), &sum(money.remaining)]);
    if let Some(unit) = &units.unit {
        change.row(&[&format!("{unit} of the account"), &number(&units.balance), &number(&units.balance_after)]);
        if !is_zero(&units.written_off) {
            change.row(&[&format!("! {unit} written off"), "0", &thousands(&units.written_off)]);
        }
        if !is_zero(&units.found) {
            let found = thousands(&units.found);
            change.row(&[&format!("{unit} taken back earlier"), &found, &found]);
        }
    }
    change
}

/// True if the number of units is zero.
pub(super) fn is_zero(units: &serde_json::Number) -> bool {
    units.to_string() == "0"
}
