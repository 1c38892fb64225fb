//! The bounds that hold where nothing else is heard: a thread of its own that ends the process.
//!
//! sqlx reads a server's notices in a loop that gives nobody else a turn, as long as the server sends
//! faster than it reads; neither the time limit nor a signal is heard then by who waits for the answer.
//! And an answer without end is kept as it comes. This thread waits for no server: it looks at the clock
//! and at the memory of the process, and says what it ends the process for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::db;
use crate::error::{Error, Kind};
use crate::ui::Ui;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);

/// How long who waits for the answer may take to hear that the time is up.
const GRACE: Duration = Duration::from_secs(5);

/// How long the server may take to cancel and to confirm, once the time is up.
const AFTERMATH: Duration = Duration::from_secs(25);

/// How much memory one answer may take. A value of PostgreSQL's has 1 GiB at most.
const ANSWER: u64 = 1 << 30;

/// The thread; it stops when this is dropped.
pub(super) struct Bounds {
    heard: Arc<AtomicBool>,
    _stop: Option<Sender<()>>,
}

impl Bounds {
    /// Watches a command that began now and may take so long.
    pub(super) fn watch(ui: &Ui, limit: Option<Duration>) -> Self {
        let (stop, stopped) = channel();
        let heard = Arc::new(AtomicBool::new(false));
        let (ui, seen) = (ui.clone(), Arc::clone(&heard));
        let started = Instant::now();
        // Without the thread the command runs all the same.
        let thread = std::thread::Builder::new().name("bounds".to_owned());
        let spawned = thread.spawn(move || {
            let error = broken(&stopped, limit.map(|limit| (limit, started)), &seen);
            if let Some(error) = error {
                ui.leave_screen();
                ui.error(&error);
                std::process::exit(i32::from(error.kind.exit_code()));
            }
        });
        Bounds { heard, _stop: spawned.ok().map(|_| stop) }
    }

    /// Says that who waits has heard that the time is up, and stops.
    pub(super) fn heard(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }
}

/// The error of the bound that was broken; none where the command ended before.
fn broken(stopped: &Receiver<()>, limit: Option<(Duration, Instant)>, heard: &AtomicBool) -> Option<Error> {
    let mut memory = Memory::default();
    loop {
        match stopped.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
        }
        if memory.is_broken() {
            return Some(
                Error::new(
                    Kind::Connection,
                    "the server's answer takes more than 1 GiB of memory, and was not read to its end",
                )
                .hint("the server rolls back what was not committed as soon as it notices that the connection is gone"),
            );
        }
        let Some((limit, started)) = limit else { continue };
        let waiting = db::waiting().is_some();
        let patience = if waiting && !heard.load(Ordering::Relaxed) { GRACE } else { AFTERMATH };
        if started.elapsed() < limit.saturating_add(patience) {
            continue;
        }
        let took = format!("it took longer than --timeout {}", humantime::format_duration(limit));
        return Some(if waiting {
            Error::new(Kind::Connection, format!("{took}, and the server's answer did not come to its end"))
                .hint("the server rolls back what was not committed as soon as it notices that the connection is gone")
        } else {
            Error::failed(format!("{took}, and did not stop"))
        });
    }
}

/// The memory of the process since a question was asked of a server.
#[derive(Default)]
struct Memory {
    asked: u64,
    then: u64,
}

impl Memory {
    fn is_broken(&mut self) -> bool {
        if db::waiting().is_none() {
            return false;
        }
        let Some(now) = resident() else { return false };
        let asked = db::asked();
        if asked != self.asked {
            (self.asked, self.then) = (asked, now);
        }
        now.saturating_sub(self.then) > ANSWER
    }
}

/// The memory that the process has, in bytes, where the system tells it as Linux does.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
