//! `bursar migrate up`: applies the pending migrations.

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};

use super::args::MigrateUp;
use super::events::{Ran, after, announce, announced, function_files, options, tell, with_patience};
use super::flags::{source_flags, with_flags};
use super::project::{AppRun, FunctionsPending, Project, folded};
use crate::commands::{Context, Done, Outcome};
use crate::db::{Database, Session, Tx, ours};
use crate::error::{Error, Result};
use crate::migrate::functions::{self, Installed, Lacking};
use crate::migrate::{self, Migration, Until, owners};
use crate::output::{Format, View};
use crate::packs::{self, Access, Pack};
use crate::text::counted;

/// The work of a run.
struct Todo<'a> {
    /// Each migration with the name of its set.
    pending: Vec<(&'a str, &'a Migration)>,
    /// The functions to install.
    functions: FunctionsPending,
    /// The run of the application's migrations.
    app: AppRun,
    /// True if the auditor is there and may not read the application's tables.
    grants: bool,
}

impl Todo<'_> {
    fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.functions.files == 0 && !self.grants
    }
}

pub(super) async fn run(context: &Context, args: &MigrateUp) -> Outcome {
    if args.source.is_only("bursar") && (args.to.is_some() || args.steps.is_some()) {
        return Err(
            Error::usage("--only bursar applies all of bursar's own migrations").hint("leave --to and --steps out")
        );
    }
    let database = with_patience(context.direct_database(args.direct.clone()).await?, &args.patience);
    let mut tx = database.read().await?;
    let project = Project::of(context, &database, &mut tx, &args.source).await?;
    let mut todo = looked(context, &mut tx, &project, args).await?;
    // Without the application's migrations, nobody else lets the auditor read its tables.
    let reads: Vec<&Pack> = project.packs().filter(|_| args.source.only.is_some()).collect();
    // Where that is all there is to do, nobody is asked for it.
    let agreed = context.global.yes || context.global.confirm.is_some();
    for pack in reads.iter().filter(|pack| agreed && gives(context, pack)) {
        todo.grants |= Access::of(&mut tx, &pack.schema, &pack.tables).await?.for_auditor().is_some();
    }
    tx.rollback().await?;
    if !project.keeps_records() && !todo.is_empty() && !args.source.is_only("source") {
        context.ui.note("bursar's own schema is left out, because this role may not make it; only the history is kept");
    }
    shown(context, &database, &project, &todo, args)?;
    let runs = !todo.is_empty() && !args.dry_run;
    // A run looks again at its end.
    todo.functions.later.iter().filter(|_| !runs).for_each(|later| say_later(context, later));
    let done = match runs {
        true => apply(context, &database, &project, &todo, args).await,
        // A dry run ends as the run would, as far as that can be known.
        false => functions::require_installed(&todo.functions.lacking),
    };
    if args.dry_run {
        return done.map(|()| Done::Clean);
    }
    say_invalid(context, &database, args).await;
    done?;
    for pack in reads {
        say_grants(context, &database, pack).await?;
    }
    Ok(Done::Clean)
}

fn until(args: &MigrateUp) -> Until {
    Until {
        version: args.to,
        steps: args.steps.map(|n| n as usize),
        out_of_order: args.allow_out_of_order,
        ignore_missing: args.ignore_missing,
    }
}

/// Looks what is to do, and refuses what cannot be done.
async fn looked<'a>(context: &Context, tx: &mut Tx, project: &'a Project, args: &MigrateUp) -> Result<Todo<'a>> {
    let (mut pending, mut app) = (Vec::new(), AppRun::default());
    for (position, set) in project.sets.iter().enumerate() {
        let until = if position + 1 == project.sets.len() { until(args) } else { Until::default() };
        let status = migrate::status(tx, set).await?;
        let migrations = migrate::pending(set, &status, until)?;
        if let Some(refusal) = project.made_elsewhere(context, tx, set, &status, &migrations).await? {
            return Err(refusal);
        }
        app = AppRun { begins: !migrations.is_empty(), leaves: status.pending() > migrations.len() };
        pending.extend(migrations.into_iter().map(|m| (set.name.as_str(), m)));
    }
    let functions = project.functions_pending(tx, app).await?;
    if functions.files > 0 && !args.dry_run {
        project.require_trusted(tx).await?;
    }
    if !pending.is_empty() && !args.dry_run {
        project.require_unplanted(context, tx).await?;
        // Who makes bursar's schema beside the application's tables has to be able to use them.
        if let Some(pack) = project.pack.as_ref().filter(|_| project.sets.len() > 1)
            && !packs::schema_exists(tx, "bursar").await?
        {
            owners::require_usable(tx, pack, "bursar migrate up").await?;
        }
    }
    Ok(Todo { pending, functions, app, grants: false })
}

