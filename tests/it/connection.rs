//! Which database, as whom, how safely; and what happens when the server, the network or the user
//! ends it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bursar::sandbox::{Binaries, Ephemeral, Options};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use tempfile::TempDir;

use crate::support::{Db, Ran, Running, Starts as _, Template, bursar, connect, run, sample, turn, until, wait};

/// Nothing listens there, which a client notices at once.
const DEAD: &str = "127.0.0.1:1";

/// A directory with this `bursar.toml`.
fn configured(toml: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bursar.toml"), toml).unwrap();
    folder
}

/// A state directory in which the file of this folder is trusted.
fn trusted(folder: &TempDir) -> TempDir {
    let state = tempfile::tempdir().unwrap();
    let mut command = bursar();
    command.args(["config", "trust"]).arg(folder.path()).env("XDG_STATE_HOME", state.path());
    run(&mut command).ok();
    state
}

/// A URL that leads nowhere, told from others by its user.
fn dead(user: &str) -> String {
    format!("postgres://{user}@{DEAD}/x")
}

/// Runs an audit that cannot connect, and says where it was about to.
#[track_caller]
fn aims_at(command: &mut Command, user: &str, source: &str) {
    let ran = run(command.args(["audit", "-v"])).exits(5);
    ran.says(&format!("database: postgres://{user}@{DEAD}/x, from ")).says(source);
}

