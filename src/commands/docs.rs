//! What is generated from the command line: manual pages and `docs/cli.md`.

use clap::Command;

use crate::error::{Error, Kind, Result};

/// The manual page of a command, named by its words; no words name bursar itself.
///
/// # Errors
/// A usage error where there is no such command.
pub fn man(words: &[String]) -> Result<String> {
    let mut command = super::uses::documented().term_width(100);
    for word in words {
        let found = command.find_subcommand(word).cloned();
        command = found.ok_or_else(|| {
            Error::usage(format!("there is no command '{}'", words.join(" "))).hint("bursar --help lists them")
        })?;
    }
    let mut out = Vec::new();
    clap_mangen::Man::new(command).render(&mut out).map_err(|e| Error::from_cause(Kind::Failed, e))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The reference: the long help of every command, in one Markdown file.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Commands\n\nThe long help of every command, generated from the command line's own definition.\n",
    );
    fn section(command: &Command, out: &mut String) {
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        out.push_str(&format!(
            "\n## `{name}`\n\n```text\n{}\n```\n",
            plain(&command.clone().render_long_help().to_string())
        ));
        for inner in command.get_subcommands().filter(|c| c.get_name() != "help") {
            section(inner, out);
        }
    }
    section(&super::uses::documented().term_width(100), &mut out);
    out
}

/// Every command, for a walk over all of them.
pub fn built() -> Command {
    super::uses::command().term_width(100)
}

fn plain(help: &str) -> String {
    help.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
