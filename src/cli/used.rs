//! Which of the flags that stand for every command a command has a use for. A flag that says where to write, or to
//! whom, and that nobody reads, would be taken for a promise, so it is refused and not shown in the help.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use super::Cli;

/// Flags that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Those of a connection.
    Connection,
    /// Those of the application.
    Application,
    /// Those of a write.
    Write,
}

use Group::{Application, Connection, Write};

/// Every group, and the flags of it.
const GROUPS: [(Group, &[&str]); 3] = [
    (Connection, &["database_url", "env", "connect_timeout"]),
    (Application, &["app", "schema", "trust_pack", "trust_schema"]),
    (Write, &["yes", "confirm", "operator"]),
];

/// Every command, and what it has a use for.
pub const USED: &[(&str, &[Group])] = &[
    ("demo", &[]),
    ("sandbox start", &[]),
    ("sandbox stop", &[]),
    ("sandbox status", &[]),
    ("sandbox url", &[]),
    ("migrate new", &[]),
    ("migrate status", &[Connection, Application]),
    ("migrate plan", &[Connection, Application]),
    ("migrate lint", &[]),
    ("migrate up", &[Connection, Application, Write]),
    ("migrate down", &[Connection, Application, Write]),
    ("migrate verify", &[Connection, Application]),
    ("migrate baseline", &[Connection, Application, Write]),
    ("migrate repair", &[Connection, Application, Write]),
    ("seed", &[Connection, Application, Write]),
    ("audit", &[Connection, Application, Write]),
    ("audit run", &[Connection, Application, Write]),
    ("audit list", &[Connection, Application]),
    ("audit seal", &[Connection, Application, Write]),
    ("audit history", &[Connection]),
    ("audit explain", &[Connection, Application]),
    ("audit repair", &[Connection, Application, Write]),
    ("payments list", &[Connection, Application]),
    ("payments show", &[Connection, Application]),
    ("wallet show", &[Connection, Application]),
    ("wallet history", &[Connection, Application]),
    ("wallet adjust", &[Connection, Application, Write]),
    ("wallet adjustments", &[Connection]),
    ("wallet approve", &[Connection, Application, Write]),
    ("wallet reject", &[Connection, Write]),
    ("refund", &[Connection, Application, Write]),
    ("refund create", &[Connection, Application, Write]),
    ("refund list", &[Connection, Application]),
    ("refund show", &[Connection]),
    ("refund resume", &[Connection, Application, Write]),
    ("refund approve", &[Connection, Application, Write]),
    ("refund reject", &[Connection, Write]),
    ("refund sync", &[Connection, Application, Write]),
    ("refund batch", &[Connection, Application, Write]),
    ("jobs", &[Connection, Application]),
    ("jobs list", &[Connection, Application]),
    ("jobs count", &[Connection, Application]),
    ("jobs show", &[Connection, Application]),
    ("jobs why", &[Connection, Application]),
    ("jobs triage", &[Connection, Application]),
    ("jobs retry", &[Connection, Application, Write]),
    ("jobs cancel", &[Connection, Application, Write]),
    ("jobs delete", &[Connection, Application, Write]),
    ("jobs purge", &[Connection, Application, Write]),
    ("jobs stuck", &[Connection, Application, Write]),
    ("jobs workers", &[Connection, Application]),
    ("jobs latency", &[Connection, Application]),
    ("jobs throughput", &[Connection, Application]),
    ("jobs watch", &[Connection, Application]),
    ("stats", &[Connection, Application]),
    ("inspect", &[Connection]),
    ("doctor", &[Connection, Application]),
    ("operations list", &[Connection]),
    ("operations verify", &[Connection]),
    ("settings list", &[Connection]),
    ("settings set", &[Connection, Write]),
    // The schema is the one to draft for; there is no pack yet.
    ("pack new", &[Connection, Application]),
    ("pack check", &[Connection, Application]),
    ("pack show", &[Connection, Application]),
    ("config trust", &[]),
    ("config untrust", &[]),
    ("config list", &[]),
    ("completions", &[]),
    ("man", &[]),
];

/// A flag of one command that has a use only with another.
const ONLY_WITH: &[(&str, &str, &str)] =
    // Not `requires`: its variable may be set for good.
    &[("migrate baseline", "scratch", "detect")];

/// True where a command has no use for a flag that stands for every command.
fn is_unused(path: &str, flag: &str) -> bool {
    // A pack that is checked is named by its folder, and is not run.
    if matches!((path, flag), ("pack new" | "pack check", "app") | ("pack check", "trust_pack")) {
        return true;
    }
    // A command that is not in the table is taken to use them all.
    let Some((_, used)) = USED.iter().find(|(command, _)| *command == path) else { return false };
    GROUPS.iter().any(|(group, flags)| flags.contains(&flag) && !used.contains(group))
}

/// The command line, in whose help each command shows the flags that it has a use for.
pub fn command() -> Command {
    fn hide(command: Command, path: &str) -> Command {
        let inner: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        let leaf = USED.iter().any(|(command, _)| *command == path);
        let command = if leaf {
            let hidden = |arg: clap::Arg| if is_unused(path, arg.get_id().as_str()) { arg.hide(true) } else { arg };
            command.mut_args(hidden)
        } else {
            command
        };
        inner.into_iter().filter(|name| name != "help").fold(command, |command, name| {
            let path = format!("{path} {name}");
            command.mut_subcommand(name, |inner| hide(inner, path.trim_start()))
        })
    }
    let mut command = Cli::command();
    // Only then do the commands have the flags that stand for all of them.
    command.build();
    hide(command, "")
}

/// Reads a command line.
///
/// # Errors
/// As clap has them; also a flag that the command has no use for.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    refuse_unused(&mut command, &matches)?;
    Cli::from_arg_matches(&matches).map_err(|e| e.format(&mut command))
}

fn refuse_unused(command: &mut Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let (mut path, mut words, mut leaf, mut at) = (String::new(), Vec::new(), &mut *command, matches);
    while let Some((name, inner)) = at.subcommand() {
        path = format!("{path} {name}").trim_start().to_owned();
        words.push(name);
        at = inner;
        leaf = match leaf.find_subcommand_mut(name) {
            Some(inner) => inner,
            None => return Ok(()),
        };
    }
    let is_given = |flag: &str| {
        matches!(at.try_contains_id(flag), Ok(true)) && at.value_source(flag) == Some(ValueSource::CommandLine)
    };
    let flags = GROUPS.iter().flat_map(|(_, flags)| *flags);
    let unused = flags.copied().find(|flag| is_unused(&path, flag) && is_given(flag)).map(|flag| (flag, String::new()));
    let alone = ONLY_WITH.iter().find(|(command, flag, with)| {
        *command == path && is_given(flag) && !matches!(at.try_get_one::<bool>(with), Ok(Some(true)))
    });
    let unused = unused.or(alone.map(|(_, flag, with)| (*flag, format!(" without --{}", with.replace('_', "-")))));
    match unused {
        None => Ok(()),
        Some((flag, without)) => {
            let flag = flag.replace('_', "-");
            Err(leaf.error(ErrorKind::UnknownArgument, format!("'bursar {path}' has no use for --{flag}{without}")))
        }
    }
}