/// A process that has ended, and whose end nobody has asked for yet.
fn is_zombie(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

fn signal(child: &Running, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

/// An audit that the server keeps waiting for a table, until this is dropped.
struct Held {
    child: Option<Running>,
    /// The server processes that work for it, as a list.
    backends: String,
    /// Holds the table.
    holder: PgConnection,
}

impl Held {
    fn audit(db: &Db, arguments: &[&str]) -> Held {
        Held::start(db, bursar().args(["audit", "-d", &db.url()]).args(arguments))
    }

    fn start(db: &Db, command: &mut Command) -> Held {
        let mut holder = wait(connect(&db.url()));
        wait(sqlx::raw_sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").execute(&mut holder)).unwrap();
        let child = command.starts_quietly();
        let ours = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar audit'";
        until("a waiting audit", || db.value(&format!("SELECT count(*) {ours} AND wait_event_type = 'Lock'")) != "0");
        let backends = db.value(&format!("SELECT string_agg(pid::text, ', ') {ours}"));
        Held { child: Some(child), backends, holder }
    }

    /// Asked through the connection that holds the table, as others may be refused meanwhile.
    fn asks(&mut self, sql: &str) -> String {
        // A transaction sees pg_stat_activity as it first saw it.
        wait(sqlx::raw_sql("SELECT pg_stat_clear_snapshot()").execute(&mut self.holder)).unwrap();
        let sql = format!("SELECT ({sql})::text");
        wait(sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(sql)).fetch_one(&mut self.holder))
            .unwrap()
            .unwrap_or_default()
    }

    fn is_gone(&mut self) -> bool {
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE pid IN ({})", self.backends);
        self.asks(&sql) == "0"
    }

    fn signal(&self, sent: Signal) {
        signal(self.child.as_ref().unwrap(), sent);
    }

    /// Gives the table back.
    fn release(&mut self) {
        wait(sqlx::raw_sql("ROLLBACK").execute(&mut self.holder)).unwrap();
    }

    #[track_caller]
    fn ended(&mut self) -> Ran {
        self.child.take().unwrap().ended()
    }
}

// Which database.

#[test]
fn the_flag_beats_the_environment_which_beats_the_file() {
    let file = configured(&format!(
        "default_env = 'usual'\n[env.usual]\nurl = '{}'\n[env.other]\nurl = '{}'\n",
        dead("from_default"),
        dead("from_env_flag")
    ));
    let here = || {
        let mut command = bursar();
        command.current_dir(file.path());
        command
    };
    let with_variables = || {
        let mut command = here();
        command.envs([("DATABASE_URL", dead("from_variable")), ("PGHOST", "pghost.invalid".to_owned())]);
        command
    };
    aims_at(with_variables().args(["-d", &dead("from_flag")]), "from_flag", "from the --database-url flag");
    aims_at(with_variables().args(["--env", "other"]), "from_env_flag", "from [env.other] in ");
    aims_at(&mut with_variables(), "from_variable", "from DATABASE_URL");
    let parts = [("PGHOST", "127.0.0.1"), ("PGPORT", "1"), ("PGUSER", "from_parts"), ("PGDATABASE", "x")];
    aims_at(here().envs(parts), "from_parts", "from PGHOST");
    // An empty variable counts as unset.
    aims_at(here().envs([("DATABASE_URL", ""), ("PGHOST", "")]), "from_default", "from [env.usual] in ");
}

#[test]
fn an_environment_and_a_url_at_once_are_one_too_many() {
    let ran = run(bursar().args(["audit", "--env", "local", "-d", &dead("x")])).exits(2);
    ran.says("--env and --database-url both name a database");
}

#[test]
fn without_any_database_the_choices_are_named() {
    let nowhere = tempfile::tempdir().unwrap();
    // What only refines a choice is none.
    for extra in ["", "PGPORT", "PGUSER"] {
        let mut command = bursar();
        if !extra.is_empty() {
            command.env(extra, "5432");
        }
        let ran = run(command.arg("audit").current_dir(nowhere.path()).env("HOME", nowhere.path())).exits(2);
        let ran = ran.says("no database was named").says("--database-url").says("DATABASE_URL").says("PGHOST");
        ran.says("bursar.toml").says("bursar sandbox start");
    }
}

#[test]
fn the_file_is_found_upward_and_then_in_the_users_configuration() {
    let file = configured(&format!("default_env = 'local'\n[env.local]\nurl = '{}'\n", dead("upward")));
    let deep = file.path().join("a/b/c");
    std::fs::create_dir_all(&deep).unwrap();
    aims_at(bursar().current_dir(&deep), "upward", &format!("{}/bursar.toml", file.path().display()));

    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/bursar");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(
        config.join("bursar.toml"),
        format!("default_env = 'mine'\n[env.mine]\nurl = '{}'\n", dead("homely")),
    )
    .unwrap();
    aims_at(bursar().current_dir(home.path()).env("HOME", home.path()), "homely", "[env.mine]");
    // The nearest file is the only one that is read.
    aims_at(bursar().current_dir(&deep).env("HOME", home.path()), "upward", "[env.local]");
    run(bursar().args(["audit", "--env", "mine"]).current_dir(&deep).env("HOME", home.path()))
        .exits(2)
        .says("it defines local");
}

#[test]
fn a_url_comes_from_the_file_from_a_variable_or_from_a_command() {
    let file = configured(&format!(
        "[env.a]\nurl = '{}'\n[env.b]\nurl_env = 'SOME_URL'\n[env.c]\nurl_command = 'echo {}'\n[env.d]\nurl = 'x'\nurl_env = 'y'\n[env.e]\n",
        dead("plain"),
        dead("command")
    ));
    let state = trusted(&file);
    let at = |env: &str| {
        let mut command = bursar();
        command.args(["--env", env]).current_dir(file.path()).env("XDG_STATE_HOME", state.path());
        command
    };
    aims_at(&mut at("a"), "plain", "[env.a]");
    aims_at(at("b").env("SOME_URL", dead("variable")), "variable", "[env.b]");
    aims_at(&mut at("c"), "command", "[env.c]");
    run(at("b").arg("audit")).exits(2).says("environment 'b' reads SOME_URL, which is not set");
    for wrong in ["d", "e"] {
        run(at(wrong).arg("audit")).exits(2).says("needs exactly one of url, url_env and url_command");
    }
}

#[test]
fn an_unknown_environment_is_answered_with_those_that_there_are() {
    let file = configured("[env.local]\nurl = 'postgres://x'\n[env.staging]\nurl = 'postgres://y'\n");
    let ran = run(bursar().args(["audit", "--env", "prod"]).current_dir(file.path())).exits(2);
    ran.says("there is no environment 'prod'").says("it defines local, staging").says("[env.prod]");
    let empty = tempfile::tempdir().unwrap();
    run(bursar().args(["audit", "--env", "prod"]).current_dir(empty.path()).env("HOME", empty.path()))
        .exits(2)
        .says("no bursar.toml was found");
    let file = configured("default_env = 'gone'\n");
    run(bursar().arg("audit").current_dir(file.path()))
        .exits(2)
        .says("there is no environment 'gone'")
        .says("it defines none");
}

#[test]
fn a_file_that_is_wrong_is_named_with_the_line_and_not_repeated() {
    for (toml, place, why) in [
        ("default_env = 'a'\n\n[env.a]\nurl = \"postgres://u:s3cr3t@h/x\n", "bursar.toml:4:", "string"),
        ("[env.a]\nurl = 'postgres://u:s3cr3t@h/x' oops\n", "bursar.toml:2:", "expected"),
        ("[env.a]\nulr = 'postgres://u:s3cr3t@h/x'\n", "bursar.toml:2:", "unknown field `ulr`"),
        ("[env.a]\nurl = 5\n", "bursar.toml:2:", "expected a string"),
    ] {
        let file = configured(toml);
        let ran = run(bursar().arg("audit").current_dir(file.path())).exits(2).says(place).says(why);
        assert!(!ran.stderr.contains("s3cr3t"), "{}", ran.stderr);
        assert!(ran.stderr.contains(&file.path().display().to_string()), "{}", ran.stderr);
    }
}

#[test]
fn a_command_that_fails_says_so_and_its_output_is_kept_secret() {
    let file = configured(
        "[env.a]\nurl_command = 'echo postgres://u:s3cr3t@h/x; echo vault is sealed >&2; exit 9'\n[env.b]\nurl_command = 'true'\n[env.c]\nurl_command = 'echo s3cr3t'\n[env.d]\nurl_command = 'echo one; echo postgres://u:s3cr3t@h/x'\n",
    );
    let state = trusted(&file);
    for (env, why) in [
        ("a", "vault is sealed\n"),
        ("a", "url_command ended with exit status: 9"),
        ("b", "printed nothing"),
        ("c", "no usable database URL"),
        ("d", "url_command printed 2 lines, where the URL is to be the only one"),
    ] {
        let mut command = bursar();
        command.args(["audit", "-v", "--env", env]).current_dir(file.path()).env("XDG_STATE_HOME", state.path());
        let ran = run(&mut command).exits(2).says(why);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cr3t"), "{}", ran.stderr);
    }
}

#[test]
fn a_command_that_hangs_is_given_up_when_the_time_is() {
    let file = configured("[env.slow]\nurl_command = 'echo $$ >leader; sleep 600 & echo $! >child; wait'\n");
    let state = trusted(&file);
    let mut command = bursar();
    command.args(["audit", "--env", "slow", "--timeout", "300ms"]).current_dir(file.path());
    run(command.env("XDG_STATE_HOME", state.path())).exits(1).says("longer than --timeout 300ms");
    // Neither the command nor what it started outlives it.
    for name in ["leader", "child"] {
        let pid = std::fs::read_to_string(file.path().join(name)).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap());
        until("its end", || kill(pid, None).is_err() || is_zombie(pid));
    }
}

