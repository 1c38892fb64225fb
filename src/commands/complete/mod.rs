//! Completion: what a shell asks while a command line is typed.
//!
//! The script that `bursar completions` prints calls bursar with [`VARIABLE`] set and the line that is
//! typed; the answer is the values that may come next. Whoever presses TAB waits, so that all of it has
//! 200 ms, and whoever types must not be spoken to: whatever goes wrong, the answer is empty, nothing is
//! said, and the exit code is 0. A database is only read, and no command is run for its URL.

mod ids;
mod shells;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::commands::uses;
use crate::output::{ColorChoice, Ui};

pub(super) use shells::script;

/// The environment variable by which a shell's script asks, with the shell's name.
pub(super) const VARIABLE: &str = "BURSAR_COMPLETE";

/// The environment variable in which clap's scripts say which word is being typed, where it may not be the last.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// How long an answer may take, from the start of the process; a little is left for writing it.
const PATIENCE: Duration = Duration::from_millis(180);

/// What is known of the command line that is being typed.
struct Typed {
    words: Vec<String>,
    /// Which of them is being typed; some shells hand over what stands behind it too.
    typing: usize,
    /// When nobody waits for an answer any more.
    deadline: Instant,
}

impl Typed {
    /// The value of a flag, in whichever way it was written.
    fn flag(&self, long: &str, short: Option<&str>) -> Option<&str> {
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

/// Answers a shell. `arguments` are those after the `--`.
pub(super) fn run(shell: &str, arguments: Vec<OsString>, started: Instant) -> ExitCode {
    // Not even a defect of ours may speak into somebody's prompt.
    std::panic::set_hook(Box::new(|_| {}));
    let answer = std::panic::catch_unwind(|| {
        let line = shells::Line::read(shell, arguments)?;
        let words = line.words();
        let last = words.len().saturating_sub(1);
        let typing = super::var(INDEX).and_then(|index| index.parse().ok()).unwrap_or(last);
        let typed = Typed { words, typing, deadline: started + PATIENCE };
        line.answer(&mut completing(typed))
    });
    if let Ok(Some(text)) = answer {
        // Where nobody reads the answer any more, nobody wants to know.
        let _ = Ui::new(ColorChoice::Never, true, false, true, false, &super::var)
            .write(|out| Ok(out.write_all(text.as_bytes())?));
    }
    ExitCode::SUCCESS
}

/// The command line, whose arguments know their values.
fn completing(typed: Typed) -> Command {
    attach(uses::command(), &Arc::new(typed))
}

/// Gives each argument of a command, and of those below it, what completes it. An argument is known by
/// the name of its value, as in `PAYMENT`, so that a new command's arguments are completed too.
fn attach(command: Command, typed: &Arc<Typed>) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|arg| match values_of(&name, &arg) {
            None => arg,
            Some(values) => {
                let typed = Arc::clone(typed);
                arg.add(ArgValueCompleter::new(move |prefix: &std::ffi::OsStr| {
                    prefix.to_str().map(|prefix| safe(values(&typed, prefix), prefix)).unwrap_or_default()
                }))
            }
        })
        .mut_subcommands(|inner| attach(inner, typed))
}

/// Finds the values that begin so, as far as the source can tell.
type Values = fn(&Typed, &str) -> Vec<CompletionCandidate>;

fn values_of(command: &str, arg: &Arg) -> Option<Values> {
    let value = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match (command, arg.get_id().as_str(), value) {
        (_, _, "PAYMENT") => Some(ids::payments),
        (_, _, "REFUND") => Some(ids::refunds),
        (_, _, "JOB" | "JOB|HANDLE|-") => Some(ids::jobs),
        (_, "env", _) => Some(values::environments),
        (_, "app", _) | ("show", "name", _) => Some(values::packs),
        (_, "only" | "skip", "CHECK,…") => Some(values::checks_and_parts),
        (_, _, "CHECK|FINGERPRINT") => Some(values::checks),
        ("inspect", _, "TOPIC") => Some(values::inspect_topics),
        ("stats", _, "TOPIC") => Some(values::stats_topics),
        (_, _, "RULE,…") => Some(values::lint_rules),
        _ => None,
    }
}

/// Leaves out what a shell might take for something else than a word: a value may come from a database,
/// and is put on somebody's command line.
fn safe(candidates: Vec<CompletionCandidate>, prefix: &str) -> Vec<CompletionCandidate> {
    candidates
        .into_iter()
        .filter(|c| {
            c.get_value().to_str().is_some_and(|value| value.starts_with(prefix) && shells::is_plain_word(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use clap_complete::engine::CompletionCandidate;

    use super::{Typed, attach, safe};
    use crate::commands::uses;

    fn typed(words: &str) -> Typed {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        Typed { typing: words.len() - 1, words, deadline: Instant::now() }
    }

    #[test]
    fn a_flag_is_found_however_it_is_written_and_not_where_it_is_being_typed() {
        for (words, value) in [
            ("bursar --env here audit ", Some("here")),
            ("bursar --env=here audit ", Some("here")),
            ("bursar --env here --env there audit ", Some("there")),
            ("bursar audit --env here", None),
            ("bursar audit --env", None),
            ("bursar audit --environment x ", None),
        ] {
            assert_eq!(typed(words).flag("--env", None), value, "{words}");
        }
        for words in ["bursar -d URL x", "bursar -dURL x", "bursar --database-url=URL x"] {
            assert_eq!(typed(words).flag("--database-url", Some("-d")), Some("URL"), "{words}");
        }
    }

    #[test]
    fn a_flag_behind_the_word_that_is_typed_counts_too() {
        for (words, typing, value) in [("bursar stats to -d URL", 2, Some("URL")), ("bursar -d URL stats", 2, None)] {
            assert_eq!(Typed { typing, ..typed(words) }.flag("--database-url", Some("-d")), value, "{words}");
        }
    }

    #[test]
    fn the_command_line_stays_sound_with_its_completers() {
        attach(uses::command(), &Arc::new(typed("bursar "))).debug_assert();
    }

    #[test]
    fn what_is_no_plain_word_is_left_out() {
        let hostile =
            ["$(reboot)", "`id`", "a b", "a;b", "a\nb", "a\u{1b}[2J", "'", "\"", "a*", "~", "-x", "a\\", "ก", ""];
        let candidates = |values: &[&str]| values.iter().map(|v| CompletionCandidate::new(*v)).collect::<Vec<_>>();
        assert!(safe(candidates(&hostile), "").is_empty());
        let kept = safe(candidates(&["pi_1", "py_1", "0fa8-c2"]), "p");
        assert_eq!(kept.iter().map(|c| c.get_value().to_str().unwrap()).collect::<Vec<_>>(), ["pi_1", "py_1"]);
    }
}
