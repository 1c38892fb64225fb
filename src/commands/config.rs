//! `bursar config`: the trusted configuration files.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Context, Done, Outcome};
use crate::config::{self, Environment, FILE_NAME, Standing, Store, nearest};
use crate::error::{Error, Result};
use crate::output::{Column, Format, Output, Page, Table, View};
use crate::text::without_passwords;

/// Trust `bursar.toml` files, and list the trusted ones
///
/// A `bursar.toml` comes with its folder, and somebody else may have written it. Until you trust it, it may only name a
/// database on this machine. It runs no command, reads no variable, and names no pack and no other server.
/// The file in your own configuration directory needs no trust. Trust is given to one file with its present content,
/// and is kept in your state directory. Changed content has to be trusted again. A file that another user owns or may
/// write to is never used.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Trust a file with its present content
    #[command(after_help = "Examples:\n  bursar config trust\n  bursar config trust ./bursar.toml")]
    Trust {
        /// File to trust [default: the bursar.toml that is used here]
        file: Option<PathBuf>,
    },
    /// Stop trusting a file
    #[command(after_help = "Example:\n  bursar config untrust ../bursar.toml")]
    Untrust {
        /// File, which may be gone [default: the bursar.toml that is used here]
        file: Option<PathBuf>,
    },
    /// List the files that were trusted, and their present state
    #[command(after_help = "Examples:\n  bursar config list\n  bursar config list -o json")]
    List {
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// Runs `config trust`, `config untrust` or `config list`.
pub async fn run(context: &Context, action: Config) -> Outcome {
    match action {
        Config::Trust { file } => trust(context, file),
        Config::Untrust { file } => untrust(context, file),
        Config::List { output } => list(context, output.format),
    }
}

fn store() -> Result<Store> {
    Store::of_user().ok_or_else(|| Error::usage("there is no home directory to keep in what is trusted"))
}

/// The file that was named, or the one that is used here.
fn chosen(file: Option<PathBuf>) -> Result<PathBuf> {
    let file = match file {
        Some(folder) if folder.is_dir() => folder.join(FILE_NAME),
        Some(file) => file,
        None => {
            let here =
                std::env::current_dir().map_err(|e| Error::usage(format!("cannot tell the working directory: {e}")))?;
            nearest(&here).ok_or_else(|| {
                Error::usage(format!("no {FILE_NAME} was found here or in a folder above")).hint("name the file")
            })?
        }
    };
    if file.file_name().is_none_or(|name| name != FILE_NAME) {
        return Err(Error::usage(format!("{} is no {FILE_NAME}, and only such files are read", file.display())));
    }
    Ok(file)
}

fn trust(context: &Context, file: Option<PathBuf>) -> Outcome {
    let path = chosen(file)?;
    // What is wrong about it is said now, and what others may write is not trusted.
    let (config, content) = config::Config::read_with_content(&path)?;
    if let Some(refusal) = config.refusal() {
        return Err(refusal);
    }
    if config.standing == Standing::Own {
        context.ui.say(&format!("{} is in your configuration directory, and needs no trust", path.display()))?;
        return Ok(Done::Clean);
    }
    store()?.trust(&path, &content)?;
    let mut out = format!("✓ {} is trusted with its present content\n", shown(&path));
    let mut may = Table::facts(&context.ui, 2);
    for (name, environment) in &config.env {
        may.row(&[&format!("[env.{name}]"), &does(environment)]);
        if let Some(redis) = &environment.redis {
            may.row(&[
                &format!("[env.{name}.redis]"),
                &names(&redis.url, &redis.url_env, &redis.url_command).join("; "),
            ]);
        }
    }
    if let Some(redis) = &config.redis {
        may.row(&["[redis]", &names(&redis.url, &redis.url_env, &redis.url_command).join("; ")]);
    }
    out.push_str(&may.render());
    context.ui.say(&out)?;
    Ok(Done::Clean)
}

fn shown(path: &Path) -> String {
    crate::text::escape(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string())
        .into_owned()
}

/// The actions that an environment asks bursar for.
fn does(environment: &Environment) -> String {
    let mut does = names(&environment.url, &environment.url_env, &environment.url_command);
    if let Some(app) = &environment.app {
        does.push(format!("names the pack {app}"));
    }
    does.join("; ")
}

/// The actions that a URL's source asks bursar for.
fn names(url: &Option<String>, url_env: &Option<String>, url_command: &Option<String>) -> Vec<String> {
    let command = url_command.iter().map(|command| format!("runs a command: {command}"));
    let variable = url_env.iter().map(|variable| format!("reads the environment variable {variable}"));
    let url = url.iter().map(|url| format!("connects to {}", without_passwords(url)));
    command.chain(variable).chain(url).collect()
}

fn untrust(context: &Context, file: Option<PathBuf>) -> Outcome {
    let path = chosen(file)?;
    let was = store()?.untrust(&path)?;
    let told = if was { "is not trusted any more" } else { "was not trusted; nothing was changed" };
    context.ui.say(&format!("{} {told}", shown(&path)))?;
    Ok(Done::Clean)
}

fn list(context: &Context, format: Format) -> Outcome {
    let rows: Vec<(PathBuf, String)> = store()?
        .paths()?
        .into_iter()
        .map(|path| {
            let state = match config::Config::read(&path) {
                Ok(config) => config.standing.name().to_owned(),
                Err(_) if path.symlink_metadata().is_err() => "gone".to_owned(),
                Err(_) => "unreadable".to_owned(),
            };
            (path, state)
        })
        .collect();
    let files: Vec<_> =
        rows.iter().map(|(path, state)| json!({"file": path.display().to_string(), "state": state})).collect();
    let view = View::new("config list").field("files", files).page(|| {
        if rows.is_empty() {
            return Page::text("no file is trusted");
        }
        let mut table = Table::new(&context.ui, &[Column::new("file").rank(0), Column::new("state").rank(0)]);
        for (path, state) in &rows {
            table.row(&[&path.display().to_string(), state]);
        }
        Page::table(table)
    });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}
