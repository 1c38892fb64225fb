//! What differs between shells: the script, how the typed line arrives, and how the answer is written.

use std::ffi::OsString;

use clap::{Command, ValueEnum};
use clap_complete::engine;
use clap_complete::env::{EnvCompleter, Shells};

use crate::error::{Error, Kind, Result};

/// The environment variable by which a shell's script asks, with the shell's name.
pub(in super::super) const VARIABLE: &str = "BURSAR_COMPLETE";

/// A shell that completions can be made for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

/// clap's own script hands over the words as bash splits them, at each `:`, `=` and `@` too, so that no
/// URL arrives whole. This one hands over the line, and the part of it that bash will replace.
const BASH: &str = r#"_bursar() {
    local IFS=$'\n'
    COMPREPLY=($(VARIABLE=bash bursar -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F _bursar bursar 2>/dev/null || complete -o bashdefault -F _bursar bursar
"#;

/// The script that makes a shell ask.
///
/// # Errors
/// Only if clap does not know the shell.
pub(in super::super) fn script(shell: Shell) -> Result<String> {
    if matches!(shell, Shell::Bash) {
        return Ok(BASH.replace("VARIABLE", VARIABLE));
    }
    let mut script = Vec::new();
    completer(name(shell))
        .ok_or_else(|| Error::failed("there are no completions for this shell"))?
        .write_registration(VARIABLE, "bursar", "bursar", "bursar", &mut script)
        .map_err(|e| Error::from_cause(Kind::Failed, e))?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

fn name(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
    }
}

fn completer(shell: &str) -> Option<&'static dyn EnvCompleter> {
    const KNOWN: Shells<'static> = Shells::builtins();
    KNOWN.0.iter().copied().find(|known| known.is(shell))
}

/// A line that is being typed.
pub(super) enum Line {
    /// In bash: its words, and how much of the last one is before what bash replaces.
    Bash { words: Vec<String>, kept: usize },
    /// Elsewhere: the words, as the shell's script hands them over.
    Words { shell: &'static dyn EnvCompleter, words: Vec<OsString> },
}

impl Line {
    /// Reads what a script handed over; none where nothing can be said to it.
    pub(super) fn read(shell: &str, arguments: Vec<OsString>) -> Option<Line> {
        if shell != "bash" {
            return (!arguments.is_empty()).then_some(Line::Words { shell: completer(shell)?, words: arguments });
        }
        let mut arguments = arguments.into_iter().map(|a| a.into_string().ok());
        let (line, replaced) = (arguments.next()??, arguments.next()??);
        let words = split(&line)?;
        let last = words.last()?;
        let kept = if last.ends_with(&replaced) { last.len() - replaced.len() } else { 0 };
        Some(Line::Bash { words, kept })
    }

    /// The words, without their quotes.
    pub(super) fn words(&self) -> Vec<String> {
        match self {
            Line::Bash { words, .. } => words.clone(),
            Line::Words { words, .. } => words.iter().map(|word| unquoted(&word.to_string_lossy())).collect(),
        }
    }

    /// What may come next, as the shell's script reads it.
    pub(super) fn answer(self, command: &mut Command) -> Option<String> {
        let directory = std::env::current_dir().ok();
        match self {
            Line::Words { shell, words } => {
                let mut out = Vec::new();
                shell.write_complete(command, words, directory.as_deref(), &mut out).ok()?;
                String::from_utf8(out).ok()
            }
            Line::Bash { words, kept } => {
                let at = words.len() - 1;
                let asks_for_flags = words[at].starts_with('-');
                let words = words.into_iter().map(OsString::from).collect();
                let found = engine::complete(command, words, at, directory.as_deref()).ok()?;
                // bash splits the answer, expands it and puts it in as it is: a file of another name is left out.
                let values = found.iter().filter_map(|c| c.get_value().to_str()).filter(|v| is_unquoted(v));
                // Flags would bury what is asked for, unless they are.
                let offered = values.filter(|value| asks_for_flags || !value.starts_with('-'));
                Some(offered.filter_map(|v| v.get(kept..)).map(|v| format!("{v}\n")).collect())
            }
        }
    }
}

/// The words of a line, the last of which is being typed and may be empty. None within quotes.
fn split(line: &str) -> Option<Vec<String>> {
    // The marker begins a word behind a space, and none behind one that a backslash makes part of a word.
    let mut words = shlex::split(&format!("{line}\u{1}"))?;
    let last = words.last_mut()?;
    *last = last.strip_suffix('\u{1}')?.to_owned();
    Some(words)
}

/// A word of zsh's, which come as they were typed.
fn unquoted(word: &str) -> String {
    match shlex::split(word).as_deref() {
        Some([one]) => one.clone(),
        _ => word.to_owned(),
    }
}

/// Whether a text is one word to every shell, and no flag.
pub(super) fn is_plain_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
}

/// Whether a text stands for itself on a command line.
fn is_unquoted(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b >= 0x80 || b"_-./=,+:@%".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::{is_unquoted, split};

    #[test]
    fn a_line_is_split_as_a_shell_does_and_the_last_word_is_the_one_being_typed() {
        let words = |line: &str| split(line).map(|w| w.join("|"));
        assert_eq!(words("bursar payments show ").as_deref(), Some("bursar|payments|show|"));
        assert_eq!(
            words("bursar -d 'postgres://u:p@h/d?a=b' pay").as_deref(),
            Some("bursar|-d|postgres://u:p@h/d?a=b|pay")
        );
        assert_eq!(words("bursar --env=lo").as_deref(), Some("bursar|--env=lo"));
        assert_eq!(words("bursar \"un"), None);
        assert_eq!(words("bursar un\\ ").as_deref(), Some("bursar|un "));
        assert_eq!(words("").as_deref(), Some(""));
    }

    #[test]
    fn bash_is_given_nothing_that_it_would_expand() {
        for text in ["$(x)", "a b", "a*", "a?", "[a]", "~", "a;b", "a\nb", "a'b", "{a,b}", "!x", "\u{7f}"] {
            assert!(!is_unquoted(text), "{text}");
        }
        assert!(is_unquoted("./dir/ดวง.sql") && is_unquoted("--env=local"));
    }
}
