//! `bursar.toml`: named environments. Looked for upward from the working directory, then in the
//! user's configuration directory; the first file found is the only one read.
//!
//! A file in the user's configuration directory is the user's own word. Any other may have come with a folder
//! that somebody else wrote, so that until the user trusts it, it may only name a database of this machine.

mod command;
mod find;
mod trust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use command::end as end_command;
pub use find::{FILE_NAME, nearest};
pub use trust::{Standing, Store};

use crate::error::{Error, Result, ResultExt};
use crate::{files, text};

/// The parsed configuration file, or the empty configuration where there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The environment that is used when nothing else names a database.
    pub default_env: Option<String>,
    /// The named environments.
    #[serde(default)]
    pub env: BTreeMap<String, Environment>,
    /// The Redis whose streams stand in front of the jobs, where an environment names none of its own.
    pub redis: Option<RedisSource>,
    /// The file that the configuration was read from.
    #[serde(skip)]
    pub path: Option<PathBuf>,
    /// The trust in the file.
    #[serde(skip)]
    pub standing: Standing,
}

/// One named environment: exactly one of `url`, `url_env` and `url_command`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// A URL, which should hold no password.
    pub url: Option<String>,
    /// The environment variable that holds the URL.
    pub url_env: Option<String>,
    /// A shell command that prints the URL, such as a password manager's.
    pub url_command: Option<String>,
    /// The pack to use, instead of detecting it.
    pub app: Option<String>,
    /// The Redis whose streams stand in front of this database's jobs.
    pub redis: Option<RedisSource>,
}

/// The source of the URL of a Redis: exactly one of `url`, `url_env` and `url_command`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSource {
    /// A URL, which should hold no password.
    pub url: Option<String>,
    /// The environment variable that holds the URL.
    pub url_env: Option<String>,
    /// A shell command that prints the URL.
    pub url_command: Option<String>,
}

