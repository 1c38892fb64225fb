//! The commands: resolve, plan, confirm, apply, report. This layer is where the ambient world, its
//! environment, clock and terminal, enters; everything below is handed what it needs.

mod audit;
mod complete;
mod completions;
mod config;
mod demo;
mod direct;
mod doctor;
mod ending;
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
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::cli::{self, Cli, Command, Global};
use crate::config::Config;
use crate::db::{self, Consent, Database, Limits, Protection, Tx, WritePermit, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::ids::not_whole;
use crate::operations::{Actor, link};
use crate::output::{ColorChoice, Ui, stderr_line};
use crate::packs::{self, Pack};
use crate::store::operations::withheld_path;
use crate::text::without_passwords;

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
    /// The schema and the tables of the pack that is used, for what a refusal needs.
    reads: std::sync::Mutex<Option<(String, Vec<String>)>>,
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

/// The place and the words of the last panic.
static PANIC: std::sync::Mutex<Option<String>> = std::sync::Mutex::new(None);

/// Keeps what a panic says, instead of showing it with a backtrace: whoever catches it says it as an error. A
/// developer's `RUST_BACKTRACE` shows it as well.
fn keep_panics() {
    let show = std::panic::take_hook();
    let wanted = var("RUST_BACKTRACE").is_some_and(|v| v != "0");
    std::panic::set_hook(Box::new(move |panic| {
        // Of another crate's file, what its publisher named it.
        let file = |at: &str| {
            at.rsplit_once("/registry/src/")
                .and_then(|(_, rest)| rest.split_once('/'))
                .map_or_else(|| at.to_owned(), |(_, rest)| rest.to_owned())
        };
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", file(at.file()), at.line()));
        let words = panic.payload_as_str().unwrap_or("no reason was given");
        if let Ok(mut kept) = PANIC.lock() {
            *kept = Some(format!("{words}{place}"));
        }
        if wanted {
            show(panic);
        }
    }));
}

/// The error of a panic. What sqlx panics about is the server's answer, of which a value is read only where it is used.
fn panicked() -> Error {
    let said = PANIC.lock().ok().and_then(|mut kept| kept.take()).unwrap_or_else(|| "it ended unexpectedly".to_owned());
    if said.contains(" at sqlx-") {
        return Error::new(Kind::Connection, format!("the server's answer was not understood: {said}"));
    }
    Error::failed(format!("bursar has a fault: {said}")).hint("report it with the command; RUST_BACKTRACE=1 shows more")
}

/// Runs the command on a thread with a large stack, for statements that are deeply nested. No panic ends the process.
pub fn main() -> ExitCode {
    keep_panics();
    let thread = std::thread::Builder::new().stack_size(crate::migrate::depth::STACK);
    match thread.spawn(begin).map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => {
            let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
            let json = cli::asks_for_json(&arguments);
            let error = panicked();
            Ui::new(ColorChoice::Never, false, false, true, json, &var).error(&error);
            ExitCode::from(error.kind.exit_code())
        }
        // No room for a thread.
        Err(_) => begin(),
    }
}

/// Parses the arguments, runs the command, and says how it ended.
fn begin() -> ExitCode {
    let started = std::time::Instant::now();
    if let Some(shell) = var(complete::VARIABLE) {
        return complete::run(&shell, std::env::args_os().skip_while(|a| a != "--").skip(1).collect(), started);
    }
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    let json = cli::asks_for_json(&arguments);
    let cli = match cli::used::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, json),
    };
    let Cli { global, command } = cli;
    let ui = Ui::new(global.color, global.quiet, global.verbose, global.no_input, json, &var);
    let context = Arc::new(Context {
        global,
        ui,
        name: command.name(),
        opened: std::sync::Mutex::default(),
        word: std::sync::Mutex::default(),
        scratch: std::sync::Mutex::default(),
        agreed: std::sync::Mutex::default(),
        reads: std::sync::Mutex::default(),
    });
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(crate::migrate::depth::STACK)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            context.ui.error(&Error::failed(format!("cannot start: {error}")));
            return ExitCode::from(Kind::Failed.exit_code());
        }
    };
    let outcome = runtime.block_on(interruptible(&context, command));
    // What a blocking task may still be doing is not worth waiting for.
    runtime.shutdown_background();
    crate::config::end_command();
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