#[test]
fn a_password_in_the_file_works_and_is_warned_about() {
    let file = configured(&format!(
        "[env.a]\nurl = 'postgres://u:s3cr3t@{DEAD}/x'\n[env.b]\nurl = 'postgres://u@{DEAD}/x'\n[env.c]\nurl = 'postgres://u@{DEAD}/x?password=s3cr3t'\n"
    ));
    for env in ["a", "c"] {
        let ran = run(bursar().args(["audit", "--env", env]).current_dir(file.path())).exits(5);
        let ran = ran.says(&format!("warning: [env.{env}] in ")).says("holds a password; use url_command or url_env");
        assert!(!ran.stderr.contains("s3cr3t"), "{}", ran.stderr);
    }
    let ran = run(bursar().args(["audit", "--env", "b"]).current_dir(file.path())).exits(5);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[test]
fn an_environment_can_name_the_pack() {
    let db = Db::new(Template::Empty);
    let file = configured(&format!("default_env = 'a'\n[env.a]\nurl = '{}'\napp = 'mimivibe'\n", db.url()));
    let state = trusted(&file);
    let mut command = bursar();
    command.args(["migrate", "status"]).current_dir(file.path()).env("XDG_STATE_HOME", state.path());
    let ran = run(&mut command).ok();
    assert!(ran.stdout.contains("mimivibe"), "{}", ran.stdout);
}

#[test]
fn a_connection_service_is_read_and_the_url_beats_it() {
    let folder = tempfile::tempdir().unwrap();
    let services = folder.path().join("services.conf");
    std::fs::write(&services, "# ours\n[one]\nhost=127.0.0.1\nport=1\nuser=served\ndbname=x\n\n[odd]\nhost=127.0.0.1\nfrobnicate=1\n[broken]\nnonsense\n").unwrap();
    let with = |service: &str| {
        let mut command = bursar();
        command.env("PGSERVICEFILE", &services);
        if !service.is_empty() {
            command.env("PGSERVICE", service);
        }
        command
    };
    aims_at(&mut with("one"), "served", "from PGSERVICE");
    aims_at(with("").args(["-d", "postgres:///?service=one"]), "served", "flag");
    aims_at(with("").args(["-d", "postgres:///x?service=one&user=mine"]), "mine", "flag");
    // The service beats the single variables.
    aims_at(with("one").envs([("PGUSER", "variable"), ("PGHOST", "pghost.invalid")]), "served", "from PGSERVICE");
    run(with("absent").arg("audit")).exits(2).says("there is no connection service 'absent' in").says("services.conf");
    run(with("odd").arg("audit")).exits(2).says("service 'odd' has the unknown parameter 'frobnicate'");
    run(with("broken").arg("audit")).exits(2).says("services.conf:12: expected key=value");
}

#[test]
fn without_a_user_it_is_the_one_of_the_machine() {
    let me = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    for variables in [&[][..], &[("USER", ""), ("LOGNAME", "")], &[("USER", "somebody"), ("LOGNAME", "somebody")]] {
        aims_at(bursar().args(["-d", &format!("postgres://{DEAD}/x")]).envs(variables.iter().copied()), &me, "flag");
        aims_at(bursar().envs([("PGHOST", "127.0.0.1"), ("PGPORT", "1"), ("PGDATABASE", "x")]), &me, "PGHOST");
    }
    // So is the database, where none is named.
    let ran = run(bursar().args(["audit", "-v", "-d", &format!("postgres://{DEAD}")])).exits(5);
    ran.says(&format!("database: postgres://{me}@{DEAD}/{me}, from "));
    // A server that lets anybody in has to see the name, and so has the line of a password file.
    let url = format!("postgres://127.0.0.1:{}/postgres", SECURED.server.port());
    let ran = run(bursar().args(["doctor", "-o", "json", "-d", &url]));
    assert!(!ran.stdout.contains("anonymous"), "{ran:?}");
    assert!(ran.stdout.contains(&format!("postgres://{me}@127.0.0.1")), "{ran:?}");
    assert!(ran.stdout.contains(&format!(":postgres:{me}:PASSWORD")), "{ran:?}");
}

/// The timer of the connection to a port of this machine, as the system tells it: its kind, and hundredths of a second.
#[cfg(target_os = "linux")]
fn timer(port: u16) -> Option<(u8, u64)> {
    let all = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let to = format!("0100007F:{port:04X}");
    let line = all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let found = line.into_iter().find(|fields| fields.get(2) == Some(&to.as_str()) && fields[3] == "01")?;
    let (kind, left) = found[5].split_once(':')?;
    Some((u8::from_str_radix(kind, 16).ok()?, u64::from_str_radix(left, 16).ok()?))
}

#[cfg(target_os = "linux")]
#[test]
fn a_host_that_has_vanished_is_noticed_by_the_system() {
    for (parameters, expected) in [
        ("", Some(0..=6_000)),
        ("?keepalives_idle=7", Some(0..=700)),
        ("?keepalives_idle=7000", Some(600_000..=700_000)),
        ("?keepalives=0", None),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("postgres://u@{address}/x{parameters}");
        let child = bursar().args(["audit", "-d", &url, "--connect-timeout", "10m"]).starts_quietly();
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 8]).unwrap();
        let fits = |timer: (u8, u64)| match &expected {
            Some(within) => timer.0 == 2 && within.contains(&timer.1),
            None => timer.0 == 0,
        };
        until(&format!("the timer of '{parameters}'"), || timer(address.port()).is_some_and(fits));
        signal(&child, Signal::SIGINT);
        child.ended().exits(130);
    }
    for parameters in ["keepalives_idle=x", "tcp_user_timeout=1s", "keepalives=maybe"] {
        let url = format!("postgres://u@{DEAD}/x?{parameters}");
        run(bursar().args(["audit", "-d", &url])).exits(2).says(parameters.split('=').next().unwrap());
    }
}