/// The usage error of a file that is not what it should be: the file, the line, the column, and why.
/// The parser's own rendering repeats the line, which may hold a password.
pub(crate) fn unparsed(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let before = text.get(..error.span().map_or(0, |s| s.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Error::usage(format!("{}:{line}:{column}: {}", path.display(), error.message()))
}

impl Config {
    /// Reads the nearest configuration file.
    ///
    /// # Errors
    /// A file that cannot be read or parsed is a usage error that names the file, and the line.
    pub fn load(working_directory: &Path) -> Result<Self> {
        match nearest(working_directory) {
            Some(path) => Self::read(&path),
            None => Ok(Config::default()),
        }
    }

    /// Reads this file. One that somebody else may have written is not looked into.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self::read_with_content(path)?.0)
    }

    /// As [`Config::read`], and the bytes that it was read from.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn read_with_content(path: &Path) -> Result<(Self, Vec<u8>)> {
        let unreadable = |e: std::io::Error| Error::usage(format!("cannot read {}: {e}", path.display()));
        // Whatever is wrong about somebody else's file must not stand in anybody's way.
        if let Some(refused) = std::fs::metadata(path).ok().and_then(|m| trust::written_by_others(&m)) {
            let config =
                Config { path: Some(path.to_owned()), standing: Standing::Refused(refused), ..Config::default() };
            return Ok((config, Vec::new()));
        }
        let (file, metadata) = files::open(path).map_err(unreadable)?;
        // What is trusted is what is parsed, however often the file is replaced meanwhile.
        let bytes = files::bounded(file).map_err(unreadable)?;
        let standing = Standing::of(path, &metadata, &bytes)?;
        let mut config = match standing {
            Standing::Refused(_) => Config::default(),
            _ => {
                let text = files::text(bytes.clone()).map_err(unreadable)?;
                toml::from_str(&text).map_err(|e| unparsed(path, &text, &e))?
            }
        };
        config.path = Some(path.to_owned());
        config.standing = standing;
        Ok((config, bytes))
    }

    /// The environment called `name`.
    ///
    /// # Errors
    /// A usage error where there is none; refused where the file is.
    pub fn environment(&self, name: &str) -> Result<&Environment> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        self.env.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.env.keys().map(String::as_str).collect();
            let (known, file) = match &self.path {
                Some(path) if known.is_empty() => ("it defines none".to_owned(), path.display().to_string()),
                Some(path) => (format!("it defines {}", known.join(", ")), path.display().to_string()),
                None => (
                    "looked upward from here and in the user's configuration directory".to_owned(),
                    format!("no {FILE_NAME} was found"),
                ),
            };
            Error::usage(format!("there is no environment '{name}': {file}; {known}"))
                .hint(format!("add [env.{name}] with url, url_env or url_command to {FILE_NAME}"))
        })
    }

    /// The refusal of a file that somebody else may have written.
    pub fn refusal(&self) -> Option<Error> {
        let (Standing::Refused(refused), Some(path)) = (&self.standing, &self.path) else { return None };
        let error = Error::refused(format!("{} is not used: {}", path.display(), refused.why));
        Some(error.hint(match refused.mendable {
            true => format!("chmod go-w {}", text::quoted_path(path)),
            false => "name the database yourself: --database-url URL".to_owned(),
        }))
    }

    /// True where the file may do whatever it asks for.
    pub fn is_trusted(&self) -> bool {
        matches!(self.standing, Standing::Own | Standing::Trusted)
    }

    /// Makes sure that the file may do what it asks for.
    ///
    /// # Errors
    /// Refused where nobody has said so, with the command that says it.
    pub(crate) fn may(&self, what: impl FnOnce() -> String) -> Result<()> {
        let why = match self.standing {
            Standing::Own | Standing::Trusted => return Ok(()),
            Standing::Changed => "has changed since it was trusted",
            Standing::Unknown | Standing::Refused(_) => "is not trusted",
        };
        let path = self.path.as_deref().map(|p| p.display().to_string()).unwrap_or_default();
        Err(Error::refused(format!("{path} {why}, and {}", what()))
            .hint(format!("read it, and then: bursar config trust {}", text::quoted(&path))))
    }
}

impl Environment {
    /// The database URL of this environment.
    ///
    /// # Errors
    /// Usage errors: none or several of the three sources, an unset variable, a command that fails; refused where
    /// the file is not trusted. What the command printed to standard output is never repeated, because it may hold
    /// a password.
    pub fn resolve_url(&self, config: &Config, name: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<String> {
        let sources = (&self.url, &self.url_env, &self.url_command);
        resolved(config, &format!("[env.{name}]"), &format!("environment '{name}'"), sources, var)
    }
}

impl RedisSource {
    /// The URL of the Redis that this part of the file, such as `[redis]`, names.
    ///
    /// # Errors
    /// As [`Environment::resolve_url`].
    pub fn resolve_url(&self, config: &Config, part: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<String> {
        resolved(config, part, part, (&self.url, &self.url_env, &self.url_command), var)
    }
}

/// The URL of one of three sources. `part` is the part of the file, and `what` is what it is to the user.
fn resolved(
    config: &Config,
    part: &str,
    what: &str,
    sources: (&Option<String>, &Option<String>, &Option<String>),
    var: &dyn Fn(&str) -> Option<String>,
) -> Result<String> {
    match sources {
        (Some(url), None, None) => Ok(url.clone()),
        (None, Some(variable), None) => {
            config.may(|| format!("{part} reads the environment variable {variable}"))?;
            var(variable).ok_or_else(|| Error::usage(format!("{what} reads {variable}, which is not set")))
        }
        (None, None, Some(command)) => {
            config.may(|| format!("{part} runs a command: {command}"))?;
            command::run(command).context(what)
        }
        _ => Err(Error::usage(format!("{what} needs exactly one of url, url_env and url_command"))),
    }
}
