//! The flags that stand for every command, and the commands that use them.
//!
//! A command names the groups of flags that it uses: `#[command(groups = uses::reads())]`. Any other flag of
//! [`GROUPS`] is hidden in its help and refused: a flag that says where to write, or to whom, and that nobody reads,
//! would be taken for a promise. The flags are global to clap all the same, so that `bursar -d URL audit` works.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgGroup, ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use super::cli::Cli;

/// The flags of a connection.
const CONNECTION: &str = "uses a connection";
/// The flags of a schema.
const SCHEMA: &str = "uses a schema";
/// The flags of a pack.
const PACK: &str = "uses a pack";
/// The flags of a pack that is run.
const TRUST: &str = "runs a pack";
/// The flags of a write.
pub const WRITE: &str = "writes";

/// Every group, and its flags.
const GROUPS: [(&str, &[&str]); 5] = [
    (CONNECTION, &["database_url", "env", "connect_timeout"]),
    (SCHEMA, &["schema", "trust_schema"]),
    (PACK, &["app"]),
    (TRUST, &["trust_pack"]),
    (WRITE, &["yes", "confirm", "operator"]),
];

/// A command that reads what bursar itself keeps in a database.
pub(super) fn database() -> [ArgGroup; 1] {
    [CONNECTION].map(ArgGroup::new)
}

/// A command that writes what bursar itself keeps in a database.
pub(super) fn database_writes() -> [ArgGroup; 2] {
    [CONNECTION, WRITE].map(ArgGroup::new)
}

/// A command that reads a schema for which no pack is named.
pub(super) fn schema() -> [ArgGroup; 2] {
    [CONNECTION, SCHEMA].map(ArgGroup::new)
}

/// A command that runs the pack of a folder, which is no flag of it.
pub(super) fn folder() -> [ArgGroup; 3] {
    [CONNECTION, SCHEMA, TRUST].map(ArgGroup::new)
}

/// A command that reads an application's tables.
pub(super) fn reads() -> [ArgGroup; 4] {
    [CONNECTION, SCHEMA, PACK, TRUST].map(ArgGroup::new)
}

/// A command that writes to an application's tables.
pub(super) fn writes() -> [ArgGroup; 5] {
    [CONNECTION, SCHEMA, PACK, TRUST, WRITE].map(ArgGroup::new)
}

/// A flag of one command that has a use only with another.
const ONLY_WITH: &[(&str, &str, &str)] =
    // Not `requires`: its variable may be set for good.
    &[("migrate baseline", "scratch", "detect")];

/// A command that does something.
#[derive(Debug)]
pub struct Leaf {
    /// Its words, such as `audit seal`.
    pub path: String,
    /// True if it writes to a database.
    pub writes: bool,
}

/// Every command that does something, in the order of the help.
pub fn leaves() -> Vec<Leaf> {
    fn walk(command: &Command, path: &str, all: &mut Vec<Leaf>) {
        if !path.is_empty() && is_leaf(command) {
            all.push(Leaf { path: path.to_owned(), writes: uses(command, WRITE) });
        }
        for inner in command.get_subcommands() {
            walk(inner, format!("{path} {}", inner.get_name()).trim_start(), all);
        }
    }
    let mut all = Vec::new();
    walk(&Cli::command(), "", &mut all);
    all
}

/// True if the command can be run without a further word.
fn is_leaf(command: &Command) -> bool {
    !command.has_subcommands() || !command.is_subcommand_required_set()
}

fn uses(command: &Command, group: &str) -> bool {
    command.get_groups().any(|g| g.get_id() == group)
}

/// True if the flag stands for every command, and this one does not use it.
fn is_unused(command: &Command, flag: &str) -> bool {
    GROUPS.iter().any(|(group, flags)| flags.contains(&flag) && !uses(command, group))
}

/// The name of the topic of `bursar help` that explains the flags of every command.
const OPTIONS: &str = "options";

/// The command line, in which each command shows the flags that it uses.
pub fn command() -> Command {
    let mut command = Cli::command().subcommand(
        Command::new(OPTIONS)
            .about("The options that many commands share")
            .long_about(
                "The options that many commands share. The help of a command names those that it uses. Write them before \
                 or after the command.",
            )
            .override_usage("bursar [OPTIONS] <COMMAND> [OPTIONS]")
            .groups([CONNECTION, SCHEMA, PACK, TRUST, WRITE].map(ArgGroup::new))
            .arg_required_else_help(true)
            .hide(true),
    );
    // Only then do the commands have the flags that stand for all of them.
    command.build();
    command.mut_subcommands(|inner| {
        mutated(inner, &|command, unused| {
            command.mut_args(|arg| if unused.contains(&arg.get_id().as_str()) { arg.hide(true) } else { arg })
        })
    })
}

