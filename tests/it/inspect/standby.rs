//! A primary whose log is to be archived, and a replica of it: a second server on a copy of its files.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::tell;
use crate::support::{Running, connect, run, start_shared, wait};

/// Ends the replica as soon as this process has ended; its files go with those of the primary.
const WATCHDOG: &str = r#""$@" & read -r _; kill -QUIT $!; wait"#;

/// The two.
pub struct Pair {
    primary: Ephemeral,
    port: u16,
    watchdog: Running,
}

/// The two, started once.
pub static PAIR: LazyLock<Pair> = LazyLock::new(Pair::start);

impl Pair {
    fn start() -> Pair {
        let var = |name: &str| std::env::var_os(name);
        let binaries = Binaries::find(&var).expect("server binaries");
        let mut options = Options::from_env(&var);
        for (name, value) in [
            ("wal_level", "replica"),
            ("max_wal_senders", "4"),
            ("archive_mode", "on"),
            ("autovacuum", "off"),
            // So little that a table of a megabyte does not fit.
            ("shared_buffers", "1MB"),
        ] {
            options.settings.push((name.to_owned(), value.to_owned()));
        }
        let primary = Ephemeral::start(&binaries, &options).expect("a primary");
        let folder = primary.socket_dir().parent().expect("its directory").to_path_buf();
        let (data, copy) = (folder.join("data"), folder.join("replica"));
        let mut backup = wait(connect(&primary.url("postgres")));
        tell(&mut backup, "SELECT pg_backup_start('replica', true)");
        run(Command::new("cp").arg("-a").arg(&data).arg(&copy)).ok();
        let label: String =
            wait(sqlx::query_scalar("SELECT labelfile FROM pg_backup_stop(false)").fetch_one(&mut backup)).unwrap();
        let owner = std::fs::metadata(&data).expect("its owner");
        let write = |name: &str, text: &str| {
            std::fs::write(copy.join(name), text).unwrap();
            std::os::unix::fs::chown(copy.join(name), Some(owner.uid()), Some(owner.gid())).unwrap();
        };
        write("backup_label", &label);
        write("standby.signal", "");
        std::fs::remove_file(copy.join("postmaster.pid")).unwrap();
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o700)).unwrap();
        // Sockets are named after the port, and nobody listens on it.
        let port = if primary.port() == 65535 { 65534 } else { primary.port() + 1 };
        let from = format!(
            "host={} port={} user=postgres application_name=mirror",
            primary.socket_dir().display(),
            primary.port()
        );
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", WATCHDOG, "sh"])
            .arg(binaries.dir.join("postgres"))
            .arg("-D")
            .arg(&copy)
            .arg("-k")
            .arg(primary.socket_dir());
        for setting in [
            format!("port={port}"),
            format!("primary_conninfo={from}"),
            "listen_addresses=".to_owned(),
            "hot_standby=on".to_owned(),
            "fsync=off".to_owned(),
            "wal_receiver_status_interval=1s".to_owned(),
            "wal_retrieve_retry_interval=200ms".to_owned(),
            "wal_receiver_timeout=5s".to_owned(),
            "archive_mode=on".to_owned(),
            "shared_buffers=8MB".to_owned(),
            "max_wal_senders=4".to_owned(),
        ] {
            command.args(["-c", &setting]);
        }
        if nix::unistd::geteuid().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let log = std::fs::File::create(folder.join("replica.log")).unwrap();
        command.stdout(Stdio::null()).stderr(log).current_dir("/");
        let watchdog = start_shared(&mut command);
        let pair = Pair { primary, port, watchdog };
        let options: PgConnectOptions = pair.replica("postgres").parse().unwrap();
        let answers = || wait(options.clone().disable_statement_logging().connect()).is_ok();
        crate::support::until("the replica's answer", answers);
        pair
    }

    /// The URL of a database of the primary.
    pub fn primary(&self, database: &str) -> String {
        self.primary.url(database)
    }

    /// The same database, at the replica.
    pub fn replica(&self, database: &str) -> String {
        self.primary.url(database).replace(&format!("port={}", self.primary.port()), &format!("port={}", self.port))
    }

    /// The primary's socket.
    pub fn socket(&self) -> PathBuf {
        self.primary.socket_dir().join(format!(".s.PGSQL.{}", self.primary.port()))
    }
}

/// A connection that replicates, with these parameters beside it, once it has sent a command. It reads nothing of the answer.
pub fn replicates(socket: &Path, parameters: &str, command: &str) -> UnixStream {
    let mut stream = UnixStream::connect(socket).unwrap();
    let parameters = format!("user\0postgres\0{parameters}\0\0");
    let length = u32::try_from(8 + parameters.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, &196_608_u32.to_be_bytes(), parameters.as_bytes()].concat()).unwrap();
    // Until the server is ready for a query: a `Z` of five bytes.
    let mut said = Vec::new();
    while !said.ends_with(b"Z\0\0\0\x05I") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
    }
    let length = u32::try_from(5 + command.len()).unwrap().to_be_bytes();
    stream.write_all(&[b"Q", &length[..], command.as_bytes(), b"\0"].concat()).unwrap();
    stream
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}