#[test]
fn settings_that_would_be_ignored_are_refused() {
    let at = |url: &str| run(bursar().args(["audit", "-d", url]));
    at(&format!("postgres://u@{DEAD}/x?sslmod=require")).exits(2).says("unknown parameter 'sslmod'");
    at(&format!("postgres://u@{DEAD}/x?sslmode=maybe")).exits(2).says("sslmode");
    at("mysql://u@localhost/x").exits(2).says("its scheme is 'mysql', not postgres");
    at("").exits(2);
    at("localhost/x").exits(2).says("postgres://USER@HOST:PORT/DATABASE");
    at("host=localhost dbname=x").exits(2).says("postgres://USER@HOST:PORT/DATABASE");
    // What changes nothing about safety is accepted as libpq does.
    at(&format!("postgres://u@{DEAD}/x?connect_timeout=3&keepalives=1")).exits(5);
    let with =
        |name: &str, value: &str| run(bursar().args(["audit", "-d", "postgres://u@127.0.0.1/x"]).env(name, value));
    with("PGPORT", "abc").exits(2).says("PGPORT is 'abc'");
    with("PGPORT", "70000").exits(2).says("PGPORT is '70000'");
    with("PGSSLMODE", "nonsense").exits(2).says("PGSSLMODE is 'nonsense'");
}

