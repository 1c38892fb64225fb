//! The commands: resolve, plan, confirm, apply, report. This layer is where the ambient world, its
//! environment, clock and terminal, enters; everything below is handed what it needs.

mod audit;
mod complete;
mod completions;
mod demo;
mod direct;
mod doctor;
mod inspect;
mod jobs;
mod migrate;
mod operations;
mod pack;
mod payments;
mod refund;
mod sandbox;
mod seed;
mod settings;
mod stats;
mod wallet;

use std::borrow::Cow;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Parser as _;
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{self, Cli, Command, Global};
use crate::config::Config;
use crate::db::{self, Consent, Database, Limits, Protection, Tx, WritePermit};
use crate::error::{Error, Kind, Result};
use crate::operations::{Actor, link};
use crate::packs::{self, Pack};
use crate::ui::{ColorChoice, Ui, stderr_line, without_passwords};

/// How a command ended when it did not fail: its exit code, or an error whose report was already
/// written as data.
pub type Outcome = Result<Done>;

/// The ends of a command that are not errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Done; for a check: clean.
    Clean,
    /// A check found something; it has been printed.
    Findings,
    /// Some of it could not be read; it has been printed.
    Incomplete,
}

impl Done {
    fn exit_code(self) -> u8 {
        match self {
            Done::Clean => 0,
            Done::Findings => Kind::Findings.exit_code(),
            Done::Incomplete => Kind::Incomplete.exit_code(),
        }
    }
}

/// What every command is handed.
pub struct Context {
    /// The flags.
    pub global: Global,
    /// The terminal.
    pub ui: Ui,
    /// The command, as it names itself to the server.
    name: &'static str,
    /// Every database that was opened, for cancelling.
    opened: std::sync::Mutex<Vec<Database>>,
    /// What whoever interrupts the command now has to know: what a rollback does not take back.
    word: std::sync::Mutex<Option<String>>,
    /// Every database that a write was agreed to for, and the permit.
    agreed: std::sync::Mutex<Vec<(Database, WritePermit)>>,
    /// Scratch databases by name, and from where to drop them, however the command ends.
    scratch: std::sync::Mutex<Vec<(Database, WritePermit, String)>>,
}

