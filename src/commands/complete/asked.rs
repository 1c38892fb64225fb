//! The line that is typed, and the database, the pack and the configuration that it names.

use std::time::{Duration, Instant};

use crate::commands::var;
use crate::config::Config;
use crate::db::{self, Database, Limits, Tx};
use crate::error::{Error, Kind, Result};
use crate::packs::{self, Need, Pack};

/// A command line that is being typed.
pub(super) struct Typed {
    pub words: Vec<String>,
    /// Index of the word that is being typed; some shells hand over what stands behind it too.
    pub typing: usize,
    /// Time from which nobody waits for an answer any more.
    pub deadline: Instant,
}

impl Typed {
    /// The value of a flag, in whichever way it was written.
    pub fn flag(&self, long: &str, short: Option<&str>) -> Option<&str> {
        let joined = |word: &'_ String| word.strip_prefix(long).is_some_and(|rest| rest.starts_with('='));
        self.words.iter().enumerate().rev().find_map(|(at, word)| {
            if word == long || Some(word.as_str()) == short {
                return self.words.get(at + 1).filter(|_| at + 1 != self.typing).map(String::as_str);
            }
            if joined(word) {
                return word.split_once('=').map(|(_, value)| value);
            }
            short.and_then(|short| word.strip_prefix(short)).filter(|rest| !rest.is_empty())
        })
    }
}

/// The database and the pack that a line names.
pub(super) struct Asked {
    url: Option<String>,
    env: Option<String>,
    app: Option<String>,
    schema: Option<String>,
    config: Config,
}

impl Asked {
    fn new(typed: &Typed) -> Self {
        let flag = |long: &str, short: Option<&str>| typed.flag(long, short).map(str::to_owned);
        Asked {
            url: flag("--database-url", Some("-d")),
            env: flag("--env", None),
            app: flag("--app", None).or_else(|| var("BURSAR_APP")),
            schema: flag("--schema", None),
            config: quiet_config(),
        }
    }

    fn database(&self, patience: Duration) -> Result<Database> {
        let target = db::resolve(&db::Request {
            flag: self.url.as_deref(),
            env_name: self.env.as_deref(),
            config: &self.config,
            var: &var,
        })?;
        Ok(Database::new(target, "completions", Limits { connect: patience, statement: Some(patience) }))
    }

    pub async fn pack(&self, tx: &mut Tx, need: Need) -> Result<Pack> {
        packs::with(self.packs(tx).await?, need)
    }

    async fn packs(&self, tx: &mut Tx) -> Result<Vec<Pack>> {
        let of_env = self.env.as_ref().or(self.config.default_env.as_ref());
        let of_env = of_env.and_then(|name| self.config.env.get(name)?.app.as_deref());
        packs::select(tx, self.app.as_deref().or(of_env), self.schema.as_deref()).await
    }
}

/// The configuration of the working directory.
pub(super) fn config() -> Option<Config> {
    Config::load(&std::env::current_dir().ok()?).ok()
}

/// The configuration, as far as it can be used without running anything: a command that prints a URL may
/// ask for a password, or take its time. A pack is code, which a file that is not trusted does not name.
fn quiet_config() -> Config {
    let mut config = config().unwrap_or_default();
    config.env.retain(|_, env| env.url_command.is_none());
    if !config.is_trusted() {
        config.env.values_mut().for_each(|env| env.app = None);
    }
    config
}

/// The packs that the line, the environment or the configuration names, or that the database fits.
pub(super) fn packs(typed: &Typed) -> Vec<Pack> {
    let asked = Asked::new(typed);
    let of_env = || asked.config.env.get(asked.env.as_ref()?)?.app.clone();
    let named = asked.app.clone().or_else(of_env);
    let named = named.and_then(|name| packs::all_named(&name).ok());
    named.or_else(|| within(typed, async |tx, asked| asked.packs(tx).await)).unwrap_or_default()
}

/// Asks the database, and has the answer in time or none. It is asked from a thread of its own, which is
/// left behind: not all that may hang, such as a look at a file, can be cancelled.
pub(super) fn within<T: Send + 'static>(
    typed: &Typed,
    ask: impl AsyncFnOnce(&mut Tx, &Asked) -> Result<T> + Send + 'static,
) -> Option<T> {
    let asked = Asked::new(typed);
    let deadline = typed.deadline;
    let (answer, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let looked = || -> Result<T> {
            let patience = deadline.saturating_duration_since(Instant::now());
            let database = asked.database(patience)?;
            let unusable = |e| Error::from_cause(Kind::Failed, e);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unusable)?;
            runtime.block_on(async { ask(&mut database.read().await?, &asked).await })
        };
        // Whoever asked may have stopped waiting.
        let _ = answer.send(looked());
    });
    wait.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?.ok()
}
