//! Panics, which end no process: each becomes an error.

use super::var;
use crate::error::{Error, Kind, Result};

/// The place and the words of the last panic.
static PANIC: std::sync::Mutex<Option<String>> = std::sync::Mutex::new(None);

/// Keeps what a panic says, instead of showing it with a backtrace: whoever catches it says it as an error. A
/// developer's `RUST_BACKTRACE` shows it as well.
pub(super) fn keep_panics() {
    let show = std::panic::take_hook();
    let wanted = var("RUST_BACKTRACE").is_some_and(|v| v != "0");
    std::panic::set_hook(Box::new(move |panic| {
        // Of another crate's file, what its publisher named it.
        let file = |at: &str| {
            at.rsplit_once("/registry/src/")
                .and_then(|(_, rest)| rest.split_once('/'))
                .map_or_else(|| at.to_owned(), |(_, rest)| rest.to_owned())
        };
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", file(at.file()), at.line()));
        let words = panic.payload_as_str().unwrap_or("no reason was given");
        if let Ok(mut kept) = PANIC.lock() {
            *kept = Some(format!("{words}{place}"));
        }
        if wanted {
            show(panic);
        }
    }));
}

/// The error of a panic. What sqlx panics about is the server's answer, of which a value is read only where it is used.
pub(super) fn panicked() -> Error {
    let said = PANIC.lock().ok().and_then(|mut kept| kept.take()).unwrap_or_else(|| "it ended unexpectedly".to_owned());
    if said.contains(" at sqlx-") {
        return Error::new(Kind::Connection, format!("the server's answer was not understood: {said}"));
    }
    Error::failed(format!("bursar has a fault: {said}")).hint("report it with the command; RUST_BACKTRACE=1 shows more")
}

/// Does what blocks beside the runtime, so that signals and the time limit are heard meanwhile.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| panicked())?
}

#[cfg(test)]
mod tests {
    use super::{Kind, beside};

    #[tokio::test]
    async fn a_fault_of_ours_beside_the_command_is_a_plain_error() {
        let outcome: super::Result<()> = beside(|| panic!("a fault")).await;
        assert_eq!(outcome.unwrap_err().kind, Kind::Failed);
    }
}
