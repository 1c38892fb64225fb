//! Recognizing a running server by the pid file in its data directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::Pid;

/// Content of `postmaster.pid`. The server fills it in line by line while it starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub pid: Pid,
    pub port: u16,
    pub socket_dir: PathBuf,
    pub tcp: bool,
    pub ready: bool,
}

impl Postmaster {
    pub fn parse(text: &str) -> Option<Postmaster> {
        let lines: Vec<&str> = text.lines().collect();
        let line = |number: usize| lines.get(number - 1).map_or("", |line| line.trim());
        // A standalone backend, as initdb runs it, writes its process id negated.
        let pid = line(1).parse().ok().filter(|pid| *pid > 0)?;
        Some(Postmaster {
            pid: Pid::from_raw(pid),
            port: line(4).parse().unwrap_or(0),
            socket_dir: PathBuf::from(line(5)),
            tcp: !line(6).is_empty(),
            ready: line(8) == "ready",
        })
    }
}

/// True if the process is the server of this data directory, and not one that was given the same
/// id later. The arguments show it to every user, which `/proc/PID/cwd` does not. A process that
/// has ended and is not yet waited for has none.
pub(super) fn runs(pid: Pid, data: &Path) -> bool {
    let data = data.as_os_str().as_encoded_bytes();
    if cfg!(target_os = "linux") {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments: Vec<&[u8]> = arguments.split(|byte| *byte == 0).collect();
        arguments.get(1..3).is_some_and(|found| found == [b"-D", data])
    } else {
        let output = Command::new("/bin/ps").args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output();
        let wanted = [b" -D ", data, b" "].concat();
        output.is_ok_and(|output| output.stdout.windows(wanted.len()).any(|window| window == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_files_are_read_complete_partial_and_foreign() {
        let full = "4711\n/d/data\n1700000000\n5433\n/d/socket\n127.0.0.1\n  5433001  65\nready   \n";
        let parsed = Postmaster::parse(full).unwrap();
        assert_eq!((parsed.pid.as_raw(), parsed.port, parsed.tcp, parsed.ready), (4711, 5433, true, true));
        assert_eq!(parsed.socket_dir, Path::new("/d/socket"));

        let socket_only = Postmaster::parse(&full.replace("127.0.0.1", "")).unwrap();
        assert!(!socket_only.tcp && socket_only.ready);
        assert!(!Postmaster::parse(&full.replace("ready   ", "starting")).unwrap().ready);
        assert!(!Postmaster::parse("4711\n/d/data\n").unwrap().ready);
        assert_eq!(Postmaster::parse("-4711\n"), None);
        assert_eq!(Postmaster::parse(""), None);
        assert_eq!(Postmaster::parse("garbage\n"), None);
    }

    #[test]
    fn a_process_that_is_not_the_server_is_not_taken_for_it() {
        let me = Pid::from_raw(std::process::id().cast_signed());
        assert!(!runs(me, Path::new("/tmp/data")));
    }
}
