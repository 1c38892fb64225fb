//! Which database: from the flag, the environment, a service file or `bursar.toml`.
//!
//! The precedence is flag, environment variable, configuration file; there is no default, because a
//! tool that writes must never guess a server. What a URL and the variables mean is libpq's to say; what bursar does not do
//! is refused rather than ignored.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::host::Host;
use super::keepalive::Keepalive;
use super::parameters::{Parameters, unusable};
use super::require_auth::{Method, RequireAuth};
use super::session_attrs::SessionAttrs;
use super::tls::{Authorities, Tls};
use super::{passfile, uri};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::text::without_password;

/// A resolved target database. Printing it never shows a password.
#[derive(Debug, Clone)]
pub struct Target {
    /// The servers, in the order in which they are tried. There is one at least.
    pub(super) hosts: Vec<Host>,
    /// The place of the one that was connected to.
    pub(super) chosen: Arc<AtomicUsize>,
    /// The kind of server that is wanted.
    pub(super) attrs: SessionAttrs,
    /// The ways to sign in that the server may ask for, and the parameter that named them.
    pub(super) allowed: Option<(RequireAuth, &'static str)>,
    /// The origin of the setting, for messages and `doctor`.
    pub source: String,
    /// The pack that the environment names.
    pub app: Option<String>,
    /// Notes for the user, such as a password in a configuration file.
    pub warnings: Vec<String>,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let user = self.hosts[0].options.get_username();
        write!(f, "postgres://{}@{}/{}", without_password(user), self.servers(), without_password(self.database()))
    }
}

/// No server was connected to yet.
const NONE: usize = usize::MAX;

impl Target {
    /// The name of the database.
    pub fn database(&self) -> &str {
        let options = &self.hosts[0].options;
        options.get_database().unwrap_or_else(|| options.get_username())
    }

    /// The host and port of the server; of each that may be tried, until one was connected to.
    pub fn servers(&self) -> String {
        self.tried().iter().map(Host::to_string).collect::<Vec<_>>().join(",")
    }

    /// The servers that a connection may be made to: all, until one was.
    pub(super) fn tried(&self) -> &[Host] {
        match self.chosen.load(Ordering::Relaxed) {
            NONE => &self.hosts,
            chosen => &self.hosts[chosen..=chosen],
        }
    }

    /// True where the server's address is one of this machine: a Unix socket or a loopback address.
    pub fn is_local(&self) -> bool {
        self.tried().iter().all(Host::is_local)
    }

    /// True where the connection is only made to a server that proves by a certificate which it is.
    pub fn is_verified(&self) -> bool {
        self.tried().iter().all(|host| host.tls.is_verified())
    }

    /// The same with other options of each of its servers.
    pub(super) fn with(mut self, change: impl Fn(PgConnectOptions) -> PgConnectOptions) -> Self {
        for host in &mut self.hosts {
            host.options = change(host.options.clone());
        }
        self
    }
}

/// The user's names for the database.
pub struct Request<'a> {
    /// `-d/--database-url`.
    pub flag: Option<&'a str>,
    /// `--env`.
    pub env_name: Option<&'a str>,
    /// The configuration file.
    pub config: &'a Config,
    /// Reads one environment variable; empty counts as unset, as in libpq.
    pub var: &'a dyn Fn(&str) -> Option<String>,
}

/// Finds the target.
///
/// # Errors
/// Usage errors: none named, both a flag and an environment, a URL that is wrong. The URL itself is
/// never repeated, because it may hold a password.
pub fn resolve(request: &Request<'_>) -> Result<Target> {
    let Request { flag, env_name, config, var } = request;
    Ok(match (flag, env_name) {
        (Some(_), Some(_)) => {
            return Err(Error::usage("--env and --database-url both name a database").hint("give one of them"));
        }
        (Some(url), None) => parse(url, "the --database-url flag", var)?,
        (None, Some(name)) => from_environment(config, name, var)?,
        (None, None) => {
            if let Some(url) = var("DATABASE_URL") {
                parse(&url, "DATABASE_URL", var)?
            } else if let Some(name) =
                ["PGSERVICE", "PGHOST", "PGHOSTADDR", "PGDATABASE"].iter().find(|v| var(v).is_some())
            {
                parse("postgres://", name, var)?
            } else if let Some(name) = &config.default_env {
                from_environment(config, name, var)?
            } else if let Some(refusal) = config.refusal() {
                return Err(refusal);
            } else {
                return Err(Error::usage("no database was named")
                    .hint("give --database-url URL, set DATABASE_URL or PGHOST/PGDATABASE, or add an environment to bursar.toml; `bursar sandbox start` makes a database to try things on"));
            }
        }
    })
}

