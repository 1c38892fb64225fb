//! The time and the memory of a child.

use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// A child that has ended.
pub struct Watched {
    /// Seconds from its start to its end.
    pub seconds: f64,
    /// The most memory that it held, in MiB.
    pub peak: u64,
    pub status: ExitStatus,
}

/// Runs a command to its end.
pub fn watched(command: &mut Command) -> Watched {
    let started = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let mut peak = 0;
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        peak = peak.max(line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0));
        match child.try_wait().expect("it ends") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    Watched { seconds: started.elapsed().as_secs_f64(), peak: peak / 1024, status }
}
