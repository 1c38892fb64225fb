//! The start and the end of every command: arguments in, exit code out.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use futures_util::FutureExt as _;

use super::cli::{self, Cli, Command};
use super::explain::explain_lock;
use super::held_up::held_up;
use super::panics::{keep_panics, panicked};
use super::{Context, Outcome, complete, ending, uses, var};
use crate::db;
use crate::error::{Error, Kind};
use crate::output::{ColorChoice, Ui};
use crate::text::without_passwords;

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
        return complete::run(
            uses::command,
            &shell,
            std::env::args_os().skip_while(|a| a != "--").skip(1).collect(),
            started,
        );
    }
    let arguments: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    let json = cli::asks_for_json(&arguments);
    let cli = match uses::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, json),
    };
    let (Cli { global, command }, path) = cli;
    let mut ui = Ui::new(global.color, global.quiet, global.verbose, global.no_input, json, &var);
    ui.wide = global.wide;
    let context = Arc::new(Context {
        global,
        ui,
        name: named(path),
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
    // What a blocking task may still be doing is not worth waiting for. Its threads are not let go of either: of one that ends
    // just then, pthread_detach of glibc 2.36 reads the stack after it was unmapped, and the process ends with SIGSEGV.
    std::mem::forget(runtime);
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

/// The command as it names itself to the server: its words, and of a default its own.
fn named(path: String) -> String {
    match path.as_str() {
        "audit run" => "audit".to_owned(),
        "jobs" => "jobs list".to_owned(),
        "refund" => "refund create".to_owned(),
        _ => path,
    }
}

/// Help and version go to standard output; a mistake goes where errors go.
fn unparsed(error: &clap::Error, json: bool) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() && json {
        let ui = Ui::new(ColorChoice::Never, false, false, true, true, &var);
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        ui.error(&Error::usage(message).hint("bursar --help"));
    } else if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let ui = Ui::new(ColorChoice::Auto, false, false, true, false, &var);
        let text = if ui.stderr_color { error.render().ansi().to_string() } else { text };
        ui.misuse(&without_passwords(&text));
    } else {
        // Where even this cannot be printed, the exit code still says it.
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { Kind::Usage.exit_code() } else { 0 })
}

/// Runs the command until it ends, the time is up, or a signal comes. Then the server is asked to
/// cancel what it does for us, the connections are closed, and the rollback is waited for.
async fn interruptible(context: &Arc<Context>, command: Command) -> Outcome {
    let mut told = ending::listen(context, context.global.timeout)?;
    let mut running = Box::pin(AssertUnwindSafe(run(context, command)).catch_unwind());
    let stop = tokio::select! {
        outcome = &mut running => return outcome.unwrap_or_else(|_| Err(panicked())),
        stop = told.stop() => stop,
        never = held_up(context) => match never {},
    };
    told.noticed();
    // A question of a moment ago is not one that the server leaves without an answer.
    let unanswered = db::waiting().is_some_and(|waited| waited > std::time::Duration::from_millis(200));
    let mut stop = stop.error();
    crate::config::end_command();
    // Asking the server takes a moment, or longer where the connection is gone.
    #[cfg(feature = "screen")]
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
        Some(true) if !context.writes() => {
            stop.context(format!("{}: it only read, and has stopped, and the server confirmed it", context.name))
        }
        Some(true) => stop
            .context(format!("{}: what was not committed was rolled back, and the server confirmed it", context.name)),
        Some(false) => {
            let stop = stop.context(format!("{}: the server did not confirm the rollback in time", context.name));
            if stop.hint.is_some() { stop } else { stop.hint(ending::ROLLS_BACK) }
        }
    })
}

async fn run(context: &Context, command: Command) -> Outcome {
    let mut outcome = command.run(context).await;
    if let Err(error) = &mut outcome {
        explain_lock(error);
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
