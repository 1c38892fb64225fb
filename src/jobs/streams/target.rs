//! The Redis: from an environment of `bursar.toml`, from `REDIS_URL`, or from `[redis]`.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
use url::Url;

use crate::config::{Config, RedisSource};
use crate::error::{Error, Result};
use crate::text::{quoted, quoted_path};

/// The variable that names the Redis.
const VARIABLE: &str = "REDIS_URL";

/// A Redis. Printing it never shows a password.
#[derive(Clone)]
pub struct RedisTarget {
    pub(super) info: ConnectionInfo,
    /// The origin of the URL, for messages.
    pub source: String,
    /// Notes for the user, such as a password in a configuration file.
    pub warnings: Vec<String>,
}

impl std::fmt::Display for RedisTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let settings = self.info.redis_settings();
        let user = settings.username().map(|user| format!("{user}@")).unwrap_or_default();
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) => write!(f, "redis://{user}{host}:{port}/{}", settings.db()),
            ConnectionAddr::TcpTls { host, port, .. } => write!(f, "rediss://{user}{host}:{port}/{}", settings.db()),
            ConnectionAddr::Unix(path) => write!(f, "redis+unix://{user}[{}]/{}", path.display(), settings.db()),
            _ => f.write_str("Redis"),
        }
    }
}

impl std::fmt::Debug for RedisTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl RedisTarget {
    /// True where the server is on this machine: a Unix socket or a loopback address.
    fn is_local(&self) -> bool {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            _ => true,
        }
    }

    /// The start of a command of redis-cli for this Redis. It asks for the password.
    pub fn cli(&self) -> String {
        let settings = self.info.redis_settings();
        let mut command = match self.info.addr() {
            ConnectionAddr::Tcp(host, port) => format!("redis-cli -h {} -p {port}", quoted(host)),
            ConnectionAddr::TcpTls { host, port, .. } => format!("redis-cli --tls -h {} -p {port}", quoted(host)),
            ConnectionAddr::Unix(path) => format!("redis-cli -s {}", quoted_path(path)),
            _ => "redis-cli".to_owned(),
        };
        command.push_str(&format!(" -n {}", settings.db()));
        if let Some(user) = settings.username() {
            command.push_str(&format!(" --user {}", quoted(user)));
        }
        if settings.password().is_some() {
            command.push_str(" --askpass");
        }
        command
    }

    fn sends_password_in_clear(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::Tcp(..))
            && !self.is_local()
            && self.info.redis_settings().password().is_some()
    }
}

/// Finds the Redis. An environment that is chosen by its name goes before the variable, as it does for the database.
///
/// # Errors
/// Usage errors: none named, a URL that is wrong; refused where the file that names it is not trusted. The URL is never
/// repeated, because it may hold a password.
pub fn resolve(config: &Config, env_name: Option<&str>, var: &dyn Fn(&str) -> Option<String>) -> Result<RedisTarget> {
    if let Some(name) = env_name
        && let Some(source) = &config.environment(name)?.redis
    {
        return configured(config, &format!("[env.{name}.redis]"), source, var);
    }
    if let Some(url) = var(VARIABLE) {
        return parse(&url, VARIABLE);
    }
    let default = config.default_env.as_deref().filter(|_| env_name.is_none());
    if let Some(name) = default
        && let Some(source) = config.env.get(name).and_then(|env| env.redis.as_ref())
    {
        return configured(config, &format!("[env.{name}.redis]"), source, var);
    }
    match (&config.redis, config.refusal()) {
        (Some(source), _) => configured(config, "[redis]", source, var),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => Err(Error::usage("no Redis was named").hint(
            "set REDIS_URL to redis://HOST:PORT, or to rediss://HOST:PORT for TLS, or add [redis] to bursar.toml",
        )),
    }
}

fn configured(
    config: &Config,
    part: &str,
    source: &RedisSource,
    var: &dyn Fn(&str) -> Option<String>,
) -> Result<RedisTarget> {
    let url = source.resolve_url(config, part, var)?;
    let file = config.path.as_deref().map(|p| p.display().to_string()).unwrap_or_default();
    let mut target = parse(&url, &format!("{part} in {file}"))?;
    if !target.is_local() {
        config.may(|| format!("{part} connects to {target}, which is not on this machine"))?;
    }
    if source.url.is_some() && target.info.redis_settings().password().is_some() {
        target.warnings.push(format!("{part} in {file} holds a password; use url_command or url_env instead"));
    }
    Ok(target)
}