/// One environment variable; empty counts as unset.
#[allow(clippy::disallowed_methods, reason = "this is where the environment enters")]
pub(crate) fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// One environment variable as the system has it.
#[allow(clippy::disallowed_methods, reason = "this is where the environment enters")]
fn os_var(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// The time, for what needs a today.
#[allow(clippy::disallowed_methods, reason = "this is where the clock enters")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// An id that no other operation has.
#[allow(clippy::disallowed_methods, reason = "this is where randomness enters")]
fn new_id() -> uuid::Uuid {
    uuid::Uuid::new_v4()
}

/// Parses the arguments, runs the command, and says how it ended.
pub fn main() -> ExitCode {
    let started = std::time::Instant::now();
    if let Some(shell) = var(complete::VARIABLE) {
        return complete::run(&shell, std::env::args_os().skip_while(|a| a != "--").skip(1).collect(), started);
    }
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    let json = cli::asks_for_json(&arguments);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, json),
    };
    let Cli { global, command } = cli;
    let ui = Ui::new(global.color, global.quiet, global.verbose, global.no_input, json, &var);
    let context = Context {
        global,
        ui,
        name: command.name(),
        opened: std::sync::Mutex::default(),
        word: std::sync::Mutex::default(),
        scratch: std::sync::Mutex::default(),
        agreed: std::sync::Mutex::default(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            context.ui.error(&Error::failed(format!("cannot start: {error}")));
            return ExitCode::from(Kind::Failed.exit_code());
        }
    };
    let outcome = runtime.block_on(interruptible(&context, command));
    // What a blocking task may still be doing is not worth waiting for.
    runtime.shutdown_background();
    context.ui.end_question();
    match outcome {
        Ok(done) => ExitCode::from(done.exit_code()),
        Err(error) => {
            context.ui.error(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// Help and version go to standard output; a mistake goes where errors go.
fn unparsed(error: &clap::Error, json: bool) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() && json {
        let ui = Ui::new(ColorChoice::Never, false, false, true, true, &var);
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        ui.error(&Error::usage(message).hint("bursar --help"));
    } else if let Cow::Owned(safe) = without_passwords(&text) {
        stderr_line(safe.trim_end());
    } else {
        // Where even this cannot be printed, the exit code still says it.
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { Kind::Usage.exit_code() } else { 0 })
}

/// Runs the command until it ends, the time is up, or a signal comes. Then the server is asked to
/// cancel what it does for us, the connections are closed, and the rollback is waited for.
async fn interruptible(context: &Context, command: Command) -> Outcome {
    let unusable = |e: std::io::Error| Error::failed(format!("cannot listen for signals: {e}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unusable)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unusable)?;
    let limit = context.global.timeout.unwrap_or(std::time::Duration::MAX);
    let mut running = Box::pin(run(context, command));
    let stop = tokio::select! {
        outcome = &mut running => return outcome,
        _ = interrupt.recv() => Error::new(Kind::Interrupted, "interrupted"),
        _ = terminate.recv() => Error::new(Kind::Terminated, "terminated"),
        () = tokio::time::sleep(limit) => Error::failed(format!("it took longer than --timeout {}", humantime::format_duration(limit))),
    };
    // Asking the server takes a moment, or longer where the connection is gone.
    context.ui.leave_screen();
    let databases = context.opened.lock().map(|opened| opened.clone()).unwrap_or_default();
    let mut confirmed = None;
    let mut stopping = Vec::new();
    for database in databases.iter().filter(|d| d.is_busy()) {
        stopping.push((database, database.cancel_running().await));
    }
    // Dropping the command closes its connections, and takes a private server down with it.
    drop(running);
    for (database, cancelled) in stopping {
        let gone = match cancelled {
            Ok(pids) => database.wait_until_gone(&pids).await.unwrap_or(false),
            Err(_) => false,
        };
        confirmed = Some(confirmed.unwrap_or(true) && gone);
    }
    if let Err(error) = context.drop_scratch().await {
        context.ui.warn(&error.message());
    }
    let word = context.word.lock().ok().and_then(|mut word| word.take());
    let stop = match word {
        Some(word) => stop.hint(word),
        None => stop,
    };
    Err(match confirmed {
        None => stop,
        Some(true) => stop
            .context(format!("{}: what was not committed was rolled back, and the server confirmed it", context.name)),
        Some(false) => {
            let stop = stop.context(format!("{}: the server did not confirm the rollback in time", context.name));
            let rolls_back =
                "it rolls back by itself as soon as it notices that the connection is gone; look at pg_stat_activity";
            if stop.hint.is_some() { stop } else { stop.hint(rolls_back) }
        }
    })
}

async fn run(context: &Context, command: Command) -> Outcome {
    let outcome = dispatch(context, command).await;
    // Also after a failure: what it had committed before is in the log.
    if !matches!(&outcome, Err(error) if error.kind == Kind::Connection) {
        context.link_operations().await;
    }
    outcome
}

async fn dispatch(context: &Context, command: Command) -> Outcome {
    match command {
        Command::Demo(args) => demo::run(context, args).await,
        Command::Sandbox(action) => sandbox::run(context, action).await,
        Command::Migrate(action) => migrate::run(context, action).await,
        Command::Seed(args) => seed::run(context, args).await,
        Command::Audit(args) => audit::run(context, *args).await,
        Command::Payments(action) => payments::run(context, action).await,
        Command::Wallet(action) => wallet::run(context, action).await,
        Command::Refund(args) => refund::run(context, *args).await,
        Command::Doctor(args) => doctor::run(context, args).await,
        Command::Jobs(args) => jobs::run(context, *args).await,
        Command::Stats(args) => stats::run(context, args).await,
        Command::Inspect(args) => inspect::run(context, args).await,
        Command::Operations(action) => operations::run(context, action).await,
        Command::Settings(action) => settings::run(context, action).await,
        Command::Pack(action) => pack::run(context, action).await,
        Command::Completions(args) => completions::run(context, &args),
        Command::Man { command } => completions::man(context, &command),
    }
}

/// Does what blocks beside the runtime, so that signals and the time limit are heard meanwhile.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::failed(format!("it ended unexpectedly: {e}")))?
}

impl Context {
    /// The database that the flags, the environment and the configuration name.
    ///
    /// # Errors
    /// Usage errors where they name none, two, or a wrong one.
    pub async fn database(&self) -> Result<Database> {
        let (flag, env_name) = (self.global.database_url.clone(), self.global.env.clone());
        // The command that an environment may name for its URL takes its time.
        let target = beside(move || {
            let directory =
                std::env::current_dir().map_err(|e| Error::usage(format!("cannot tell the working directory: {e}")))?;
            let config = Config::load(&directory)?;
            db::resolve(&db::Request {
                flag: flag.as_deref(),
                env_name: env_name.as_deref(),
                config: &config,
                var: &var,
            })
        })
        .await?;
        Ok(self.opened(target))
    }

    /// The database of a target, known to whoever interrupts the command.
    fn opened(&self, target: db::Target) -> Database {
        for warning in &target.warnings {
            self.ui.warn(warning);
        }
        self.ui.detail(&format!("database: {target}, from {}", target.source));
        let database = Database::new(target, self.name, self.limits());
        if let Ok(mut opened) = self.opened.lock() {
            opened.push(database.clone());
        }
        database
    }

    /// A database of a private server, which is stopped as a whole when the command is.
    fn private_database(&self, url: &str) -> Result<Database> {
        let config = Config::default();
        let request = db::Request { flag: Some(url), env_name: None, config: &config, var: &|_| None };
        Ok(Database::new(db::resolve(&request)?, self.name, self.limits()))
    }

    fn limits(&self) -> Limits {
        Limits { connect: self.global.connect_timeout, statement: self.global.timeout }
    }

    /// The pack that is named by the flag or the environment, or the one that the database fits.
    ///
    /// # Errors
    /// As [`packs::select`].
    pub async fn pack(&self, database: &Database, tx: &mut Tx) -> Result<Pack> {
        let named = self.global.app.as_deref().or(database.target().app.as_deref());
        let mut pack = packs::select(tx, named, self.global.schema.as_deref()).await?;
        if named.is_none() {
            self.ui.note(&format!("detected {}; --app names another", pack.name));
        }
        self.vouch(&mut pack);
        self.warn_of_planted(tx, &pack).await?;
        Ok(pack)
    }

    /// Gives a pack what the flags vouch for.
    fn vouch(&self, pack: &mut Pack) {
        pack.trust = packs::Trust { pack: self.global.trust_pack, schema: self.global.trust_schema };
    }

    /// Says what is trusted only because a flag says so.
    ///
    /// # Errors
    /// Only where the server cannot be asked.
    async fn warn_of_planted(&self, tx: &mut Tx, pack: &Pack) -> Result<()> {
        if pack.trust.schema {
            let planted = pack.planted(tx).await?;
            if !planted.is_empty() {
                self.ui.warn(&format!(
                    "--trust-schema: queries may take these for something else: {}",
                    packs::listed(&planted)
                ));
            }
        }
        Ok(())
    }

    /// Lets a transaction that reads see every row where that can be had. Of which tables row security may keep rows
    /// from us all the same is said in a warning: what is shown may then not be all there is.
    ///
    /// # Errors
    /// Only where the server cannot be asked.
    async fn warn_of_hidden(&self, tx: &mut Tx, pack: &Pack) -> Result<Vec<String>> {
        let hidden = db::see_all(tx, &pack.schema, &pack.tables).await?;
        if !hidden.is_empty() {
            self.ui.warn(&format!(
                "row level security may hide rows of {} from this role, so there may be more than is shown",
                hidden.join(", ")
            ));
        }
        Ok(hidden)
    }

    /// The pack of this name, for which no database is needed, or without one the pack of the
    /// database that is named.
    ///
    /// # Errors
    /// As [`packs::named`], [`Context::database`] and [`Context::pack`].
    pub async fn pack_by(&self, name: Option<&str>) -> Result<Pack> {
        if let Some(name) = name {
            return packs::named(name);
        }
        let database = self.database().await?;
        let mut tx = database.read().await?;
        let pack = self.pack(&database, &mut tx).await?;
        tx.rollback().await?;
        Ok(pack)
    }

    /// Remembers a scratch database that is about to be made.
    fn drops_later(&self, maintenance: &Database, permit: &WritePermit, name: &str) {
        if let Ok(mut scratch) = self.scratch.lock() {
            scratch.push((maintenance.clone(), permit.clone(), name.to_owned()));
        }
    }

    /// Drops the scratch databases that there are.
    ///
    /// # Errors
    /// Where one is left; which.
    async fn drop_scratch(&self) -> Result<()> {
        let scratch = self.scratch.lock().map(|mut scratch| std::mem::take(&mut *scratch)).unwrap_or_default();
        for (maintenance, permit, name) in scratch {
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", db::quote_identifier(&name));
            let dropped = async { Ok(maintenance.session(&permit).await?.execute(AssertSqlSafe(sql)).await?) };
            dropped.await.map_err(|error: Error| error.context(format!("the scratch database {name} is left")))?;
        }
        Ok(())
    }

    /// Says, or takes back, what whoever interrupts the command has to know.
    fn leave_word(&self, word: Option<String>) {
        if let Ok(mut left) = self.word.lock() {
            *left = word;
        }
    }

    /// Who runs this command.
    pub fn actor(&self) -> Actor {
        let os_user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|u| u.name);
        let host = nix::unistd::gethostname().ok().and_then(|h| h.into_string().ok());
        Actor {
            operator: self.global.operator.clone(),
            os_user: os_user.unwrap_or_else(|| nix::unistd::getuid().to_string()),
            host: host.unwrap_or_else(|| "unknown".to_owned()),
        }
    }

    /// Asks for consent to a write that has been announced, and turns it into a permit.
    ///
    /// # Errors
    /// Refused: no terminal and no `--yes`; declined; a protected database without its name.
    pub async fn confirm(&self, database: &Database, protection: Protection, what: &str) -> Result<WritePermit> {
        let name = database.target().database();
        if protection == Protection::Standby {
            // No answer would change it, so none is asked for.
            database.permit(protection, &Consent::Yes)?;
        }
        if database.is_braked() && self.global.confirm.is_some() {
            self.ui.warn(&format!(
                "default_transaction_read_only is on for {}; --confirm writes all the same",
                database.target()
            ));
        }
        let consent = if let Some(confirmed) = &self.global.confirm {
            Consent::Named(confirmed.clone())
        } else if self.global.yes {
            Consent::Yes
        } else if !self.ui.interactive {
            let flag = if protection.wants_name() { format!("--confirm {name}") } else { "--yes".to_owned() };
            let why = match protection {
                Protection::Braked => format!("{}: {}; ", database.target(), protection.reason()),
                _ => String::new(),
            };
            return Err(Error::refused(format!(
                "{why}{what} needs to be agreed to, and there is no terminal to ask at; nothing was changed"
            ))
            .hint(format!("add {flag}")));
        } else if protection.wants_name() {
            let is = if protection.is_protected() { " is protected" } else { "" };
            self.ui.warn(&format!("{}{is}: {}", database.target(), protection.reason()));
            let (ui, question) = (self.ui.clone(), format!("{what}? Type the database's name to go on"));
            Consent::Named(beside(move || ui.ask_text(&question)).await?)
        } else {
            let (ui, question) = (self.ui.clone(), format!("{what}?"));
            if !beside(move || ui.ask(&question)).await? {
                return Err(Error::refused("declined; nothing was changed"));
            }
            Consent::Yes
        };
        let permit = database.permit(protection, &consent)?;
        if let Ok(mut agreed) = self.agreed.lock() {
            agreed.push((database.clone(), permit.clone()));
        }
        Ok(permit)
    }

    /// Links what the command added to the operator log into its hash chain. The command is done, so a
    /// failure is only a note: the rows wait for the next one.
    async fn link_operations(&self) {
        let agreed = self.agreed.lock().map(|mut agreed| std::mem::take(&mut *agreed)).unwrap_or_default();
        for (database, permit) in agreed {
            match link(&database, &permit).await {
                Ok(0) => {}
                Ok(linked) => self.ui.detail(&format!("{linked} linked in the operator log")),
                Err(error) => self.ui.detail(&format!("the operator log was not linked now: {error}")),
            }
        }
    }
}
