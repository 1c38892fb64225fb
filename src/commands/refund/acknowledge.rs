//! `bursar refund acknowledge`: somebody answers for an object of a gateway that never will fit.

use super::carry::opened;
use super::{Context, Done, Outcome};
use crate::error::{Error, Result};
use crate::output::{Format, Page, View};
use crate::refund::{self, RefundSession};
use crate::text::escape;

pub(super) async fn run(
    context: &Context,
    gateway: &str,
    object: &str,
    reason: &str,
    dry_run: bool,
    format: Format,
) -> Outcome {
    if reason.trim().is_empty() {
        return Err(Error::usage("an acknowledgement needs a reason").hint("--reason TEXT"));
    }
    let database = context.database().await?;
    let (mut tx, pack) = opened(context, &database).await?;
    let known = refund::acknowledged(&mut tx).await?;
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    let report = |outcome: &str, sentence: String| -> Result<Done> {
        let view = View::new("refund acknowledge").field("outcome", outcome).field("gateway", gateway);
        let view = view.field("object", object).page(|| Page::text(sentence));
        context.ui.emit(format, view)?;
        Ok(Done::Clean)
    };
    if let Some(before) = known.iter().find(|a| a.gateway == gateway && a.object == object) {
        let (by, why) = (escape(&before.operator), escape(&before.reason));
        return report("before", format!("{object} of {gateway} was acknowledged before, by {by}: {why}"));
    }
    if dry_run {
        return report("would", format!("{object} of {gateway} would be acknowledged; nothing was changed"));
    }
    let what = format!("Leave {} of {gateway} as it is, for ever", escape(object));
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let is_new = session.acknowledge(&pack.name, gateway, object, reason).await?;
    let done = context.ui.paint_out("✓", "32");
    match is_new {
        true => report("done", format!("{done} {object} of {gateway} is acknowledged")),
        false => report("before", format!("{object} of {gateway} was acknowledged before")),
    }
}