#[test]
fn a_password_is_never_shown_whatever_is_wrong_with_the_url() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let urls = [
        "postgres://u:s3cr3t@h:badport/x".to_owned(),
        "postgres://u:s3cr3t@h:99999/x".to_owned(),
        format!("postgres://u:s3cr3t@{DEAD}/x?nonsense=1"),
        format!("postgres://u:s3cr3t@{DEAD}/x?sslmode=nonsense"),
        format!("postgres://u:s3cr3t@{DEAD}/x"),
        format!("postgres://u@{DEAD}/x?password=s3cr3t"),
        format!("postgres://u:s3cr3t@127.0.0.1:{port}/x"),
        "postgres://u:s3cr3t@nowhere.invalid/x".to_owned(),
        "mysql://u:s3cr3t@h/x".to_owned(),
        "u:s3cr3t@h/x".to_owned(),
        "//u:s3cr3t@h/x".to_owned(),
        "postgres://u:s3cr3t@h1:1,h2:2/x".to_owned(),
        "postgres://u:s3cr3t@[::zz]/x".to_owned(),
        "postgres://u:s3cr3t@h h/x".to_owned(),
        "host=h password=s3cr3t".to_owned(),
        // Passwords with characters that would have to be escaped.
        format!("postgres://u:s3cr3t?@{DEAD}/x"),
        format!("postgres://u:s3cr3t/@{DEAD}/x"),
        format!("postgres://u:s3cr3t#@{DEAD}/x"),
        "postgres://u:1?s3cr3t@h/x".to_owned(),
        "postgres://u:1/s3cr3t@h/x".to_owned(),
    ];
    for (number, url) in urls.iter().enumerate() {
        for (at, extra) in [
            &["-d", url][..],
            &["-v", "-d", url],
            &["-o", "json", "-d", url],
            &[url],
            &["--env", url],
            &["--app", url, "-d", "postgres://"],
        ]
        .into_iter()
        .enumerate()
        {
            if !turn(number + at, 4) {
                continue;
            }
            let mut command = bursar();
            command.args(["audit", "--connect-timeout", "200ms"]).args(extra);
            let ran = run(&mut command);
            assert!([2, 5].contains(&ran.code), "{extra:?}: {ran:?}");
            assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cr3t"), "{extra:?}: {ran:?}");
        }
        if !turn(number, 4) {
            continue;
        }
        let ran = run(bursar().args(["audit", "-v", "--connect-timeout", "200ms"]).env("DATABASE_URL", url));
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cr3t"), "{url}: {ran:?}");
    }
}

// As whom, and how safely: a server that listens on TCP with passwords and TLS.

/// A second server, with the certificate of an authority that nobody knows yet.
pub struct Secured {
    server: Ephemeral,
}

/// That person's password.
pub const PASSWORD: &str = "corr:ect h0rse\\battery";

pub static SECURED: LazyLock<Secured> = LazyLock::new(|| {
    let var = |name: &str| std::env::var_os(name);
    let binaries = Binaries::find(&var).expect("server binaries");
    let mut options = Options::from_env(&var);
    options.settings.push(("listen_addresses".to_owned(), "127.0.0.1".to_owned()));
    let server = Ephemeral::start(&binaries, &options).expect("a private server");

    let (authority, certificate, key) = certificates();
    std::fs::write(server.socket_dir().with_file_name("ca.pem"), authority).unwrap();
    let data = server.socket_dir().parent().unwrap().join("data");
    let owner = data.metadata().unwrap();
    for (name, text) in [("server.crt", certificate), ("server.key", key)] {
        let path = data.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let password = PASSWORD.replace('\'', "''");
    let set_up = format!("CREATE ROLE person LOGIN SUPERUSER PASSWORD '{password}'; CREATE DATABASE shop");
    for statement in set_up.split("; ").chain(["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"]) {
        let statement = statement.to_owned();
        wait(async {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connect(&server.url("postgres")).await).await
        })
        .unwrap();
    }
    let shop = server.url("shop");
    run(bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "-d", &shop])).ok();
    Secured { server }
});

/// An authority's certificate, and one for `localhost` that it signed, with its key.
fn certificates() -> (String, String, String) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.distinguished_name.push(rcgen::DnType::CommonName, "an authority of the tests");
    let authority_certificate = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = server.signed_by(&key, &issuer).unwrap().pem();
    (authority_certificate, certificate, key.serialize_pem())
}

