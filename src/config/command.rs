//! Running the command that prints an environment's URL, such as a password manager.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

use crate::error::{Error, Kind, Result};

/// The most that a URL may be, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Maximum time for a process to end.
const PATIENCE: Duration = Duration::from_millis(500);

/// The command that runs now, for whoever ends the process. It runs in a blocking task, which cannot be dropped.
static RUNNING: Mutex<Option<Group>> = Mutex::new(None);

/// A command and everything that it started.
struct Group {
    leader: Pid,
    /// The terminal that the group was given.
    terminal: Option<File>,
}

impl Group {
    /// Takes the terminal back from the group.
    fn takes_back(&mut self) {
        if let Some(terminal) = self.terminal.take() {
            in_front(&terminal, getpgrp());
        }
    }
}

/// Makes a process group the one that reads from the terminal. Whoever is behind is stopped for that, unless the
/// signal is blocked.
fn in_front(terminal: &File, group: Pid) {
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTTOU);
    let blocked = stops.thread_block();
    // Where the terminal is gone, nobody can be in front.
    let _ = tcsetpgrp(terminal, group);
    if blocked.is_ok() {
        let _ = stops.thread_unblock();
    }
}

/// Ends the command and whatever it started, where one runs, and takes the terminal back.
pub fn end() {
    let group = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut group) = group else { return };
    group.takes_back();
    let _ = killpg(group.leader, Signal::SIGTERM);
    // What is stopped hears nothing else.
    let _ = killpg(group.leader, Signal::SIGCONT);
    let deadline = Instant::now() + PATIENCE;
    while killpg(group.leader, None).is_ok() {
        if Instant::now() > deadline {
            let _ = killpg(group.leader, Signal::SIGKILL);
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The URL that a command prints. Its standard error is ours, and where a person is before the terminal, the command
/// may ask them there.
///
/// # Errors
/// Usage errors: it fails, or prints something else than one line; interrupted where the person interrupts it.
pub(super) fn run(command: &str) -> Result<String> {
    let terminal = File::open("/dev/tty").ok().filter(|t| tcgetpgrp(t).is_ok_and(|front| front == getpgrp()));
    // Ctrl-Z would stop the command alone, and nobody could let it go on.
    let script = if terminal.is_some() { format!("trap '' TSTP\n{command}") } else { command.to_owned() };
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|e| Error::usage(format!("cannot run url_command: {e}")))?;
    let leader = Pid::from_raw(child.id().cast_signed());
    if let Some(terminal) = &terminal {
        in_front(terminal, leader);
        // It may have been stopped at the terminal before it was in front.
        let _ = killpg(leader, Signal::SIGCONT);
    }
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some(Group { leader, terminal });
    let ended = ended(&mut child);
    // What it left behind, such as an agent, is the command's own business.
    if let Some(mut group) = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take() {
        group.takes_back();
    }
    url(ended?)
}

fn ended(child: &mut Child) -> Result<(Vec<u8>, std::process::ExitStatus)> {
    let failed = |e: std::io::Error| Error::usage(format!("cannot read what url_command prints: {e}"));
    let mut printed = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LONGEST + 1).read_to_end(&mut printed).map_err(failed)?;
    }
    if printed.len() as u64 > LONGEST {
        end();
    }
    Ok((printed, child.wait().map_err(failed)?))
}

fn url((printed, status): (Vec<u8>, std::process::ExitStatus)) -> Result<String> {
    if printed.len() as u64 > LONGEST {
        return Err(Error::usage("url_command printed more than 64 KiB, which is no URL"));
    }
    if status.signal() == Some(Signal::SIGINT as i32) || status.code() == Some(128 + Signal::SIGINT as i32) {
        return Err(Error::new(Kind::Interrupted, "url_command was interrupted"));
    }
    if !status.success() {
        return Err(Error::usage(format!("url_command ended with {status}")));
    }
    let printed = String::from_utf8(printed).map_err(|_| Error::usage("url_command printed what is not UTF-8"))?;
    let url = printed.trim();
    match url.lines().count() {
        0 => Err(Error::usage("url_command printed nothing")),
        1 => Ok(url.to_owned()),
        lines => Err(Error::usage(format!("url_command printed {lines} lines, where the URL is to be the only one"))
            .hint("have it print everything else to standard error: … >&2")),
    }
}
