//! PgBouncer in front of the run's server, on a Unix socket of its own.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};

use super::url;
use super::{Running, start_shared, until};

/// As in a configuration that somebody has copied from the server's: nothing in the address tells.
const PORT: u16 = 5432;

/// Ends PgBouncer as soon as the other end of its input is closed, however this process ends.
const WATCHDOG: &str = r#""$0" -q pgbouncer.ini & read -r _; kill $!; wait"#;

/// A running PgBouncer.
pub struct Pooler {
    directory: tempfile::TempDir,
    user: String,
    watchdog: Running,
    input: Option<ChildStdin>,
}

impl Pooler {
    /// Starts one: `mode` is its pool_mode, and `size` how many server connections a database gets.
    pub fn start(mode: &str, size: u32) -> Self {
        let program = ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/local/sbin"]
            .map(|d| Path::new(d).join("pgbouncer"))
            .into_iter()
            .find(|p| p.exists())
            .expect("there is no PgBouncer: run `make setup`");
        let options: PgConnectOptions = url("postgres").parse().expect("a URL");
        let host = options.get_socket().map_or(options.get_host().to_owned(), |path| path.display().to_string());
        let server = url::Url::parse(&url("postgres")).expect("a URL");
        let password = server.password().map(|p| format!(" password='{p}'")).unwrap_or_default();
        let user = options.get_username().to_owned();
        let directory = tempfile::Builder::new().prefix("bursar-pooler-").tempdir().expect("a directory");
        let path = directory.path();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
        let settings = format!(
            "[databases]\n* = host={host} port={} user={user}{password}\n\n[pgbouncer]\nlisten_port = {PORT}\nunix_socket_dir = {}\n\
             auth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\nmax_client_conn = 500\nlogfile = {}\n",
            options.get_port(),
            path.display(),
            path.join("log").display()
        );
        std::fs::write(path.join("pgbouncer.ini"), settings).expect("its settings");
        let mut command = Command::new("sh");
        command.args(["-c", WATCHDOG]).arg(program).current_dir(path);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        // It does not run as root, and has to come to the server's socket.
        if nix::unistd::geteuid().is_root() {
            let named = |name| nix::unistd::User::from_name(name).ok().flatten();
            let account = named("postgres").or_else(|| named("nobody")).expect("a user to run it as");
            chown(path, Some(account.uid.as_raw()), Some(account.gid.as_raw())).expect("its owner");
            command.uid(account.uid.as_raw()).gid(account.gid.as_raw());
        }
        let mut watchdog = start_shared(&mut command);
        let input = watchdog.stdin.take();
        let pooler = Pooler { directory, user, watchdog, input };
        until("PgBouncer's answer", || UnixStream::connect(pooler.path(&format!(".s.PGSQL.{PORT}"))).is_ok());
        pooler
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// A connection through one, without the parameter that PgBouncer rejects.
    pub async fn connect(url: &str) -> PgConnection {
        let options: PgConnectOptions = url.parse().expect("a URL");
        options.extra_float_digits(None).disable_statement_logging().connect().await.expect("a connection")
    }

    /// The URL of a database through it.
    pub fn url(&self, database: &str) -> String {
        let mut url = url::Url::parse(&format!("postgres:///{database}")).expect("a URL");
        url.query_pairs_mut()
            .append_pair("host", &self.directory.path().display().to_string())
            .append_pair("port", &PORT.to_string())
            .append_pair("user", &self.user);
        url.to_string()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.watchdog.wait();
    }
}
