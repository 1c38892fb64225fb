//! Completion: what a shell asks while a command line is typed.
//!
//! The script that `bursar completions` prints calls bursar with [`VARIABLE`] set and the line that is
//! typed; the answer is the values that may come next. Whoever presses TAB waits, so that all of it has
//! 200 ms, and whoever types must not be spoken to: whatever goes wrong, the answer is empty, nothing is
//! said, and the exit code is 0. A database is only read, and no command is run for its URL.

mod asked;
mod ids;
mod shells;
mod values;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use clap::Command;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::output::{ColorChoice, Ui};

use asked::Typed;
pub(super) use shells::{Shell, VARIABLE, script};

/// The environment variable in which clap's scripts say which word is being typed, where it may not be the last.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// The environment variable with the maximum time for an answer, such as `1s`.
const WAIT: &str = "BURSAR_COMPLETE_WAIT";

/// Maximum time for an answer where none is named, from the start of the process; a little is left for writing it.
const PATIENCE: Duration = Duration::from_millis(180);

/// The line that is typed, where a shell asks. A completer stands on its argument and is handed only the word.
static TYPED: OnceLock<Typed> = OnceLock::new();

/// Answers a shell about the command line. `arguments` are those after the `--`.
pub(super) fn run(command: fn() -> Command, shell: &str, arguments: Vec<OsString>, started: Instant) -> ExitCode {
    // Not even a defect of ours may speak into somebody's prompt.
    std::panic::set_hook(Box::new(|_| {}));
    let answer = std::panic::catch_unwind(|| {
        let line = shells::Line::read(shell, arguments)?;
        let words = line.words();
        let last = words.len().saturating_sub(1);
        let typing = super::var(INDEX).and_then(|index| index.parse().ok()).unwrap_or(last);
        let patience = super::var(WAIT).and_then(|wait| super::values::duration(&wait).ok()).unwrap_or(PATIENCE);
        TYPED.set(Typed { words, typing, deadline: started + patience }).ok()?;
        line.answer(&mut command())
    });
    if let Ok(Some(text)) = answer {
        // Where nobody reads the answer any more, nobody wants to know.
        let _ = Ui::new(ColorChoice::Never, true, false, true, false, &super::var)
            .write(|out| Ok(out.write_all(text.as_bytes())?));
    }
    ExitCode::SUCCESS
}

/// Finds the values that begin so, as far as the source can tell.
type Values = fn(&Typed, &str) -> Vec<CompletionCandidate>;

fn completer(values: Values) -> ArgValueCompleter {
    ArgValueCompleter::new(move |prefix: &OsStr| {
        let found = TYPED.get().zip(prefix.to_str());
        found.map(|(typed, prefix)| safe(values(typed, prefix), prefix)).unwrap_or_default()
    })
}

/// Makes a completer for each kind of argument, as in `#[arg(add = complete::payment())]`.
macro_rules! completers {
    ($($(#[$meta:meta])* $name:ident = $values:path;)*) => {
        $($(#[$meta])* pub(super) fn $name() -> ArgValueCompleter {
            completer($values)
        })*
    };
}

completers! {
    /// A payment.
    payment = ids::payments;
    /// A refund.
    refund = ids::refunds;
    /// A job.
    job = ids::jobs;
    /// An environment of `bursar.toml`.
    environment = values::environments;
    /// A pack.
    pack = values::packs;
    /// Checks of the audit, and what their ids begin with.
    checks = values::checks_and_parts;
    /// A check of the audit.
    check = values::checks;
    /// A topic or a check of `inspect`.
    inspect_topic = values::inspect_topics;
    /// A topic of `stats`.
    stats_topic = values::stats_topics;
    /// A rule of `migrate lint`.
    lint_rule = values::lint_rules;
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
    use std::time::Instant;

    use clap::Command;
    use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

    use super::{Typed, safe};
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
    fn every_argument_whose_values_are_known_has_a_completer() {
        fn walk(command: &Command, lacking: &mut Vec<String>) {
            for arg in command.get_arguments() {
                let value = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
                let kinds = ["PAYMENT", "REFUND", "JOB", "CHECK", "TOPIC", "RULE"];
                let known =
                    arg.get_action().takes_values() && value.split(['|', ',']).any(|kind| kinds.contains(&kind));
                if (known || ["env", "app"].contains(&arg.get_id().as_str()))
                    && arg.get::<ArgValueCompleter>().is_none()
                {
                    lacking.push(format!("{} {value}", command.get_name()));
                }
            }
            command.get_subcommands().for_each(|inner| walk(inner, lacking));
        }
        let mut lacking = Vec::new();
        walk(&uses::command(), &mut lacking);
        assert!(lacking.is_empty(), "{lacking:?}");
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