/// The fate of a transaction whose client is gone.
const ROLLS_BACK: &str =
    "it rolls back by itself as soon as it notices that the connection is gone; look at pg_stat_activity";

/// Runs the command until it ends, the time is up, or a signal comes. Then the server is asked to
/// cancel what it does for us, the connections are closed, and the rollback is waited for.
async fn interruptible(context: &Arc<Context>, command: Command) -> Outcome {
    let mut told = ending::listen(context, context.global.timeout)?;
    let mut running = Box::pin(AssertUnwindSafe(run(context, command)).catch_unwind());
    let stop = tokio::select! {
        outcome = &mut running => return outcome.unwrap_or_else(|_| Err(panicked())),
        stop = told.stop() => stop,
    };
    told.noticed();
    // A question of a moment ago is not one that the server leaves without an answer.
    let unanswered = db::waiting().is_some_and(|waited| waited > std::time::Duration::from_millis(200));
    let mut stop = stop.error();
    crate::config::end_command();
    // Asking the server takes a moment, or longer where the connection is gone.
    context.ui.leave_screen();
    let stopping = context.cancel().await;
    // Dropping the command closes its connections, and takes a private server down with it.
    drop(running);
    let mut confirmed = None;
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
    // What failed and was rolled back is not known then.
    if stop.kind == Kind::Failed && (confirmed == Some(false) || (confirmed.is_none() && unanswered)) {
        stop.kind = Kind::Connection;
        stop = stop.context("the server did not answer");
    }
    let stop = context.with_word(stop);
    Err(match confirmed {
        None => stop,
        Some(true) => stop
            .context(format!("{}: what was not committed was rolled back, and the server confirmed it", context.name)),
        Some(false) => {
            let stop = stop.context(format!("{}: the server did not confirm the rollback in time", context.name));
            if stop.hint.is_some() { stop } else { stop.hint(ROLLS_BACK) }
        }
    })
}

async fn run(context: &Context, command: Command) -> Outcome {
    let mut outcome = dispatch(context, command).await;
    if let Err(error) = &mut outcome {
        context.explain_path(error).await;
        context.explain_refusal(error).await;
        context.explain_rights(error).await;
    }
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
        Command::Config(action) => config::run(context, action),
        Command::Completions(args) => completions::run(context, &args),
        Command::Man { command } => completions::man(context, &command),
    }
}