/// Shows what is to do: the data of a dry run, and a note before a question.
fn shown(context: &Context, database: &Database, project: &Project, todo: &Todo<'_>, args: &MigrateUp) -> Result<()> {
    let json = args.output.format == Format::Json;
    if todo.is_empty() && !json {
        // Where functions lack their tables, the error at the end says what is not done.
        if todo.functions.lacking.is_empty() {
            context.ui.say("nothing is pending")?;
        }
    } else if todo.is_empty() && !args.dry_run {
        report(context, &[], &[], &[])?;
    } else if !todo.is_empty() {
        let mut lines = vec![announced(context, database, args.dry_run, "would apply", "applying")];
        let (own, theirs): (Vec<_>, Vec<_>) = todo.pending.iter().partition(|(set, _)| project.folds(set));
        lines.extend((!own.is_empty()).then(|| format!("  {}", folded(own.len()))));
        lines.extend(theirs.into_iter().map(|(set, m)| format!("  {set} {} {}", m.version, m.description)));
        if todo.functions.files > 0 {
            let names: Vec<&str> = project.packs().map(|pack| pack.name.as_str()).collect();
            let (files, condition) = (function_files(todo.functions.files), todo.functions.condition());
            lines.push(format!("  {} {files} that write{condition}", names.join(",")));
        }
        announce(context, &lines, args.dry_run && !json)?;
    }
    if args.dry_run && json {
        let would = todo.pending.iter();
        let would = would.map(|(set, m)| json!({ "set": set, "version": m.version, "description": m.description }));
        let view = View::new("migrate up")
            .field("dry_run", true)
            .field("would_apply", would.collect::<Vec<_>>())
            .field("would_install", todo.functions.files);
        context.ui.emit(Format::Json, view)?;
    }
    Ok(())
}

/// Asks, and does it.
async fn apply(
    context: &Context,
    database: &Database,
    project: &Project,
    todo: &Todo<'_>,
    args: &MigrateUp,
) -> Result<()> {
    let json = args.output.format == Format::Json;
    let what = match (todo.pending.len(), todo.functions.files) {
        (0, 0) => format!("Let bursar_auditor read the application's tables in {}", database.target().database()),
        (0, n) => format!("Install {} in {}", function_files(n), database.target().database()),
        (n, _) => format!("Apply {} to {}", counted(n, "migration"), database.target().database()),
    };
    database.require_direct().await?;
    let protection = database.protection().await?;
    let permit = context.confirm(database, protection, &what).await?;
    let mut session = database.session(&permit).await?;
    let word = "look with `bursar migrate status`; `bursar migrate up` goes on where it stopped";
    context.leave_word(Some(with_flags(word, &source_flags(context, &args.source))));
    let mut ran = Vec::new();
    let options = options(context, &args.patience);
    let done = migrate::up(&mut session, database, &project.sets, until(args), &options, |event| {
        tell(context, &mut ran, !json, &event);
    })
    .await;
    let packs: Vec<&Pack> = project.packs().collect();
    let installed = match &done {
        // The session still holds the lock of the run.
        Ok(_) => functions::install(&mut session, &packs).await,
        Err(_) => Ok(Installed::default()),
    };
    if done.is_ok() && args.source.only.is_some() {
        for pack in packs.iter().filter(|pack| gives(context, pack)) {
            grant(context, &mut session, pack).await?;
        }
    }
    context.leave_word(None);
    let mut lacking = Vec::new();
    for one in installed.iter().flat_map(|installed| &installed.lacking) {
        match todo.app.leaves && project.pack.as_ref().is_some_and(|pack| pack.name == one.pack) {
            true => say_later(context, one),
            false => lacking.push(one.clone()),
        }
    }
    let files = installed.iter().flat_map(|installed| &installed.files);
    let files: Vec<&str> = files.map(|file| file.file.as_str()).collect();
    if json {
        let is_done = done.is_ok() && installed.is_ok() && lacking.is_empty();
        let open = if is_done { Vec::new() } else { unfinished(database, project).await };
        report(context, &ran, &files, &open)?;
    } else {
        for file in &files {
            context.ui.say(&format!("✓ {file} installed"))?;
        }
    }
    done.map_err(|error| after(&ran, error))?;
    installed.map_err(|error| after(&ran, error))?;
    functions::require_installed(&lacking).map_err(|error| after(&ran, error))?;
    match (ran.len(), files.len()) {
        _ if json => {}
        (0, 0) if !todo.grants => context.ui.say("nothing is pending: another run was faster")?,
        (0, _) => {}
        (n, _) => context.ui.say(&format!("applied {}", counted(n, "migration")))?,
    }
    Ok(())
}