/// The target of one URL. `source` names where it came from.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_url(url: &str, source: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
    parse(url, source, var)
}

fn from_environment(config: &Config, name: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
    let environment = config.environment(name)?;
    if let Some(app) = &environment.app {
        config.may(|| format!("[env.{name}] names the pack {app}"))?;
    }
    let url = environment.resolve_url(config, name, var)?;
    let file = config.path.as_deref().map(|p| p.display().to_string()).unwrap_or_default();
    let mut target = parse(&url, &format!("[env.{name}] in {file}"), var)?;
    // A password of the user's, from ~/.pgpass or PGPASSWORD, goes to whoever is at the other end.
    if !target.is_local() {
        config.may(|| format!("[env.{name}] connects to {target}, which is not on this machine"))?;
    }
    target.app.clone_from(&environment.app);
    let holds_password = |url: &String| uri::parse(url).is_ok_and(|found| found.contains_key("password"));
    if environment.url.as_ref().is_some_and(holds_password) {
        target.warnings.push(format!("[env.{name}] in {file} holds a password; use url_command or url_env instead"));
    }
    Ok(target)
}

/// Refuses a password file that sqlx would wait for or read without an end.
fn password_file(file: &Path) -> Result<()> {
    // With this one, people say that there is none.
    if file == Path::new("/dev/null") {
        return Ok(());
    }
    match std::fs::metadata(file).ok().as_ref().and_then(crate::files::kind) {
        None => Ok(()),
        Some(kind) => Err(Error::usage(format!("the password file {} is {kind}", file.display()))
            .hint("PGPASSFILE names another one")),
    }
}

fn parse(text: &str, source: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
    let given = uri::parse(text).map_err(|why| unusable(source, &why))?;
    let parameters = Parameters::collect(given, source, var)?;
    let home = PathBuf::from(var("HOME").unwrap_or_default());
    let passwords = parameters.get("passfile").map(PathBuf::from).or_else(|| var("PGPASSFILE").map(PathBuf::from));
    let passwords = passwords.unwrap_or_else(|| home.join(".pgpass"));
    password_file(&passwords)?;
    let attrs = match parameters.get("target_session_attrs") {
        None => SessionAttrs::Any,
        Some(name) => SessionAttrs::parse(name).ok_or_else(|| {
            let known = "any, read-write, read-only, primary, standby and prefer-standby";
            parameters.wrong("target_session_attrs", &format!("it is none of {known}"))
        })?,
    };
    let binds = match parameters.get("channel_binding") {
        None | Some("prefer" | "disable") => false,
        Some("require") => true,
        Some(_) => return Err(parameters.wrong("channel_binding", "it is none of disable, prefer and require")),
    };
    let allowed = match parameters.get("require_auth") {
        Some(list) => Some((RequireAuth::parse(list)?, "require_auth")),
        None if binds => Some((RequireAuth([Method::Scram].into()), "channel_binding=require")),
        None => None,
    };
    let tls = tls(&parameters, binds, &home)?;
    let hosts = hosts(&parameters, &tls, &Keepalive::of(&parameters)?, &passwords)?;
    // As in libpq: it counts where a file of authorities does.
    let revoked = home.join(".postgresql/root.crl");
    let counts =
        |tls: &Tls| !matches!(tls.mode, PgSslMode::Disable) && matches!(tls.authorities, Some(Authorities::File(_)));
    if hosts.iter().any(|host| counts(&host.tls)) && std::fs::metadata(&revoked).is_ok_and(|file| file.is_file()) {
        return Err(Error::usage(format!(
            "{} lists revoked certificates, and bursar cannot heed it: it reads no such lists",
            revoked.display()
        ))
        .hint(format!(
            "where it revokes nothing that matters, move it away: mv {0} {0}.unused; sslrootcert=system does not use it",
            crate::text::quoted_path(&revoked)
        )));
    }
    Ok(Target {
        hosts,
        chosen: Arc::new(AtomicUsize::new(NONE)),
        attrs,
        allowed,
        source: source.to_owned(),
        app: None,
        warnings: Vec::new(),
    })
}

