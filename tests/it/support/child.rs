//! The one place that starts processes. A process ends with the test that started it, also when the test panics or
//! is killed itself: otherwise what it left behind would slow down every test after it.

use std::ffi::OsStr;
use std::io::Read as _;
use std::ops::{Deref, DerefMut};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::Ran;
use super::patience::Patience;

/// The end of every history that a test seeds, unless it names one itself: what is seeded must not depend on the
/// day on which the tests run.
pub const SEEDED_UNTIL: &str = "2026-11-01";

/// A `seed` with this variable keeps bursar's own default for the end of its history.
pub const UNPINNED: &str = "BURSAR_TEST_UNPINNED";

/// A process of a test, and its group. Both are killed when this is dropped.
#[derive(Debug)]
pub struct Running(Option<Child>);

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        self.0.as_ref().expect("a process")
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        self.0.as_mut().expect("a process")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        if matches!(child.try_wait(), Ok(None)) {
            // Also what it has started itself and what stayed in its group.
            let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
            let _ = child.wait();
        }
    }
}

/// Starts commands. `Command::spawn` and `Command::output` are not for tests.
pub trait Starts {
    /// Starts a process that dies with this thread. A test has a thread of its own, so it dies with the test.
    fn starts(&mut self) -> Running;

    /// The same, with its output kept.
    fn starts_quietly(&mut self) -> Running;
}

impl Starts for Command {
    #[track_caller]
    fn starts(&mut self) -> Running {
        pinned(self);
        dies_with_this_thread(self);
        self.process_group(0);
        let child = self.spawn().unwrap_or_else(|e| panic!("{}: {e}", self.get_program().display()));
        Running(Some(child))
    }

    #[track_caller]
    fn starts_quietly(&mut self) -> Running {
        self.stdout(Stdio::piped()).stderr(Stdio::piped()).starts()
    }
}

/// Starts a process that several tests share, in a group of its own. Its standard input is a pipe of this process, and
/// it has to end when that ends, as the scripts around servers do: the end of a thread would come too early.
///
/// # Panics
/// Where it cannot be started.
#[track_caller]
pub fn start_shared(command: &mut Command) -> Running {
    command.stdin(Stdio::piped()).process_group(0);
    let child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", command.get_program().display()));
    Running(Some(child))
}

/// What is done when this is dropped, or when this process ends otherwise.
#[derive(Debug)]
pub struct Afterwards(Running);

impl Drop for Afterwards {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It is waited for, so that whoever drops this finds it done.
        let _ = self.0.wait();
    }
}

/// Runs a shell script, whose `$ARGUMENT` this is, when this process has ended, however it ends: for what runs on by itself on
/// purpose.
pub fn afterwards(script: &str, argument: &OsStr) -> Afterwards {
    let mut command = Command::new("/bin/sh");
    super::hermetic(&mut command);
    // Not on the command line: tests look for a directory's processes by their arguments.
    command.args(["-c", &format!("read -r _; {script}")]).env("ARGUMENT", argument);
    Afterwards(start_shared(command.stdout(Stdio::null()).stderr(Stdio::null())))
}

/// Stops the sandbox of this directory afterwards, where there is one.
pub fn stops_sandbox(dir: &Path) -> Afterwards {
    let stop = format!("[ -d \"$ARGUMENT\" ] && '{}' sandbox stop --dir \"$ARGUMENT\"", env!("CARGO_BIN_EXE_bursar"));
    afterwards(&stop, dir.as_os_str())
}

impl Running {
    /// Waits for the end, as long as the process gets on.
    ///
    /// # Panics
    /// Where it does not: it is killed then.
    #[track_caller]
    pub fn ended(self) -> Ran {
        let output = self.wait_with_output();
        Ran {
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
            code: output.status.code().or_else(|| output.status.signal().map(|s| -s)).unwrap_or(i32::MIN),
        }
    }

    /// Waits for the end and returns what is left of the output, as long as the process gets on.
    ///
    /// # Panics
    /// Where it does not: it is killed then.
    #[track_caller]
    pub fn wait_with_output(mut self) -> Output {
        let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut bytes)).map(|_| bytes)
            })
        };
        drop(self.stdin.take());
        let stdout = read(self.stdout.take().map(|p| Box::new(p) as _));
        let stderr = read(self.stderr.take().map(|p| Box::new(p) as _));
        let status = self.waits();
        let bytes = |reader: std::thread::JoinHandle<std::io::Result<Vec<u8>>>| {
            reader.join().expect("a reader").expect("its output")
        };
        Output { status, stdout: bytes(stdout), stderr: bytes(stderr) }
    }

    #[track_caller]
    fn waits(&mut self) -> ExitStatus {
        let mut patience = Patience::new(Duration::from_millis(5));
        let id = self.id();
        loop {
            if let Some(status) = self.try_wait().expect("its state") {
                return status;
            }
            patience.waits(&format!("the end of process {id}"), || used(id));
        }
    }
}

/// The processor time that a process has used: it grows while the process gets on.
pub fn used(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name may hold anything, so what follows its last parenthesis is counted.
    let behind = stat.rsplit(')').next().unwrap_or_default();
    behind.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// Whether these arguments seed, and leave open until when.
pub fn is_open_seed<'a>(arguments: impl IntoIterator<Item = &'a OsStr>) -> bool {
    let mut arguments = arguments.into_iter();
    arguments.next().is_some_and(|first| first == "seed") && !arguments.any(|a| a == "--until")
}

/// Gives a seed an end of its history.
fn pinned(command: &mut Command) {
    let unpinned = command.get_envs().any(|(name, _)| name == UNPINNED);
    if !unpinned && is_open_seed(command.get_args()) {
        command.args(["--until", SEEDED_UNTIL]);
    }
}

/// Lets the kernel kill the process when the thread that starts it ends, as also happens when this process is killed.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the standard library has no other way to say this of a child")]
fn dies_with_this_thread(command: &mut Command) {
    let parent = nix::unistd::getpid();
    let ask = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // A suite that runs in the background may have been told to ignore these, and bursar would keep to it.
        for heard in [Signal::SIGINT, Signal::SIGHUP] {
            // SAFETY: no handler is installed, only the default.
            unsafe { nix::sys::signal::signal(heard, nix::sys::signal::SigHandler::SigDfl) }?;
        }
        // The parent may have ended before it was asked for.
        if nix::unistd::getppid() == parent { Ok(()) } else { Err(std::io::ErrorKind::NotFound.into()) }
    };
    // SAFETY: between fork and exec it makes a few system calls, and allocates nothing.
    unsafe {
        command.pre_exec(ask);
    }
}

#[cfg(not(target_os = "linux"))]
fn dies_with_this_thread(_: &mut Command) {}
