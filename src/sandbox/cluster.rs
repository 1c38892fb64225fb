//! One cluster in one directory: making it, starting its server, recognizing and stopping it.
//!
//! The layout is the same for kept and ephemeral clusters, so that an ephemeral one that is kept
//! after all can be stopped like any other:
//!
//! ```text
//! DIR/            the caller's; 0700, or 0711 when the server runs as another user
//!   .bursar-lock  held while starting and stopping; marks the directory as ours
//!   data/         the server's; exists only once it is complete
//!   socket/       the server's, 0700; or a link to such a directory where this path will not do
//!   log           what the server said since its last start
//!   pgpass        the password for TCP connections
//! ```
//!
//! Root writes only in DIR, never in a directory that the unprivileged user could prepare for it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::{NamedTempFile, TempDir};

use crate::error::{Error, Result, ResultExt};

use super::Binaries;
use super::account::{Account, give_to, hermetic_as};
use super::failure::{MAKE_ROOM, free_mb, port_is_busy, server_failure, unreadable, unusable};
use super::model::SUPERUSER;
use super::postmaster::{Postmaster, runs};

pub(super) const POLL: Duration = Duration::from_millis(10);

/// Crash recovery of a kept cluster may take a while; a fresh one is ready in a tenth of a second.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum time of a fast shutdown, which writes a checkpoint, before an immediate one.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const IMMEDIATE_STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings of a fast server. Its data may be lost when the machine stops.
pub(super) const NOT_DURABLE: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// A fresh cluster takes about 40 MB, and its first write-ahead log segments as much again.
const NEEDED_TO_INIT_MB: u64 = 80;

/// The longest path of a socket: `sockaddr_un` has room for 107 bytes on Linux and 103 on macOS.
const LONGEST_SOCKET_PATH: usize = 103;

/// True if a client can be pointed to sockets in this directory, whatever the port: their path has
/// to fit, libpq takes a comma for the end of a host, and lines end a path in our pipe and pid file.
pub(super) fn can_hold_sockets(dir: &Path) -> bool {
    let dir = dir.as_os_str().as_encoded_bytes();
    dir.len() + "/.s.PGSQL.65535".len() <= LONGEST_SOCKET_PATH && !dir.iter().any(|byte| b",\n".contains(byte))
}

/// A temporary directory that only we can enter; they are open to everybody by default.
pub(super) fn private_tempdir(parent: &Path) -> Result<TempDir> {
    let private = Permissions::from_mode(0o700);
    let dir = tempfile::Builder::new().prefix("bursar-").permissions(private).tempdir_in(parent);
    dir.map_err(|e| unusable(parent, e))
}

/// A cluster's directory, and who its server runs as.
#[derive(Debug)]
pub(super) struct Cluster {
    pub dir: PathBuf,
    pub account: Option<Account>,
}

/// Addresses and settings of a server.
pub(super) struct Launch<'a> {
    pub socket_dir: &'a Path,
    pub port: u16,
    /// True if it also listens on the loopback address.
    pub tcp: bool,
    /// Further settings, as `name=value`.
    pub settings: Vec<String>,
}

impl Cluster {
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The data directory while it is being created.
    pub fn unfinished(&self) -> PathBuf {
        self.dir.join("data.new")
    }

    /// Held while starting and stopping; its presence marks the directory as ours.
    pub fn lock(&self) -> PathBuf {
        self.dir.join(".bursar-lock")
    }

    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    pub fn pgpass(&self) -> PathBuf {
        self.dir.join("pgpass")
    }

    /// Sets the mode that lets exactly the server's user through.
    pub fn close_to_others(&self) -> Result<()> {
        let mode = if self.account.is_some() { 0o711 } else { 0o700 };
        fs::set_permissions(&self.dir, Permissions::from_mode(mode)).map_err(|e| unusable(&self.dir, e))
    }

    /// Makes a directory of mode 0700 for the server.
    pub fn make_private(&self, dir: &Path) -> Result<()> {
        DirBuilder::new().mode(0o700).create(dir).map_err(|e| unusable(dir, e))?;
        give_to(self.account.as_ref(), dir)
    }