/// How the connection is to be encrypted.
fn tls(parameters: &Parameters, binds: bool, home: &Path) -> Result<Tls> {
    let is_system = parameters.get("sslrootcert") == Some("system");
    let mut mode = match parameters.get("sslmode") {
        // As in libpq.
        None if is_system => PgSslMode::VerifyFull,
        None => PgSslMode::Prefer,
        Some(mode) => mode.parse().map_err(|_| {
            parameters.wrong(
                "sslmode",
                "it is no TLS mode; those are disable, allow, prefer, require, verify-ca and verify-full",
            )
        })?,
    };
    if is_system && !matches!(mode, PgSslMode::VerifyFull) {
        return Err(parameters.wrong(
            "sslrootcert",
            "system goes with sslmode=verify-full only, because anybody may have a certificate of such an authority",
        ));
    }
    let direct = match parameters.get("sslnegotiation") {
        None | Some("postgres") => false,
        Some("direct") => true,
        Some(_) => return Err(parameters.wrong("sslnegotiation", "it is neither postgres nor direct")),
    };
    let is_required = !matches!(mode, PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer);
    if direct && !is_required {
        return Err(
            parameters.wrong("sslnegotiation", "direct goes with sslmode=require, verify-ca or verify-full only")
        );
    }
    // A server that proves which it is leaves nobody room in between, which is what a binding is for.
    if binds {
        if matches!(mode, PgSslMode::Disable) {
            return Err(parameters.wrong("channel_binding", "require needs TLS, and sslmode=disable forbids it"));
        }
        mode = PgSslMode::VerifyFull;
    }
    let usual = |name: &str| Some(home.join(".postgresql").join(name)).filter(|file| file.is_file());
    let is_verified = matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    let file = match parameters.get("sslrootcert") {
        Some("system") => None,
        // As in libpq: one that is not there matters only where it is needed.
        Some(file) => Some(PathBuf::from(file)).filter(|file| is_verified || file.exists()),
        None => usual("root.crt"),
    };
    let authorities = file.map(Authorities::File).or_else(|| is_verified.then_some(Authorities::System));
    // Anybody may have a certificate of one of the system's authorities.
    let with_name = matches!(mode, PgSslMode::VerifyFull) || authorities == Some(Authorities::System);
    let client = match (parameters.get("sslcert"), parameters.get("sslkey")) {
        (None, None) => usual("postgresql.crt").zip(usual("postgresql.key")),
        (certificate, key) => {
            let or_usual = |given: Option<&str>, name: &str| {
                given.map_or_else(|| home.join(".postgresql").join(name), PathBuf::from)
            };
            Some((or_usual(certificate, "postgresql.crt"), or_usual(key, "postgresql.key")))
        }
    };
    let [min, max] = ["ssl_min_protocol_version", "ssl_max_protocol_version"].map(|key| parameters.get(key));
    let versions = Tls::versions(min, max).map_err(|why| {
        let key = if min.is_some() && !why.starts_with("ssl_max") {
            "ssl_min_protocol_version"
        } else {
            "ssl_max_protocol_version"
        };
        parameters.wrong(key, &why)
    })?;
    Ok(Tls { mode, authorities, with_name, client, versions, direct })
}

