//! The end of a command that was asked for from outside: by a signal, by the time limit, or by the bound of memory.
//!
//! Signals are heard in a thread and a runtime of their own, because a command may be busy with what does not let
//! anybody else run: a large file, or a server that never stops sending. sqlx reads notices in a loop that gives nobody
//! else a turn. The command is told first, and ends in an orderly way. Where it does not take notice, or somebody asks
//! again, the process ends without it.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::Context;
use crate::db;
use crate::error::{Error, Kind, Result};

/// Maximum time for a command to notice that it has to end.
const NOTICE: Duration = Duration::from_secs(2);

/// Maximum time of the orderly end. It is longer than all waits inside it.
const ORDERLY: Duration = Duration::from_secs(40);

/// Maximum time for the cancel request, if the command itself does not send it.
const CANCEL: Duration = Duration::from_secs(5);

/// Maximum time for the last output.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Interval between two looks at the memory.
const LOOK: Duration = Duration::from_millis(100);

/// Maximum memory for one answer of a server, in bytes. A value of PostgreSQL's has 1 GiB at most.
const ANSWER: u64 = 1 << 30;

/// The fate of a transaction whose client is gone.
pub(super) const ROLLS_BACK: &str =
    "it rolls back by itself as soon as it notices that the connection is gone; look at pg_stat_activity";

/// Why a command is to end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// A signal of this kind came.
    Signal(Kind),
    /// The time limit is over.
    Time(Duration),
    /// An answer of the server takes too much memory.
    Memory,
}

impl Stop {
    /// The error that a command ends with.
    pub(super) fn error(self) -> Error {
        match self {
            Stop::Signal(kind) => Error::new(
                kind,
                match kind {
                    Kind::HungUp => "the terminal hung up",
                    Kind::Terminated => "terminated",
                    _ => "interrupted",
                },
            ),
            Stop::Time(limit) => {
                let error =
                    Error::failed(format!("it took longer than --timeout {}", humantime::format_duration(limit)));
                match db::holder() {
                    Some(holder) => error.context(format!("it waited for {}", holder.lock())).hint(holder.remedy),
                    None => error,
                }
            }
            Stop::Memory => Error::new(
                Kind::Connection,
                "the server's answer takes more than 1 GiB of memory, and was not read to its end",
            ),
        }
    }

    /// The error of a command that took no notice.
    fn unheard(self) -> Error {
        let mut error = self.error();
        // Whether it failed and was rolled back is not known then.
        if error.kind == Kind::Failed && db::waiting().is_some() {
            error.kind = Kind::Connection;
        }
        error
    }
}

/// The command's end of the line.
pub(super) struct Told {
    stop: watch::Receiver<Option<Stop>>,
    noticed: watch::Sender<bool>,
}

impl Told {
    /// Waits until the command is to end.
    pub(super) async fn stop(&mut self) -> Stop {
        match self.stop.wait_for(Option::is_some).await.ok().and_then(|stop| *stop) {
            Some(stop) => stop,
            // Nobody listens any more, so that nobody will say so.
            None => std::future::pending().await,
        }
    }

    /// Says that the orderly end has begun.
    pub(super) fn noticed(&self) {
        let _ = self.noticed.send(true);
    }
}

/// The signals that end a command.
struct Signals {
    /// None where whoever started us, such as a shell that puts us into the background, wants it ignored.
    interrupt: Option<Signal>,
    terminate: Signal,
    /// None where whoever started us, such as nohup, wants it ignored.
    hang_up: Option<Signal>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Signals {
            interrupt: heeded(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: heeded(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Kind {
        async fn heard(signal: &mut Option<Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            () = heard(&mut self.interrupt) => Kind::Interrupted,
            _ = self.terminate.recv() => Kind::Terminated,
            () = heard(&mut self.hang_up) => Kind::HungUp,
        }
    }
}

/// Listens for a signal, unless it was ignored when the process began. Where the system does not tell, it was not.
fn heeded(kind: SignalKind) -> std::io::Result<Option<Signal>> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    if mask >> (kind.as_raw_value() - 1) & 1 == 1 { Ok(None) } else { signal(kind).map(Some) }
}

/// Listens for signals and for the end of the time.
///
/// # Errors
/// If the system refuses.
pub(super) fn listen(context: &Arc<Context>, limit: Option<Duration>) -> Result<Told> {
    let unusable = |e: std::io::Error| Error::failed(format!("cannot listen for signals: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unusable)?;
    // From here on they are heard, before the command begins.
    let signals = {
        let _inside = runtime.enter();
        Signals::new().map_err(unusable)?
    };
    let (tell, stop) = watch::channel(None);
    let (noticed, notices) = watch::channel(false);
    let context = Arc::clone(context);
    let listening = move || runtime.block_on(heard(&context, signals, limit, &tell, notices));
    std::thread::Builder::new().name("signals".to_owned()).spawn(listening).map_err(unusable)?;
    Ok(Told { stop, noticed })
}

async fn heard(
    context: &Arc<Context>,
    mut signals: Signals,
    limit: Option<Duration>,
    tell: &watch::Sender<Option<Stop>>,
    mut notices: watch::Receiver<bool>,
) {
    let time = async {
        match limit {
            Some(limit) => {
                tokio::time::sleep(limit).await;
                Stop::Time(limit)
            }
            None => std::future::pending().await,
        }
    };
    let stop = tokio::select! {
        kind = signals.next() => Stop::Signal(kind),
        stop = time => stop,
        () = memory_is_used_up() => Stop::Memory,
    };
    if matches!(stop, Stop::Memory) {
        at_once(context, stop.error());
    }
    let _ = tell.send(Some(stop));
    let unheard = async {
        if tokio::time::timeout(NOTICE, notices.wait_for(|noticed| *noticed)).await.is_ok() {
            tokio::time::sleep(ORDERLY).await;
            return "it did not end in time";
        }
        // The command is busy: what the server does for it is cancelled from here.
        let cancelled = async {
            context.cancel().await;
            context.drop_scratch().await
        };
        if let Ok(Err(error)) = tokio::time::timeout(CANCEL, cancelled).await {
            context.ui.warn(&error.message());
        }
        "it was busy with what could not be interrupted in an orderly way"
    };
    let (stop, why) = tokio::select! {
        why = unheard => (stop, why),
        kind = signals.next() => (Stop::Signal(kind), "asked twice, it ended at once"),
    };
    at_once(context, stop.unheard().context(format!("{}: {why}", context.name)));
}

/// Waits until one answer of a server has taken more memory than it may.
async fn memory_is_used_up() {
    let (mut question, mut before) = (0, 0);
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(now) = resident().filter(|_| db::waiting().is_some()) else { continue };
        if db::asked() != question {
            (question, before) = (db::asked(), now);
        }
        if now.saturating_sub(before) > ANSWER {
            return;
        }
    }
}

/// The memory that the process has, in bytes, where the system tells it as Linux does.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Ends the process. Whatever may wait for somebody, such as a lock of standard error, is not waited for.
fn at_once(context: &Arc<Context>, error: Error) -> ! {
    let code = error.kind.exit_code();
    let context = Arc::clone(context);
    let (done, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        crate::config::end_command();
        #[cfg(feature = "screen")]
        context.ui.leave_screen();
        context.ui.end_question();
        let error = context.with_word(error);
        let rolls_back = error.hint.is_none() && context.is_busy();
        context.ui.error(&if rolls_back { error.hint(ROLLS_BACK) } else { error });
        let _ = done.send(());
    });
    let _ = said.recv_timeout(LAST_WORDS);
    std::process::exit(code.into())
}