impl Secured {
    /// The URL of its database `shop`, for somebody who has a password.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://person@{host}:{}/shop?{parameters}", self.server.port())
    }

    /// The certificate of its authority.
    pub fn authority(&self) -> PathBuf {
        self.server.socket_dir().with_file_name("ca.pem")
    }

    fn pgpass(&self, file: &Path, password: &str) {
        let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
        std::fs::write(
            file,
            format!("# ours\nelsewhere:*:*:person:wrong\n*:{}:shop:person:{escaped}\n", self.server.port()),
        )
        .unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// An audit with the right password, over TCP.
fn secured_audit(url: &str) -> Command {
    let mut command = bursar();
    command.args(["audit", "--only", "ledger", "-d", url]).env("PGPASSWORD", PASSWORD);
    command
}

#[test]
fn a_password_file_is_read_and_a_wrong_password_is_a_connection_error() {
    let url = SECURED.url("127.0.0.1", "");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgpass");
    let audit = |file: &Path| run(bursar().args(["audit", "--only", "ledger", "-d", &url]).env("PGPASSFILE", file));
    SECURED.pgpass(&file, PASSWORD);
    audit(&file).ok();
    run(bursar()
        .args(["audit", "--only", "ledger"])
        .envs([("PGHOST", "127.0.0.1"), ("PGUSER", "person"), ("PGDATABASE", "shop")])
        .env("PGPORT", SECURED.server.port().to_string())
        .env("PGPASSFILE", &file))
    .ok();
    // The default place.
    std::fs::rename(&file, folder.path().join(".pgpass")).unwrap();
    run(bursar().args(["audit", "--only", "ledger", "-d", &url]).env("HOME", folder.path())).ok();

    SECURED.pgpass(&file, "s3cr3t");
    let ran = audit(&file)
        .exits(5)
        .says("password authentication failed")
        .says("SQLSTATE 28P01")
        .says("PGPASSWORD, ~/.pgpass");
    assert!(!ran.stderr.contains("s3cr3t"), "{}", ran.stderr);
    let ran = run(bursar().args(["audit", "-o", "json", "-v", "-d", &url]).env("PGPASSWORD", "s3cr3t")).exits(5);
    assert_eq!(error_object(&ran)["sqlstate"], "28P01");
    assert!(!ran.stderr.contains("s3cr3t"), "{}", ran.stderr);
    // No password at all.
    audit(Path::new("/nonexistent")).exits(5);
}

#[test]
fn tls_is_verified_against_the_authority_that_is_named() {
    let authority = SECURED.authority();
    let url = SECURED.url("localhost", &format!("sslmode=verify-full&sslrootcert={}", authority.display()));
    run(&mut secured_audit(&url)).ok();
    // By variables alone.
    let plain = SECURED.url("localhost", "");
    run(secured_audit(&plain).env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", &authority)).ok();

    let unknown = SECURED.url("localhost", "sslmode=verify-full");
    let ran = run(&mut secured_audit(&unknown)).exits(5).says("TLS").says("certificate").says("sslrootcert");
    assert!(!ran.stderr.contains(PASSWORD), "{}", ran.stderr);
    let another = SECURED.url("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={}", authority.display()));
    run(&mut secured_audit(&another)).exits(5).says("TLS").says("certificate");
    // The name does not matter to this mode.
    let only_authority = SECURED.url("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={}", authority.display()));
    run(&mut secured_audit(&only_authority)).ok();
    let missing = SECURED.url("localhost", "sslmode=verify-full&sslrootcert=/nonexistent/ca.pem");
    let ran = run(&mut secured_audit(&missing));
    assert!([2, 5].contains(&ran.code), "{ran:?}");
    ran.says("No such file");
}

#[test]
fn the_server_sees_tls_where_it_was_asked_for_and_not_where_it_was_declined() {
    // A database of its own, where no other test's audit waits.
    let create = sqlx::raw_sql("CREATE DATABASE held TEMPLATE template0");
    wait(async { create.execute(&mut connect(&SECURED.server.url("postgres")).await).await }).unwrap();
    let held = SECURED.server.url("held");
    run(bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "-d", &held])).ok();
    let mut holder = wait(connect(&held));
    wait(sqlx::raw_sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").execute(&mut holder)).unwrap();
    for (mode, encrypted) in [("require", true), ("prefer", true), ("disable", false)] {
        let child = secured_audit(
            &SECURED.url("localhost", &format!("sslmode={mode}&application_name=x")).replace("/shop?", "/held?"),
        )
        .starts_quietly();
        let sql = "SELECT s.ssl FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE a.datname = current_database() AND a.application_name = 'bursar audit' AND a.wait_event_type = 'Lock'";
        let mut seen = None;
        until("a waiting audit", || {
            wait(sqlx::raw_sql("SELECT pg_stat_clear_snapshot()").execute(&mut holder)).unwrap();
            seen = wait(sqlx::query_scalar::<_, bool>(sql).fetch_optional(&mut holder)).unwrap();
            seen.is_some()
        });
        assert_eq!(seen, Some(encrypted), "{mode}");
        signal(&child, Signal::SIGINT);
        child.ended().exits(130).says("the server confirmed it");
    }
    // Each interrupt has reached the statement, and not only closed the connection.
    let log = std::fs::read_to_string(SECURED.server.socket_dir().parent().unwrap().join("log")).unwrap();
    assert!(log.matches("canceling statement due to user request").count() >= 3, "{log}");
}

