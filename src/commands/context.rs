//! The context of a command: its flags and terminal, and the ways to a database, a pack and a permit.

use sqlx::{AssertSqlSafe, Executor as _};

use super::global::Global;
use super::{beside, var};
use crate::config::Config;
use crate::db::{self, Connection, Consent, Database, Limits, Protection, Tx, WritePermit};
use crate::error::{Error, Result};
use crate::ids::not_whole;
use crate::operations::{Actor, link};
use crate::output::Ui;
use crate::packs::{self, Need, Pack};
use crate::text::{quoted, with_flags};

/// The context of a command: its flags, its terminal, and the databases that it opened.
pub struct Context {
    /// The flags.
    pub global: Global,
    /// The terminal.
    pub ui: Ui,
    /// The command, as it names itself to the server.
    pub(super) name: String,
    /// Every database that was opened, for cancelling.
    pub(super) opened: std::sync::Mutex<Vec<Database>>,
    /// A message for the user who interrupts the command now: it names what a rollback does not undo.
    pub(super) word: std::sync::Mutex<Option<String>>,
    /// The schema and the tables of the pack that is used, for what a refusal needs.
    pub(super) reads: std::sync::Mutex<Vec<(String, Vec<String>)>>,
    /// Every database that a write was agreed to for, and the permit.
    pub(super) agreed: std::sync::Mutex<Vec<(Database, WritePermit)>>,
    /// Scratch databases by name, and from where to drop them, however the command ends.
    pub(super) scratch: std::sync::Mutex<Vec<(Database, WritePermit, String)>>,
}