    /// The major version of the data directory; none when there is no complete one yet.
    pub fn major(&self) -> Result<Option<u32>> {
        let path = self.data().join("PG_VERSION");
        match crate::files::read_text(&path) {
            Ok(text) => {
                let major = text.trim().parse().map_err(|_| {
                    Error::failed(format!("{} holds {:?} and not a version", path.display(), text.trim()))
                })?;
                Ok(Some(major))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(unreadable(&path, e)),
        }
    }

    /// Creates the data directory. It gets its name only when complete, so that an interrupted
    /// `initdb` is never taken for a cluster. `initdb` shares the lock, so that where we die before
    /// it, nobody else takes the lock and clears the directory that it still writes to.
    pub fn init(&self, binaries: &Binaries, durable: bool, lock: Option<&File>) -> Result<()> {
        let fresh = self.unfinished();
        if fresh.exists() {
            fs::remove_dir_all(&fresh).context(format!("cannot clear {}", fresh.display()))?;
        }
        if let Some(free) = free_mb(&self.dir).filter(|free| *free < NEEDED_TO_INIT_MB) {
            return Err(Error::failed(format!(
                "only {free} MB are free in {}, and a new cluster needs {NEEDED_TO_INIT_MB} MB",
                self.dir.display()
            ))
            .hint(MAKE_ROOM));
        }
        self.make_private(&fresh)?;

        let password = random_password()?;
        let lines = ["127.0.0.1", "localhost"].map(|host| format!("{host}:*:*:{SUPERUSER}:{password}\n"));
        write_secret(&self.pgpass(), &lines.concat())?;
        // The server's user cannot read our pgpass, and initdb takes a file with nothing else in it.
        let pwfile = NamedTempFile::new_in(&self.dir).map_err(|e| unusable(&self.dir, e))?;
        fs::write(pwfile.path(), &password).map_err(|e| unusable(pwfile.path(), e))?;
        give_to(self.account.as_ref(), pwfile.path())?;

        // Not every system knows C.UTF-8; C sorts the same way and knows fewer letters.
        let mut said = String::new();
        for locale in ["C.UTF-8", "C"] {
            let mut initdb = hermetic_as(self.account.as_ref(), &binaries.initdb());
            initdb.arg("--pgdata").arg(&fresh).arg("--pwfile").arg(pwfile.path()).args([
                "--auth-local=trust", // Safe only because the socket's directory lets nobody else in.
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--no-instructions",
                &format!("--locale={locale}"),
                &format!("--username={SUPERUSER}"),
            ]);
            if !durable {
                initdb.arg("--no-sync");
            }
            if let Some(lock) = lock {
                // It reads nothing from its standard input, which is the simplest file to hand on.
                initdb.stdin(lock.try_clone().context("cannot share the lock")?);
            }
            // Ctrl-C would make it leave shared memory behind, and it is done in a moment anyway.
            initdb.process_group(0);
            let output = initdb.output().context(format!("cannot run {}", binaries.initdb().display()))?;
            if output.status.success() {
                return fs::rename(&fresh, self.data()).map_err(|e| unusable(&self.data(), e));
            }
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            said = format!("{out}{err}");
            if !said.contains("invalid locale name") {
                break;
            }
        }
        Err(self.explain("initdb could not create the cluster", &said))
    }

    /// Starts the server and returns when it accepts connections. A server that is not ready in
    /// time is stopped.
    pub fn launch(&self, binaries: &Binaries, launch: &Launch<'_>) -> Result<Child> {
        if launch.tcp {
            check_port_is_free(launch.port)?;
        }
        // Nobody else uses this directory, so a socket that is left is a dead server's. Its lock
        // file would be believed if the process id in it had been given to another process.
        for entry in fs::read_dir(launch.socket_dir).map_err(|e| unreadable(launch.socket_dir, e))? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".s.PGSQL.") {
                fs::remove_file(entry.path()).map_err(|e| unusable(&entry.path(), e))?;
            }
        }
        let log = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.log());
        let log = log.map_err(|e| unusable(&self.log(), e))?;

        // The setting is a list of names in which a quoted one may hold spaces.
        let socket_dir = launch.socket_dir.to_string_lossy().replace('"', "\"\"");
        let mut postgres = hermetic_as(self.account.as_ref(), &binaries.postgres());
        postgres.arg("-D").arg(self.data());
        let listen = if launch.tcp { "127.0.0.1" } else { "" };
        let ours = [
            format!("unix_socket_directories=\"{socket_dir}\""),
            "unix_socket_permissions=0700".to_owned(),
            format!("listen_addresses={listen}"),
            format!("port={}", launch.port),
        ];
        for setting in ours.iter().chain(&launch.settings) {
            postgres.arg("-c").arg(setting);
        }
        // In its own process group, so that Ctrl-C on the terminal does not reach it before we
        // have decided what becomes of it.
        postgres.process_group(0).stdout(log.try_clone()?).stderr(log);
        let mut server = postgres.spawn().context(format!("cannot run {}", binaries.postgres().display()))?;

        match self.wait_until_ready(&mut || Ok(server.try_wait()?.is_none())) {
            Ok(()) => Ok(server),
            Err(_) if launch.tcp && self.read_log().contains("Address already in use") => {
                Err(port_is_busy(launch.port))
            }
            Err(e) => {
                // It has exited, unless it was too slow.
                if server.try_wait()?.is_none() {
                    self.shut_down(Pid::from_raw(server.id().cast_signed()))?;
                    server.wait()?;
                }
                Err(e)
            }
        }
    }

    /// Waits until the server accepts connections, for as long as `alive` says that there is one.
    pub fn wait_until_ready(&self, alive: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            if !alive()? {
                return Err(self.explain("the server could not start", &self.read_log()));
            }
            if self.postmaster()?.is_some_and(|p| p.ready) {
                return Ok(());
            }
            sleep(POLL);
        }
        let message = format!("the server was not ready after {} s", START_TIMEOUT.as_secs());
        Err(self.explain(&message, &self.read_log()))
    }

    /// The running server of this data directory; none for a pid file that a dead one left.
    pub fn postmaster(&self) -> Result<Option<Postmaster>> {
        let path = self.data().join("postmaster.pid");
        let text = match crate::files::read_text(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unreadable(&path, e)),
        };
        Ok(Postmaster::parse(&text).filter(|p| runs(p.pid, &self.data())))
    }

    /// Removes a dead server's pid file. Postgres would do so itself, except where the process id
    /// has since been given to another process of the same user, which it takes for the server.
    pub fn clear_stale_pid(&self) -> Result<()> {
        let path = self.data().join("postmaster.pid");
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(unusable(&path, e)),
            _ => Ok(()),
        }
    }

    /// Stops the server: first in order, then at once.
    pub fn shut_down(&self, pid: Pid) -> Result<()> {
        for (signal, timeout) in [(Signal::SIGINT, STOP_TIMEOUT), (Signal::SIGQUIT, IMMEDIATE_STOP_TIMEOUT)] {
            match kill(pid, signal) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(Errno::EPERM) => {
                    return Err(Error::refused(format!("the server (process {pid}) belongs to another user"))
                        .hint("stop it as the user who started it"));
                }
                Err(e) => {
                    return Err(std::io::Error::from(e)).context(format!("cannot signal the server (process {pid})"));
                }
            }
            let deadline = Instant::now() + timeout;
            while Instant::now() < deadline {
                if !runs(pid, &self.data()) {
                    return Ok(());
                }
                sleep(POLL);
            }
        }
        Err(self.explain(&format!("the server (process {pid}) does not stop"), &self.read_log()))
    }

    fn explain(&self, what: &str, said: &str) -> Error {
        server_failure(&self.dir, what, said)
    }

    fn read_log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log()).unwrap_or_default()).into_owned()
    }
}

