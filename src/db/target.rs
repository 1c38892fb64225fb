//! Which database: from the flag, the environment, a service file or `bursar.toml`.
//!
//! The precedence is flag, environment variable, configuration file; there is no default, because a
//! tool that writes must never guess a server. sqlx understands URLs, `PG*` and `.pgpass`; what it
//! lacks is added here: service files, and the refusal of what it would silently ignore.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::require_auth::RequireAuth;
use crate::config::Config;
use crate::error::{Error, Result};

/// A resolved target database. Printing it never shows a password.
#[derive(Debug, Clone)]
pub struct Target {
    /// The options that sqlx connects with.
    pub(super) options: PgConnectOptions,
    /// The ways to sign in that the server may ask for, where they were named.
    pub(super) require_auth: Option<RequireAuth>,
    /// The origin of the setting, for messages and `doctor`.
    pub source: String,
    /// The pack that the environment names.
    pub app: Option<String>,
    /// Notes for the user, such as a password in a configuration file.
    pub warnings: Vec<String>,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = match self.socket() {
            Some(path) => format!("[{}]", path.display()),
            None => self.options.get_host().to_owned(),
        };
        write!(f, "postgres://{}@{host}:{}/{}", self.options.get_username(), self.options.get_port(), self.database())
    }
}

impl Target {
    /// The name of the database.
    pub fn database(&self) -> &str {
        self.options.get_database().unwrap_or_else(|| self.options.get_username())
    }

    /// True where the server is on this machine: a Unix socket or a loopback address.
    pub fn is_local(&self) -> bool {
        let host = self.options.get_host();
        self.socket().is_some()
            || host == "localhost"
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// True where the connection is only made to a server that proves by a certificate which it is.
    pub fn is_verified(&self) -> bool {
        matches!(self.options.get_ssl_mode(), PgSslMode::VerifyFull | PgSslMode::VerifyCa)
    }

    fn socket(&self) -> Option<PathBuf> {
        let by_host = || self.options.get_host().starts_with('/').then(|| PathBuf::from(self.options.get_host()));
        self.options.get_socket().cloned().or_else(by_host)
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
    let target = match (flag, env_name) {
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
    };
    completed(target, var)
}

/// The target of one URL. `source` names where it came from.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_url(url: &str, source: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
    completed(parse(url, source, var)?, var)
}

fn completed(mut target: Target, var: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
    // sqlx falls back silently where these two do not parse.
    if let Some(port) = var("PGPORT")
        && port.parse::<u16>().is_err()
    {
        return Err(Error::usage(format!("PGPORT is '{port}', which is no port number")));
    }
    if let Some(mode) = var("PGSSLMODE")
        && mode.parse::<PgSslMode>().is_err()
    {
        return Err(Error::usage(format!("PGSSLMODE is '{mode}', which is no TLS mode")));
    }
    // As in libpq: TLS is for the network, and no server offers it on a Unix socket.
    if target.socket().is_some() {
        target.options = target.options.ssl_mode(PgSslMode::Disable);
    }
    // PgBouncer rejects startup parameters that it does not know.
    target.options = target.options.extra_float_digits(None);
    Ok(target)
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
    let holds_password = |url: Url| url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password");
    if environment.url.as_deref().and_then(|u| Url::parse(&with_user_last(u)).ok()).is_some_and(holds_password) {
        target.warnings.push(format!("[env.{name}] in {file} holds a password; use url_command or url_env instead"));
    }
    Ok(target)
}

/// The parameters of a URL or a service file that sqlx or bursar acts on.
const KNOWN: [&str; 13] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "dbname",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "options",
    "application_name",
    "require_auth",
];

/// libpq's parameters that change nothing about which data is read or how safely.
const HARMLESS: [&str; 10] = [
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslcompression",
    "sslsni",
    "gssencmode",
    "pgbouncer",
];

