//! `bursar.toml`: named environments. Looked for upward from the working directory, then in the
//! user's configuration directory; the first file found is the only one read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::error::{Error, Result, ResultExt};

const FILE_NAME: &str = "bursar.toml";

/// The parsed configuration file, or the empty configuration where there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The environment that is used when nothing else names a database.
    pub default_env: Option<String>,
    /// The named environments.
    #[serde(default)]
    pub env: BTreeMap<String, Environment>,
    /// Where the configuration was read from.
    #[serde(skip)]
    pub path: Option<PathBuf>,
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
        let user_directory = etcetera::choose_base_strategy().ok().map(|s| s.config_dir().join("bursar"));
        let mut candidates: Vec<PathBuf> = working_directory.ancestors().map(|d| d.join(FILE_NAME)).collect();
        candidates.extend(user_directory.map(|d| d.join(FILE_NAME)));
        let Some(path) = candidates.into_iter().find(|p| p.is_file()) else {
            return Ok(Config::default());
        };
        let text =
            std::fs::read_to_string(&path).map_err(|e| Error::usage(format!("cannot read {}: {e}", path.display())))?;
        let mut config: Config = toml::from_str(&text).map_err(|e| unparsed(&path, &text, &e))?;
        config.path = Some(path);
        Ok(config)
    }

    /// The environment called `name`.
    pub fn environment(&self, name: &str) -> Result<&Environment> {
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
}

impl Environment {
    /// The database URL of this environment.
    ///
    /// # Errors
    /// Usage errors: none or several of the three sources, an unset variable, a command that fails.
    /// What the command printed to standard output is never repeated, because it may hold a password.
    pub fn resolve_url(&self, name: &str, var: &dyn Fn(&str) -> Option<String>) -> Result<String> {
        match (&self.url, &self.url_env, &self.url_command) {
            (Some(url), None, None) => Ok(url.clone()),
            (None, Some(variable), None) => var(variable)
                .ok_or_else(|| Error::usage(format!("environment '{name}' reads {variable}, which is not set"))),
            (None, None, Some(command)) => run_url_command(command).context(format!("environment '{name}'")),
            _ => Err(Error::usage(format!("environment '{name}' needs exactly one of url, url_env and url_command"))),
        }
    }
}

fn run_url_command(command: &str) -> Result<String> {
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| Error::usage(format!("cannot run url_command: {e}")))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().last().unwrap_or("it said nothing");
        return Err(Error::usage(format!("url_command ended with {}: {last}", output.status)));
    }
    let url = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if url.is_empty() {
        return Err(Error::usage("url_command printed nothing"));
    }
    Ok(url)
}