/// Says that functions wait for the tables of migrations that the run left out.
fn say_later(context: &Context, lacking: &Lacking) {
    context.ui.note(&format!("the functions of {} are not installed yet: {}", lacking.pack, lacking.what));
}

/// True if the auditor may be given what the pack reads: a stranger's pack must not give itself tables.
fn gives(context: &Context, pack: &Pack) -> bool {
    pack.is_built_in() || context.global.trust_pack
}

/// Lets the auditor read the application's tables, as far as this role may give that.
async fn grant(context: &Context, session: &mut Session, pack: &Pack) -> Result<()> {
    let Some(grants) =
        ours(session, async |c| Ok(Access::of(c, &pack.schema, &pack.tables).await?.for_auditor())).await?
    else {
        return Ok(());
    };
    let granted = ours(session, async |c| Ok(c.execute(AssertSqlSafe(grants)).await.map(drop)?)).await;
    let closed = ours(session, async |c| Ok(Access::of(c, &pack.schema, &pack.tables).await?.for_auditor())).await?;
    // What this role may not give is said at the end.
    if granted.is_ok() && closed.is_none() {
        context.ui.note("bursar_auditor may read the application's tables");
    }
    Ok(())
}

/// Says what lets the auditor read the application's tables, where this role may not give that.
async fn say_grants(context: &Context, database: &Database, pack: &Pack) -> Result<()> {
    let mut tx = database.read().await?;
    if let Some(grants) = Access::of(&mut tx, &pack.schema, &pack.tables).await?.for_auditor() {
        context.ui.note(&format!("bursar_auditor may not read the application's tables yet: {grants}"));
    }
    tx.rollback().await
}

/// Warns of the indexes that are INVALID: a build of this run may have left them, or one that was killed before.
async fn say_invalid(context: &Context, database: &Database, args: &MigrateUp) {
    let read = async {
        let mut tx = database.read().await?;
        let found = migrate::invalid_indexes(&mut tx).await?;
        tx.rollback().await?;
        Ok::<_, Error>(found)
    };
    // The error of the run is the one to be told.
    let found: Vec<String> = read.await.unwrap_or_default().into_iter().map(|index| index.name).collect();
    if !found.is_empty() {
        context.ui.warn(&format!(
            "left INVALID, slowing writes and serving no query: {}; to drop what is INVALID: {}",
            found.join(", "),
            with_flags("bursar migrate repair --drop-invalid-indexes", &source_flags(context, &args.source))
        ));
    }
}

/// What is still to do after a run that failed, and how far it came; nothing where the server cannot be asked.
async fn unfinished(database: &Database, project: &Project) -> Vec<serde_json::Value> {
    let read = async {
        let mut tx = database.read().await?;
        let mut open = Vec::new();
        for set in &project.sets {
            let status = migrate::status(&mut tx, set).await?;
            let lines =
                status.migrations.into_iter().filter(|line| line.applied_at.is_none() || line.progress.is_some());
            open.extend(lines.map(|line| {
                let next = line.progress.and_then(|progress| set.get(line.version)?.next_statement(progress));
                json!({ "set": set.name, "version": line.version, "description": line.description, "progress": line.progress, "next": next })
            }));
        }
        tx.rollback().await?;
        Ok::<_, Error>(open)
    };
    read.await.unwrap_or_default()
}

fn report(context: &Context, ran: &[Ran], installed: &[&str], unfinished: &[serde_json::Value]) -> Result<()> {
    let view = View::new("migrate up").field("applied", ran).field("installed", installed);
    context.ui.emit(Format::Json, view.field("unfinished", unfinished))
}