/// Does what blocks beside the runtime, so that signals and the time limit are heard meanwhile.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| panicked())?
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
        self.say_passed_over(&pack);
        if named.is_none() {
            self.ui.note(&format!("detected {}; --app names another", pack.name));
        }
        self.vouch(&mut pack);
        if let Ok(mut reads) = self.reads.lock() {
            *reads = Some((pack.schema.clone(), pack.tables.clone()));
        }
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
            let pack = packs::named(name)?;
            self.say_passed_over(&pack);
            return Ok(pack);
        }
        let database = self.database().await?;
        let mut tx = database.read().await?;
        let pack = self.pack(&database, &mut tx).await?;
        tx.rollback().await?;
        Ok(pack)
    }

    /// Warns of SQL files that lie in a pack's folder and are no part of the pack.
    fn say_passed_over(&self, pack: &Pack) {
        if !pack.passed_over.is_empty() {
            self.ui.warn(&format!(
                "no part of the pack, by their names or places: {}; docs/packs.md lists the files of a pack",
                pack.passed_over.iter().map(|file| format!("{}/{file}", pack.origin)).collect::<Vec<_>>().join(", ")
            ));
        }
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

    /// True where a server works for us.
    fn is_busy(&self) -> bool {
        self.opened.lock().is_ok_and(|opened| opened.iter().any(Database::is_busy))
    }

    /// Asks the servers to cancel what they do for us, and returns what that was.
    async fn cancel(&self) -> Vec<(Database, Result<Vec<db::Work>>)> {
        let databases = self.opened.lock().map(|opened| opened.clone()).unwrap_or_default();
        let mut stopping = Vec::new();
        for database in databases.into_iter().filter(Database::is_busy) {
            let cancelled = database.cancel_running().await;
            stopping.push((database, cancelled));
        }
        stopping
    }

    /// The error with the word that was left for whoever interrupts the command.
    fn with_word(&self, error: Error) -> Error {
        match self.word.lock().ok().and_then(|mut word| word.take()) {
            Some(word) => error.hint(word),
            None => error,
        }
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

    /// Makes sure that a write is to what its caller means: by the beginning of an id only where somebody looks at the
    /// whole and agrees.
    ///
    /// # Errors
    /// A usage error with the whole id.
    fn wants_whole(&self, text: &str, what: &str, id: &str, is_whole: bool) -> Result<()> {
        if is_whole || self.asks() { Ok(()) } else { Err(not_whole(text, what, id)) }
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

    /// Whether somebody is asked before a write.
    fn asks(&self) -> bool {
        self.ui.interactive && !self.global.yes && self.global.confirm.is_none()
    }

    /// Says why a trigger of the application finds no name, where bursar's functions keep a schema out of its search path.
    async fn explain_path(&self, error: &mut Error) {
        let missing = error.sqlstate.as_deref().is_some_and(|code| MISSING_NAME.contains(&code));
        if !missing || error.hint.is_some() {
            return;
        }
        let agreed: Vec<Database> = self
            .agreed
            .lock()
            .map(|agreed| agreed.iter().map(|(database, _)| database.clone()).collect())
            .unwrap_or_default();
        for database in agreed {
            let Ok(mut tx) = database.read().await else { continue };
            // A database without this function has nothing to say, and the first error stands.
            if let Ok((Some(withheld),)) = withheld_path().one(&mut tx).await {
                error.hint =
                    Some(format!("triggers that name it without its schema cannot find it, because {withheld}"));
                return;
            }
        }
    }

    /// Names the role that may execute the function of bursar's that the server refused.
    async fn explain_refusal(&self, error: &mut Error) {
        if error.hint.as_deref() != Some(db::NO_PRIVILEGE) {
            return;
        }
        let opened = self.opened.lock().map(|opened| opened.clone()).unwrap_or_default();
        for database in opened {
            let Ok(mut tx) = database.read().await else { continue };
            if let Ok(Some((roles, grant))) = db::helping_roles(&mut tx, &error.message()).await {
                error.hint = Some(format!("this needs a member of {}: {grant}", roles.join(" or ")));
                return;
            }
        }
    }

    /// Says which rights are missing where the server refused to let something be read.
    async fn explain_rights(&self, error: &mut Error) {
        let unexplained = error.hint.as_deref().is_none_or(|hint| hint == db::NO_PRIVILEGE);
        // What a write lacks is no right to read.
        let writes = self.agreed.lock().is_ok_and(|agreed| !agreed.is_empty());
        if !unexplained || writes || !is_refusal(&error.message()) {
            return;
        }
        let opened = self.opened.lock().map(|opened| opened.clone()).unwrap_or_default();
        for database in opened {
            // Where this cannot be found out, the first error stands.
            if let Ok(Some(hint)) = self.rights_to_read(&database).await {
                error.hint = Some(hint);
                return;
            }
        }
    }

    /// The rights that the role lacks to read the pack's tables and what bursar keeps, with the statements that give them.
    ///
    /// # Errors
    /// Only where the server cannot be asked.
    async fn rights_to_read(&self, database: &Database) -> Result<Option<String>> {
        let (schema, tables) = self.reads.lock().ok().and_then(|reads| reads.clone()).unwrap_or_default();
        let mut tx = database.read().await?;
        let hint = packs::hint(&mut tx, &schema, &tables).await?;
        tx.rollback().await?;
        Ok(hint)
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

/// The SQLSTATEs of names that are not found.
const MISSING_NAME: [&str; 4] = [
    sqlstate::UNDEFINED_TABLE,
    sqlstate::UNDEFINED_FUNCTION,
    sqlstate::UNDEFINED_OBJECT,
    sqlstate::INVALID_SCHEMA_NAME,
];

/// Whether a message of the server's says that a right is missing.
fn is_refusal(message: &str) -> bool {
    message.contains("SQLSTATE 42501")
}

#[cfg(test)]
mod tests {
    use super::{Kind, beside};

    #[tokio::test]
    async fn a_fault_of_ours_beside_the_command_is_a_plain_error() {
        let outcome: super::Result<()> = beside(|| panic!("a fault")).await;
        assert_eq!(outcome.unwrap_err().kind, Kind::Failed);
    }
}
