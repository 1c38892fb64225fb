//! A Redis of a test's own, on a Unix socket.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use redis::{Connection, FromRedisValue};

use super::{Running, Starts as _, until};

/// A running Redis. What it was told is on its disk before it answers.
pub struct Server {
    directory: tempfile::TempDir,
    settings: Vec<String>,
    running: Option<Running>,
}

impl Server {
    /// Starts one.
    pub fn start() -> Self {
        Server::with(|_| Vec::new())
    }

    /// Starts one with further settings, which may depend on its directory.
    pub fn with(settings: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let directory = tempfile::Builder::new().prefix("bursar-redis-").tempdir().expect("a directory");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("its mode");
        let settings = settings(directory.path());
        let mut server = Server { directory, settings, running: None };
        server.go_on();
        server
    }

    /// Starts it again, with what is on its disk.
    pub fn go_on(&mut self) {
        let socket = self.socket();
        let _ = std::fs::remove_file(&socket);
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--unixsocket"]);
        command.arg(&socket).arg("--dir").arg(self.directory.path()).args(&self.settings);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(command.starts());
        let answers = || {
            let url = self.url();
            let answer = redis::Client::open(url)
                .and_then(|client| client.get_connection())
                .and_then(|mut connection| redis::cmd("PING").query::<String>(&mut connection));
            // One that wants a password answers too.
            answer.map_or_else(|e| matches!(e.code(), Some("NOAUTH" | "WRONGPASS")), |_| true)
        };
        until("the answer of Redis: run `make setup`", answers);
    }

    /// Kills it, as a crash does.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// A connection to it.
    pub fn connect(&self) -> Connection {
        redis::Client::open(self.url()).and_then(|client| client.get_connection()).expect("a connection")
    }

    /// Tells it a command.
    #[track_caller]
    pub fn tell<T: FromRedisValue>(&self, words: &str) -> T {
        let words: Vec<&str> = words.split(' ').collect();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut self.connect()).unwrap_or_else(|e| panic!("{words:?}: {e}"))
    }
}