/// The servers of the lists of hosts, addresses and ports.
fn hosts(parameters: &Parameters, tls: &Tls, keepalive: &Keepalive, passwords: &Path) -> Result<Vec<Host>> {
    let [names, addresses, ports] = ["host", "hostaddr", "port"].map(|key| parameters.list(key));
    let count = if addresses.is_empty() { names.len().max(1) } else { addresses.len() };
    if !addresses.is_empty() && !names.is_empty() && names.len() != count {
        return Err(parameters.wrong("hostaddr", &format!("it names {count} addresses for {} hosts", names.len())));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(parameters.wrong("port", &format!("there are {} ports for {count} hosts", ports.len())));
    }
    let at = |list: &[&str], i: usize| list.get(i).copied().filter(|one| !one.is_empty()).map(str::to_owned);
    let mut hosts = Vec::new();
    for i in 0..count {
        let port = match at(&ports, if ports.len() == 1 { 0 } else { i }) {
            None => 5432,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| parameters.wrong("port", "it is no port number; those are 1 to 65535"))?,
        };
        let address = at(&addresses, i)
            .map(|address| address.parse().map_err(|_| parameters.wrong("hostaddr", "it is no IP address")))
            .transpose()?;
        let given = at(&names, i).or_else(|| at(&addresses, i));
        let name = given.clone().unwrap_or_else(|| default_host(port));
        // As in libpq: the folder that nobody has to name is this machine in a password file, and no other one is.
        let known_as = given.filter(|given| *given != DEFAULT_FOLDER).unwrap_or_else(|| "localhost".to_owned());
        let (options, no_password) = options(parameters, &name, port, passwords, &known_as)?;
        let mut host = Host { options, address, tls: tls.clone(), keepalive: keepalive.clone(), no_password };
        // As in libpq: TLS is for the network, and no server offers it on a Unix socket.
        if host.address.is_none() && host.socket().is_some() {
            if parameters.get("channel_binding") == Some("require") {
                return Err(
                    parameters.wrong("channel_binding", "require needs TLS, which no server offers on a Unix socket")
                );
            }
            host.tls.mode = PgSslMode::Disable;
        }
        hosts.push(host);
    }
    Ok(hosts)
}

/// The folder of the socket where libpq looks first.
const DEFAULT_FOLDER: &str = if cfg!(target_os = "macos") { "/tmp" } else { "/var/run/postgresql" };

/// Where the server of this machine is looked for.
fn default_host(port: u16) -> String {
    let folders = ["/var/run/postgresql", "/private/tmp", "/tmp"];
    let found = folders.into_iter().find(|folder| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists());
    found.unwrap_or("localhost").to_owned()
}

/// What sqlx needs to connect to one of the servers, and what to do about a password where there is none. `known_as` is the
/// server's name in a password file.
fn options(
    parameters: &Parameters,
    host: &str,
    port: u16,
    passwords: &Path,
    known_as: &str,
) -> Result<(PgConnectOptions, Option<String>)> {
    let mut url = Url::parse("postgres://").map_err(|e| Error::failed(e.to_string()))?;
    let mut pairs = url.query_pairs_mut();
    pairs.append_pair("host", host).append_pair("port", &port.to_string());
    for key in ["user", "dbname", "application_name"] {
        if let Some(value) = parameters.get(key) {
            pairs.append_pair(key, value);
        }
    }
    // Where there is none, sqlx would look for one by rules of its own.
    let given = parameters.get("password").unwrap_or_default();
    pairs.append_pair("password", given);
    pairs.extend_pairs(parameters.settings());
    drop(pairs);
    let options: PgConnectOptions =
        url.as_str().parse().map_err(|e: sqlx::Error| parameters.unusable(&e.to_string()))?;
    // PgBouncer rejects startup parameters that it does not know.
    let options = options.extra_float_digits(None);
    if !given.is_empty() {
        return Ok((options, None));
    }
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    let wanted = [known_as, &port.to_string(), database, options.get_username()];
    Ok(match passfile::password(passwords, wanted) {
        Ok(password) => (options.password(&password), None),
        Err(what_to_do) => (options, Some(what_to_do)),
    })
}