/// The command line as its help shows it: a line names the flags that a command shares with others, and
/// `bursar help options` explains them once.
pub fn documented() -> Command {
    let shared: Vec<String> = Cli::command().get_arguments().map(|arg| arg.get_id().to_string()).collect();
    command().mut_subcommands(|inner| {
        if inner.get_name() == OPTIONS {
            return inner;
        }
        mutated(inner, &|command, _| {
            let shown = |arg: &&Arg| shared.iter().any(|id| arg.get_id() == id) && !arg.is_hide_set();
            let flags: Vec<String> = command
                .get_arguments()
                .filter(shown)
                .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
                .collect();
            let line = format!("Shared options (bursar help options): {}", flags.join(" "));
            let after = command.get_after_help().map(|after| format!("{line}\n\n{after}"));
            let does_something = is_leaf(&command);
            let command =
                command.mut_args(|arg| if shared.iter().any(|id| arg.get_id() == id) { arg.hide(true) } else { arg });
            if does_something { command.after_help(after.unwrap_or(line)) } else { command }
        })
    })
}

/// Changes a command and all below it, given the shared flags that each does not use.
fn mutated(command: Command, change: &impl Fn(Command, &[&'static str]) -> Command) -> Command {
    if command.get_name() == "help" {
        return command;
    }
    let unused: Vec<&'static str> = GROUPS
        .iter()
        .filter(|(group, _)| is_leaf(&command) && !uses(&command, group))
        .flat_map(|(_, flags)| flags.iter().copied())
        .collect();
    change(command, &unused).mut_subcommands(|inner| mutated(inner, change))
}

/// A command line that was read, and the words of its command, such as `audit seal`.
///
/// # Errors
/// As clap has them; also a flag that the command has no use for.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<(Cli, String), clap::Error> {
    let mut command = documented();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = match command.try_get_matches_from_mut(&arguments) {
        // clap takes the flag for a word that help is asked about.
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => match without_help_of_help(&arguments) {
            Some(words) => command.try_get_matches_from_mut(words)?,
            None => return Err(error),
        },
        matches => matches?,
    };
    let path = refuse_unused(&mut command, &matches)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|e| e.format(&mut command))?;
    Ok((cli, path))
}

/// The words of `help --help` and `help audit -h` without the flag; none where it does not stand behind `help`.
fn without_help_of_help(arguments: &[OsString]) -> Option<Vec<&OsString>> {
    let help = arguments.iter().position(|word| word == "help")?;
    let is_flag = |word: &OsString| word == "--help" || word == "-h";
    let (before, behind) = arguments.split_at(help);
    let kept = behind.iter().filter(|word| !is_flag(word));
    behind.iter().any(is_flag).then(|| before.iter().chain(kept).collect())
}

fn refuse_unused(command: &mut Command, matches: &ArgMatches) -> Result<String, clap::Error> {
    let (mut words, mut leaf, mut at) = (Vec::new(), &mut *command, matches);
    while let Some((name, inner)) = at.subcommand() {
        words.push(name);
        at = inner;
        leaf = match leaf.find_subcommand_mut(name) {
            Some(inner) => inner,
            None => return Ok(words.join(" ")),
        };
    }
    let path = words.join(" ");
    let is_given = |flag: &str| {
        matches!(at.try_contains_id(flag), Ok(true)) && at.value_source(flag) == Some(ValueSource::CommandLine)
    };
    let flags = GROUPS.iter().flat_map(|(_, flags)| *flags);
    let unused = flags.copied().find(|flag| is_unused(leaf, flag) && is_given(flag)).map(|flag| (flag, String::new()));
    let alone = ONLY_WITH.iter().find(|(command, flag, with)| {
        *command == path && is_given(flag) && !matches!(at.try_get_one::<bool>(with), Ok(Some(true)))
    });
    let unused = unused.or(alone.map(|(_, flag, with)| (*flag, format!(" without --{}", with.replace('_', "-")))));
    match unused {
        None => Ok(path),
        Some((flag, without)) => {
            let flag = flag.replace('_', "-");
            Err(leaf.error(ErrorKind::UnknownArgument, format!("'bursar {path}' has no use for --{flag}{without}")))
        }
    }
}
