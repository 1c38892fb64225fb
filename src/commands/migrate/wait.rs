//! `bursar migrate wait`: waits until the server answers.

use std::time::{Duration, Instant};

use super::args::MigrationUrl;
use crate::commands::{Context, Done, Outcome};
use crate::error::{Error, Kind};

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(250);

pub(super) async fn run(context: &Context, wait: Duration, direct: MigrationUrl) -> Outcome {
    let database = context.direct_database(direct).await?;
    let begun = Instant::now();
    let mut told = false;
    loop {
        let attempt = async { database.read().await?.rollback().await };
        let left = wait.saturating_sub(begun.elapsed());
        let error = match tokio::time::timeout(left.max(PAUSE), attempt).await {
            Ok(Ok(())) => {
                context.ui.note(&format!("{} answers", database.target()));
                return Ok(Done::Clean);
            }
            Ok(Err(error)) if !comes_up(&error) => return Err(error),
            Ok(Err(error)) => error,
            Err(_) => Error::new(Kind::Connection, format!("{} does not answer", database.target())),
        };
        if begun.elapsed() + PAUSE >= wait {
            let waited = humantime::format_duration(wait);
            return Err(error
                .context(format!("waited {waited}"))
                .hint("start the server, or wait longer: bursar migrate wait --wait 5m"));
        }
        if !told {
            context.ui.note(&format!("waiting: {}", error.message()));
            told = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// True if the same may be another answer in a moment: the server does not listen yet, starts, or is busy, or what stands
/// before it cannot reach it yet.
fn comes_up(error: &Error) -> bool {
    let code = error.sqlstate.as_deref();
    error.kind == Kind::Connection
        && code.is_none_or(|code| code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03" | "53300"))
}