/// The text of a list without rows. Where policies may hide rows, they may hide some that match.
pub(super) fn no_matches(hidden: &[String]) -> &'static str {
    if hidden.is_empty() { "No matches." } else { "No visible matches." }
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
    pub(super) fn opened(&self, target: db::Target) -> Database {
        for warning in &target.warnings {
            self.ui.warn(warning);
        }
        self.ui.detail(&format!("database: {target}, from {}", target.source));
        let database = Database::new(target, &self.name, self.limits());
        if let Ok(mut opened) = self.opened.lock() {
            opened.push(database.clone());
        }
        database
    }

    /// A database of a private server, which is stopped as a whole when the command is.
    pub(super) fn private_database(&self, url: &str) -> Result<Database> {
        let config = Config::default();
        let request = db::Request { flag: Some(url), env_name: None, config: &config, var: &|_| None };
        Ok(Database::new(db::resolve(&request)?, &self.name, self.limits()))
    }

    pub(super) fn limits(&self) -> Limits {
        Limits { connect: self.global.connect_timeout, statement: self.global.timeout }
    }

    /// The pack that has what the command needs, of those that are named by the flag or the environment, or that the
    /// database fits.
    ///
    /// # Errors
    /// As [`packs::select`] and [`packs::with`].
    pub async fn pack(&self, database: &Database, tx: &mut Tx, need: Need) -> Result<Pack> {
        let mut pack = packs::with(self.selected(database, tx).await?, need)?;
        self.taken(tx, &mut pack).await?;
        Ok(pack)
    }

    /// All packs that are named, or that the database fits.
    ///
    /// # Errors
    /// As [`packs::select`].
    pub async fn packs(&self, database: &Database, tx: &mut Tx) -> Result<Vec<Pack>> {
        let mut packs = self.selected(database, tx).await?;
        for pack in &mut packs {
            self.taken(tx, pack).await?;
        }
        Ok(packs)
    }

    async fn selected(&self, database: &Database, tx: &mut Tx) -> Result<Vec<Pack>> {
        let named = self.global.app.as_deref().or(database.target().app.as_deref());
        let packs = packs::select(tx, named, self.global.schema.as_deref()).await?;
        if named.is_none() {
            let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
            self.ui.detail(&format!("detected {}; --app names another", names.join(", ")));
        }
        Ok(packs)
    }

    /// Says what is to be said of a pack that is used, and remembers what it reads.
    async fn taken(&self, tx: &mut Tx, pack: &mut Pack) -> Result<()> {
        self.say_passed_over(pack);
        self.vouch(pack);
        if let Ok(mut reads) = self.reads.lock() {
            reads.push((pack.schema.clone(), pack.tables.clone()));
        }
        self.warn_of_planted(tx, pack).await
    }

    /// Gives a pack what the flags vouch for.
    pub(super) fn vouch(&self, pack: &mut Pack) {
        pack.trust = packs::Trust { pack: self.global.trust_pack, schema: self.global.trust_schema };
    }

    /// Says what is trusted only because a flag says so.
    ///
    /// # Errors
    /// Only if the server cannot be asked.
    pub(super) async fn warn_of_planted(&self, tx: &mut Tx, pack: &Pack) -> Result<()> {
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
    /// Only if the server cannot be asked.
    pub(super) async fn warn_of_hidden(&self, tx: &mut Tx, pack: &Pack) -> Result<Vec<String>> {
        let hidden = db::see_all(tx, &pack.schema, &pack.tables).await?;
        self.say_hidden(&hidden);
        Ok(hidden)
    }

    /// Warns of the tables of which row security may keep rows from us.
    pub(super) fn say_hidden(&self, hidden: &[String]) {
        if !hidden.is_empty() {
            self.ui.warn(&format!(
                "row level security may hide rows of {} from this role, so there may be more than is shown",
                hidden.join(", ")
            ));
        }
    }

    /// The statements that show this role the rows that policies hide; none where nothing is hidden, or none is known.
    pub(super) async fn way_to_hidden(
        &self,
        connection: &mut Connection,
        pack: &Pack,
        hidden: &[String],
    ) -> Option<String> {
        if hidden.is_empty() {
            return None;
        }
        // Where this cannot be found out, what failed first stands.
        packs::hint(connection, &pack.schema, &pack.tables).await.ok().flatten()
    }

    /// The result of a search, which says that a row may be hidden where that is so and none was found.
    pub(super) async fn unless_hidden<T>(
        &self,
        connection: &mut Connection,
        pack: &Pack,
        hidden: &[String],
        found: Result<T>,
    ) -> Result<T> {
        match found {
            Err(error) if !hidden.is_empty() => {
                Err(error.among_visible(self.way_to_hidden(connection, pack, hidden).await))
            }
            found => found,
        }
    }

    /// The packs of these names, for which no database is needed, or without any those of the
    /// database that is named.
    ///
    /// # Errors
    /// As [`packs::all_named`], [`Context::database`] and [`Context::packs`].
    pub async fn packs_by(&self, name: Option<&str>) -> Result<Vec<Pack>> {
        if let Some(name) = name {
            let packs = packs::all_named(name)?;
            packs.iter().for_each(|pack| self.say_passed_over(pack));
            return Ok(packs);
        }
        let database = self.database().await?;
        let mut tx = database.read().await?;
        let packs = self.packs(&database, &mut tx).await?;
        tx.rollback().await?;
        Ok(packs)
    }

    /// Warns of SQL files that lie in a pack's folder and are no part of the pack.
    pub(super) fn say_passed_over(&self, pack: &Pack) {
        if !pack.passed_over.is_empty() {
            self.ui.warn(&format!(
                "no part of the pack, by their names or places: {}; docs/packs.md lists the files of a pack",
                pack.passed_over.iter().map(|file| format!("{}/{file}", pack.origin)).collect::<Vec<_>>().join(", ")
            ));
        }
    }

    /// Remembers a scratch database that is about to be made.
    pub(super) fn drops_later(&self, maintenance: &Database, permit: &WritePermit, name: &str) {
        if let Ok(mut scratch) = self.scratch.lock() {
            scratch.push((maintenance.clone(), permit.clone(), name.to_owned()));
        }
    }

    /// Drops the scratch databases that there are.
    ///
    /// # Errors
    /// If one is left. The message names it.
    pub(super) async fn drop_scratch(&self) -> Result<()> {
        let scratch = self.scratch.lock().map(|mut scratch| std::mem::take(&mut *scratch)).unwrap_or_default();
        for (maintenance, permit, name) in scratch {
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", db::quote_identifier(&name));
            let dropped = async { Ok(maintenance.session(&permit).await?.execute(AssertSqlSafe(sql)).await?) };
            dropped.await.map_err(|error: Error| error.context(format!("the scratch database {name} is left")))?;
        }
        Ok(())
    }

    /// The databases that were opened.
    pub(super) fn databases(&self) -> Vec<Database> {
        self.opened.lock().map(|opened| opened.clone()).unwrap_or_default()
    }

    /// True where a server works for us.
    pub(super) fn is_busy(&self) -> bool {
        self.opened.lock().is_ok_and(|opened| opened.iter().any(Database::is_busy))
    }

    /// Asks the servers to cancel what they do for us, and returns what that was.
    pub(super) async fn cancel(&self) -> Vec<(Database, Result<Vec<db::Work>>)> {
        let mut stopping = Vec::new();
        for database in self.databases().into_iter().filter(Database::is_busy) {
            let cancelled = database.cancel_running().await;
            stopping.push((database, cancelled));
        }
        stopping
    }

    /// The error with the word that was left for whoever interrupts the command.
    pub(super) fn with_word(&self, error: Error) -> Error {
        match self.word.lock().ok().and_then(|mut word| word.take()) {
            Some(word) => error.hint(word),
            None => error,
        }
    }

    /// True if a write was agreed to.
    pub(super) fn writes(&self) -> bool {
        self.agreed.lock().is_ok_and(|agreed| !agreed.is_empty())
    }

    /// The text with the flags that say which application is meant in each command that it names, so that the command
    /// works as it is pasted.
    pub(super) fn pasted(&self, text: &str) -> String {
        with_flags(text, &self.pack_flags())
    }

    /// The error, with a hint that works as it is pasted.
    pub(super) fn with_pasted(&self, mut error: Error) -> Error {
        error.hint = error.hint.map(|hint| self.pasted(&hint));
        error
    }

    /// The flag of the environment that says where to connect, after a space; nothing where none is named.
    pub(super) fn env_flag(&self) -> String {
        self.global.env.as_deref().map(|env| format!(" --env {}", quoted(env))).unwrap_or_default()
    }

    /// The flags that say which application is meant, each after a space.
    pub(super) fn pack_flags(&self) -> String {
        let Global { app, schema, trust_pack, trust_schema, .. } = &self.global;
        // What the environment says, it says to the next command too.
        let app = app.clone().filter(|app| var("BURSAR_APP").as_ref() != Some(app));
        let mut flags = self.env_flag();
        for (flag, value) in [("app", &app), ("schema", schema)] {
            flags.extend(value.as_deref().map(|value| format!(" --{flag} {}", quoted(value))));
        }
        for (flag, given) in [("trust-pack", trust_pack), ("trust-schema", trust_schema)] {
            flags.extend(given.then(|| format!(" --{flag}")));
        }
        flags
    }

    /// Says, or takes back, what whoever interrupts the command has to know.
    pub(super) fn leave_word(&self, word: Option<String>) {
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
    pub(super) fn wants_whole(&self, text: &str, what: &str, id: &str, is_whole: bool) -> Result<()> {
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
                "{why}there is no terminal to ask at: \"{what}?\"; nothing was changed"
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

    /// True if the user is asked before a write.
    pub(super) fn asks(&self) -> bool {
        self.ui.interactive && !self.global.yes && self.global.confirm.is_none()
    }

    /// Links what the command added to the operator log into its hash chain. The command is done, so a
    /// failure is only a note: the rows wait for the next one.
    pub(super) async fn link_operations(&self) {
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