#[test]
fn a_server_without_tls_is_no_server_for_who_requires_it() {
    // It answers the request for TLS as Postgres does that has none.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for mode in ["require", "verify-ca", "verify-full"] {
        let child =
            bursar().args(["audit", "-d", &format!("postgres://u:s3cr3t@{address}/x?sslmode={mode}")]).starts_quietly();
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 8]).unwrap();
        stream.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty(), "{mode}: it went on without TLS");
        child.ended().exits(5).says("server does not support TLS").says("sslmode");
    }
}

// When the server or the network does not answer.

#[test]
fn a_server_that_is_not_there_is_noticed_quickly() {
    for url in [dead("u"), "postgres:///x?host=/nonexistent".to_owned()] {
        let started = Instant::now();
        run(bursar().args(["audit", "-d", &url])).exits(5).says("cannot connect to postgres://").says("try:");
        assert!(started.elapsed() < Duration::from_secs(5), "{url}: {:?}", started.elapsed());
    }
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/x", listener.local_addr().unwrap());
    for extra in [&["--connect-timeout", "300ms"][..], &["--connect-timeout", "300ms", "--timeout", "1h"]] {
        let started = Instant::now();
        run(bursar().args(["audit", "-d", &url]).args(extra))
            .exits(5)
            .says("no answer within 300ms")
            .says("--connect-timeout");
        assert!((300..3000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
    }
    run(bursar().args(["audit", "-d", &url, "--timeout", "300ms"]))
        .exits(5)
        .says("the server did not answer")
        .says("longer than --timeout 300ms");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/x", listener.local_addr().unwrap());
    let child = bursar().args(["audit", "-d", &url]).starts_quietly();
    let (stream, _) = listener.accept().unwrap();
    signal(&child, Signal::SIGINT);
    child.ended().exits(130).says("interrupted");
    drop(stream);
}

#[test]
fn a_server_that_hangs_up_or_talks_nonsense_is_a_connection_error() {
    for answer in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://u@{}/x", listener.local_addr().unwrap());
        let child = bursar().args(["audit", "-d", &url]).starts_quietly();
        let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 8]).unwrap();
        stream.write_all(answer).unwrap();
        drop(stream);
        child.ended().exits(5).says("cannot connect to");
    }
}

// What the server sees, and how a command ends early.

#[test]
fn a_session_says_which_command_it_is() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let mut held = Held::audit(&db, &[]);
    let backends = held.backends.clone();
    assert_eq!(
        held.asks(&format!("SELECT DISTINCT application_name FROM pg_stat_activity WHERE pid IN ({backends})")),
        "bursar audit"
    );
    // Open transactions, which have no ids of their own because they have written nothing.
    assert_eq!(
        held.asks(&format!(
            "SELECT bool_and(backend_xid IS NULL AND xact_start IS NOT NULL) FROM pg_stat_activity WHERE pid IN ({backends})"
        )),
        "true"
    );
    held.release();
    held.ended().ok();
}

#[test]
fn when_the_time_is_up_the_server_stops_too() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let mut held = Held::audit(&db, &["--timeout", "2s"]);
    assert!(!held.is_gone());
    let started = Instant::now();
    held.ended().exits(1).says("longer than --timeout 2s").says("the server confirmed it");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert!(held.is_gone());
}

#[test]
fn an_interrupt_is_told_to_the_server_and_the_rollback_is_waited_for() {
    let db = Db::new(Template::Migrated("mimivibe"));
    for (sent, code, word) in [(Signal::SIGINT, 130, "interrupted"), (Signal::SIGTERM, 143, "terminated")] {
        let mut held = Held::audit(&db, &[]);
        held.signal(sent);
        let ran =
            held.ended().exits(code).says(word).says("it only read, and has stopped, and the server confirmed it");
        assert_eq!(ran.stdout, "");
        assert!(held.is_gone());
    }
    // As data.
    let mut held = Held::audit(&db, &["-o", "json"]);
    held.signal(Signal::SIGINT);
    let ran = held.ended().exits(130);
    assert_eq!((&error_object(&ran)["kind"], &error_object(&ran)["exit_code"]), (&"interrupted".into(), &130.into()));
}