/// Refuses a password file that sqlx would wait for or read without an end.
fn password_file(var: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let file = match var("PGPASSFILE") {
        Some(file) => PathBuf::from(file),
        None => PathBuf::from(var("HOME").unwrap_or_default()).join(".pgpass"),
    };
    // With this one, people say that there is none.
    if file == Path::new("/dev/null") {
        return Ok(());
    }
    match std::fs::metadata(&file).ok().as_ref().and_then(crate::files::kind) {
        None => Ok(()),
        Some(kind) => Err(Error::usage(format!("the password file {} is {kind}", file.display()))
            .hint("PGPASSFILE names another one")),
    }
}

/// The text with a user that stands before no host as parameters. libpq accepts it, because the host may be a parameter or
/// the default, and the `url` crate refuses it.
fn with_user_last(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let Some(login) = authority.strip_suffix('@').filter(|login| !login.contains('@')) else { return text.into() };
    // A '+' is a space in a parameter, and a '&' begins another one.
    let escaped = |text: &str| text.replace('+', "%2B").replace('&', "%26");
    let login = match login.split_once(':') {
        Some((user, password)) => format!("user={}&password={}", escaped(user), escaped(password)),
        None => format!("user={}", escaped(login)),
    };
    let path = if rest.starts_with('/') { "" } else { "/" };
    let more = if rest.contains('?') { '&' } else { '?' };
    // Whoever has a '#' here is told of it below.
    format!("{scheme}://{path}{rest}{more}{login}").into()
}

fn parse(text: &str, source: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<Target> {
    let wrong = |why: String| {
        Error::usage(format!("{source} is no usable database URL: {why}"))
            .hint("the form is postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full")
    };
    let mut url = Url::parse(&with_user_last(text)).map_err(|e| {
        if text.matches(',').count() > 0 && text.contains("://") {
            wrong("several hosts in one URL are not supported; name the primary".to_owned())
        } else {
            wrong(e.to_string())
        }
    })?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(wrong(format!("its scheme is '{}', not postgres", url.scheme())));
    }
    // Part of a password, then, which must not be taken for a database and shown as one.
    if url.path().contains('@')
        || url.query().is_some_and(|q| q.split('&').any(|p| p.split('=').next().is_some_and(|k| k.contains('@'))))
        || url.fragment().is_some()
    {
        return Err(wrong(
            "a '/', '?' or '#' within a password has to be written as %2F, %3F or %23, and an '@' as %40".to_owned(),
        ));
    }
    let mut given: Vec<String> = Vec::new();
    let mut service = var("PGSERVICE");
    for (key, value) in url.query_pairs() {
        match &*key {
            "service" => service = Some(value.into_owned()),
            key if KNOWN.contains(&key) => given.push(key.to_owned()),
            key if HARMLESS.contains(&key) || key.starts_with("options[") => {}
            key => return Err(wrong(format!("it has the unknown parameter '{key}'"))),
        }
    }
    if let Some(name) = service {
        for (present, key) in [
            (url.host_str().is_some_and(|h| !h.is_empty()), "host"),
            (url.port().is_some(), "port"),
            (!url.username().is_empty(), "user"),
            (url.password().is_some(), "password"),
            (!url.path().trim_matches('/').is_empty(), "dbname"),
        ] {
            if present {
                given.push(key.to_owned());
            }
        }
        for (key, value) in super::service::read(&name, var)? {
            if !KNOWN.contains(&key.as_str()) && !HARMLESS.contains(&key.as_str()) {
                return Err(Error::usage(format!("service '{name}' has the unknown parameter '{key}'")));
            }
            if KNOWN.contains(&key.as_str()) && !given.contains(&key) {
                url.query_pairs_mut().append_pair(&key, &value);
            }
        }
    }
    let named = url.query_pairs().filter(|(k, _)| k == "require_auth").last().map(|(_, v)| v.into_owned());
    let require_auth = named.or_else(|| var("PGREQUIREAUTH")).map(|list| RequireAuth::parse(&list)).transpose()?;
    // sqlx warns about parameters that it does not act on; they were judged above.
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(k, _)| k != "service" && k != "require_auth" && !HARMLESS.contains(&&**k))
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    password_file(var)?;
    let options: PgConnectOptions = url.as_str().parse().map_err(|e: sqlx::Error| wrong(e.to_string()))?;
    Ok(Target { options, require_auth, source: source.to_owned(), app: None, warnings: Vec::new() })
}
