//! The environment of this process: the gateways and the terminal.

use super::model::Lines;
use crate::commands::{Context, var};
use crate::packs::Pack;
use crate::refund::gateway::configured;

pub(super) fn gateways(pack: Option<&Pack>, lines: &mut Lines) {
    match configured(&var) {
        Err(error) => lines.fail("gateways", &error),
        Ok(gateways) if gateways.is_empty() && pack.is_some_and(|pack| pack.payments.is_some()) => lines.warn(
            "gateways",
            "none is configured, so no refund can move money",
            "set STRIPE_SECRET_KEY, or PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET; --gateway record-only needs none",
        ),
        Ok(gateways) if gateways.is_empty() => lines.ok("gateways", "none is configured; only refunds need one"),
        Ok(gateways) => {
            let each = gateways.iter().map(|gateway| {
                let key = match gateway.live() {
                    Some(true) => "live",
                    Some(false) => "test",
                    None => "of no known kind",
                };
                format!("{} with a key that is {key}", gateway.name())
            });
            lines.ok("gateways", each.collect::<Vec<_>>().join(", "));
        }
    }
}

pub(super) fn terminal(context: &Context, lines: &mut Lines) {
    let asks = if context.ui.interactive { "questions can be asked" } else { "no questions: writes need --yes" };
    let colour = if context.ui.stdout_color { "in colour" } else { "without colour" };
    lines.ok("terminal", format!("{asks}; {colour}"));
}