fn parse(text: &str, source: &str) -> Result<RedisTarget> {
    let wrong = |why: &str| {
        Error::usage(format!("{source} is no usable URL of a Redis: {why}"))
            .hint("the form is rediss://HOST:PORT/NUMBER, or redis:// without TLS, with USER:PASSWORD@ before the host")
    };
    let url = Url::parse(text).map_err(|e| wrong(&e.to_string()))?;
    if !matches!(url.scheme(), "redis" | "rediss" | "redis+unix" | "unix" | "valkey" | "valkeys" | "valkey+unix") {
        // The scheme of what is no URL may be a part of a password.
        return Err(wrong("its scheme is none of redis, rediss and redis+unix"));
    }
    // The library takes `#insecure` for a wish to trust any certificate.
    if url.fragment().is_some() || url.path().contains('@') || url.query().is_some_and(|q| q.contains('@')) {
        return Err(wrong(
            "it has no fragment, and a '/', '?', '#' or '@' within a password has to be written as %2F, %3F, %23 or %40",
        ));
    }
    let info = url.into_connection_info().map_err(|e| wrong(e.detail().unwrap_or(e.category())))?;
    let mut target = RedisTarget { info, source: source.to_owned(), warnings: Vec::new() };
    if target.sends_password_in_clear() {
        target.warnings.push(format!("the password goes to {target} in clear text; rediss:// encrypts it"));
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::{Config, RedisTarget, parse, resolve};

    #[test]
    fn a_url_is_shown_without_its_password_and_a_wrong_one_not_at_all() {
        let shown = |url: &str| parse(url, "REDIS_URL").map(|t: RedisTarget| format!("{t} {t:?}"));
        for (url, expected) in [
            ("redis://:s3cret@localhost", "redis://localhost:6379/0"),
            ("rediss://ada:s3cret@db.example:7000/2", "rediss://ada@db.example:7000/2"),
            ("redis+unix:///run/redis.sock?pass=s3cret&user=ada", "redis+unix://ada@[/run/redis.sock]/0"),
        ] {
            assert_eq!(shown(url).unwrap(), format!("{expected} {expected}"));
        }
        for url in [
            "rediss://ada:s3cret@db.example#insecure",
            "redis://ada:s3c/ret@db.example",
            "http://ada:s3cret@db.example",
            "s3cret",
            "redis://ada:s3cret@db.example/two",
            "redis://0.0.0.0/?password=s3cret",
        ] {
            let error = shown(url).unwrap_err();
            assert!(!format!("{error} {:?}", error.hint).contains("s3c"), "{error}");
            assert_eq!(error.kind, crate::error::Kind::Usage);
        }
        let warned = |url: &str| !parse(url, "REDIS_URL").unwrap().warnings.is_empty();
        assert!(
            warned("redis://:x@db.example") && !warned("rediss://:x@db.example") && !warned("redis://:x@127.0.0.1")
        );
    }

    #[test]
    fn an_environment_by_name_goes_before_the_variable_and_the_file_comes_last() {
        let config = || {
            let text = "[redis]\nurl = 'redis://localhost:1'\n[env.a]\nurl = 'x'\nredis.url = 'redis://localhost:2'\n[env.b]\nurl = 'x'";
            toml::from_str::<Config>(text).unwrap()
        };
        let set = |_: &str| Some("redis://localhost:3".to_owned());
        let port = |env: Option<&str>, var: &dyn Fn(&str) -> Option<String>| {
            resolve(&config(), env, var).unwrap().to_string().chars().rev().nth(2).unwrap()
        };
        assert_eq!(
            [port(Some("a"), &set), port(Some("b"), &set), port(None, &set), port(None, &|_| None)],
            ['2', '3', '3', '1']
        );
        assert!(resolve(&Config::default(), None, &|_| None).unwrap_err().hint.unwrap().contains("REDIS_URL"));
    }
}