/// Asked beforehand because the server's own complaint would be buried in its log.
fn check_port_is_free(port: u16) -> Result<()> {
    match std::net::TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AddrInUse => Err(port_is_busy(port)),
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            Err(Error::usage(format!("port {port} needs privileges that the server does not have"))
                .hint("choose a port above 1023"))
        }
        Err(e) => Err(Error::from(e).context(format!("cannot listen on 127.0.0.1:{port}"))),
    }
}

/// Writes a file that only we can read.
fn write_secret(path: &Path, text: &str) -> Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| unusable(path, e))
}

/// 256 random bits. From the system and not from a generator that is passed in: a password that a
/// seed reproduces would be none.
fn random_password() -> Result<String> {
    let mut bytes = [0; 32];
    let read = File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes));
    read.context("cannot make a password from /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_fits_up_to_the_smaller_limit_and_has_no_comma() {
        let longest = format!("/{}", "x".repeat(LONGEST_SOCKET_PATH - "/.s.PGSQL.65535".len() - 1));
        assert!(can_hold_sockets(Path::new(&longest)));
        assert!(!can_hold_sockets(Path::new(&format!("{longest}x"))));
        assert!(!can_hold_sockets(Path::new("/tmp/a,b")));
        // Bytes count, not characters.
        assert!(!can_hold_sockets(Path::new(&longest.replacen('x', "é", 1))));
    }
}