#[test]
fn an_interrupted_seed_leaves_nothing() {
    for (sent, code) in sample([(Signal::SIGINT, 130), (Signal::SIGTERM, 143)], 2) {
        let db = Db::new(Template::Migrated("mimivibe"));
        let child = bursar().args(["seed", "--users", "1000000", "--yes", "-d", &db.url()]).starts_quietly();
        // The table is not empty any more, but only for the seed itself.
        until("a seed that writes", || db.value("SELECT pg_relation_size('wallet_transactions')") != "0");
        signal(&child, sent);
        child.ended().exits(code).says("was rolled back, and the server confirmed it");
        assert_eq!(db.value("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM wallet_transactions) + (SELECT count(*) FROM bursar.operations WHERE command = 'seed')"), "0");
        assert_eq!(db.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar seed'"), "0");
    }
}

#[test]
fn a_connection_that_is_lost_midway_leaves_an_audit_incomplete_and_ends_a_write() {
    let db = Db::new(Template::Migrated("mimivibe"));
    for parallel in ["1", "3"] {
        let mut held = Held::audit(&db, &["-o", "json", "--parallel", parallel]);
        let backends = held.backends.clone();
        held.asks(&format!("SELECT bool_and(pg_terminate_backend(pid)) FROM unnest(ARRAY[{backends}]) AS pid"));
        held.release();
        // What hung on a lost connection is incomplete, with the reason; a new snapshot is never mixed in.
        let ran = held.ended().exits(6);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&report["verdict"], &report["complete"]), (&"incomplete".into(), &false.into()));
        assert!(ran.stdout.contains("57P01"), "{report}");
        assert_eq!(report["summary"]["checks"], report["checks"].as_array().unwrap().len());
    }

    let child = bursar().args(["seed", "--users", "1000000", "--yes", "-d", &db.url()]).starts_quietly();
    until("a seed that writes", || db.value("SELECT pg_relation_size('wallet_transactions')") != "0");
    db.value("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar seed'");
    child.ended().exits(5);
    assert_eq!(db.value("SELECT count(*) FROM users"), "0");
}

// Where the output goes.

/// The one JSON object that an error is, behind any notes.
#[track_caller]
fn error_object(ran: &Ran) -> Value {
    let line = ran.stderr.lines().last().unwrap_or_default();
    let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {}", ran.stderr));
    object["error"].clone()
}

#[test]
fn with_json_an_error_is_one_object() {
    let ran = run(bursar().args(["audit", "-o", "json", "-d", &dead("u")])).exits(5);
    assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{ran:?}");
    let error = error_object(&ran);
    assert_eq!(
        (&error["kind"], &error["exit_code"], &error["sqlstate"]),
        (&"connection".into(), &5.into(), &Value::Null)
    );
    assert!(error["message"].as_str().unwrap().contains("cannot connect to postgres://u@127.0.0.1:1/x"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("is the server running"), "{error}");

    for arguments in [
        &["audit", "-o", "json", "--nonsense"][..],
        &["audit", "--output=json", "--limit", "x"],
        &["-ojson", "nonsense"],
        &["seed", "-o", "json", "--users", "0"],
    ] {
        let ran = run(bursar().args(arguments)).exits(2);
        assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{ran:?}");
        let error = error_object(&ran);
        assert_eq!((&error["kind"], &error["exit_code"]), (&"usage".into(), &2.into()), "{error}");
        assert!(
            !error["message"].as_str().unwrap().is_empty() && !error["hint"].as_str().unwrap().is_empty(),
            "{error}"
        );
    }
    let ran = run(bursar().args(["audit", "-o", "json", "-d", "postgres://h/x?nonsense=1"])).exits(2);
    assert!(error_object(&ran)["message"].as_str().unwrap().contains("unknown parameter 'nonsense'"));
    // Without it, an error is text.
    assert!(run(bursar().args(["audit", "-d", &dead("u")])).stderr.starts_with("error: "));
}

#[test]
fn a_reader_that_closes_early_is_no_error() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    let url = db.url();
    for arguments in [
        &["audit", "-d", &url][..],
        &["audit", "-o", "json", "-d", &url],
        &["migrate", "status", "-d", &url],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let mut child = bursar().args(arguments).starts_quietly();
        drop(child.stdout.take());
        let ran = child.ended().ok();
        assert!(!ran.stderr.contains("error") && !ran.stderr.contains("panic"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_a_failure() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    let url = db.url();
    for arguments in [
        &["audit", "-d", &url][..],
        &["audit", "-o", "json", "-d", &url],
        &["migrate", "status", "-d", &url],
        &["man"],
        &["completions", "bash"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let child = bursar().args(arguments).stdout(full).stderr(Stdio::piped()).starts();
        child.ended().exits(1).says("cannot write to standard output");
    }
}

#[test]
fn a_closed_standard_error_changes_nothing() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    let mut child = bursar().args(["audit", "-v", "-d", &db.url()]).starts_quietly();
    drop(child.stderr.take());
    assert!(child.wait_with_output().status.success());
}
