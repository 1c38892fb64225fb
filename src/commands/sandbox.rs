//! `bursar sandbox`: a private Postgres that keeps its data.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Context, Done, Outcome};
use crate::error::Result;
use crate::output::{Output, Page, Table, Ui, View};
use crate::sandbox::{self, Settings, Status, default_dir};

/// Start and stop a private Postgres that keeps its data
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Start the sandbox, create it if there is none, and print its URL
    #[command(
        after_help = "Examples:\n  bursar sandbox start --dir ./sandbox\n  export DATABASE_URL=$(bursar sandbox start)"
    )]
    Start {
        /// The directory.
        #[command(flatten)]
        place: SandboxPlace,
        /// Also listen on this TCP port of 127.0.0.1. The password is kept in the directory
        #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
        port: Option<u16>,
    },
    /// Stop the sandbox. Its data stays
    #[command(after_help = "Example:\n  bursar sandbox stop --dir ./sandbox")]
    Stop {
        /// The directory.
        #[command(flatten)]
        place: SandboxPlace,
    },
    /// Show whether the sandbox runs, and its addresses
    #[command(after_help = "Example:\n  bursar sandbox status --dir ./sandbox")]
    Status {
        /// The directory.
        #[command(flatten)]
        place: SandboxPlace,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Print the URL of the sandbox
    #[command(
        after_help = "Examples:\n  bursar sandbox url --dir ./sandbox\n  bursar audit -d \"$(bursar sandbox url)\""
    )]
    Url {
        /// The directory.
        #[command(flatten)]
        place: SandboxPlace,
    },
}

/// The directory of a sandbox.
#[derive(Debug, Args)]
pub struct SandboxPlace {
    /// Directory of the sandbox [default: bursar/sandbox in your data directory]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Starts, stops or describes a sandbox.
pub async fn run(context: &Context, action: Sandbox) -> Outcome {
    let ui = &context.ui;
    match action {
        Sandbox::Start { place, port } => {
            let settings = Settings { tcp_port: port, ..Settings::default() };
            let started = blocking(place, move |s| s.start(&super::os_var, &settings)).await?;
            ui.note(if started.already_running { "it was running already" } else { "started" });
            ui.data(&started.url)?;
        }
        Sandbox::Stop { place } => {
            let stopped = blocking(place, sandbox::Sandbox::stop).await?;
            ui.note(if stopped { "stopped; its data stays" } else { "it was not running" });
        }
        Sandbox::Status { place, output } => {
            let status = blocking(place, sandbox::Sandbox::status).await?;
            let view =
                View::new("sandbox status").field("sandbox", &status).page(|| Page::table(facts(&context.ui, &status)));
            ui.emit(output.format, view)?;
        }
        Sandbox::Url { place } => {
            let url = blocking(place, |s| s.url("postgres")).await?;
            ui.data(&url)?;
        }
    }
    Ok(Done::Clean)
}

fn facts(ui: &Ui, status: &Status) -> Table {
    let mut facts = Table::facts(ui, 2);
    facts.row(&["state", &format!("{:?}", status.state).to_lowercase()]);
    facts.row(&["directory", &status.dir.display().to_string()]);
    let mut known = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.row(&[name, &value]);
        }
    };
    known("version", status.version.as_ref().map(|v| format!("PostgreSQL {v}")));
    known("pid", status.pid.map(|pid| pid.to_string()));
    known("url", status.url.clone());
    let tcp = status.tcp_port.zip(status.pgpass.as_ref());
    known(
        "tcp",
        tcp.map(|(port, file)| format!("PGPASSFILE='{}' psql -h 127.0.0.1 -p {port} -U postgres", file.display())),
    );
    known("log", Some(status.log.display().to_string()));
    facts
}

/// Does the sandbox's work, which blocks.
async fn blocking<T: Send + 'static>(
    place: SandboxPlace,
    work: impl FnOnce(&sandbox::Sandbox) -> Result<T> + Send + 'static,
) -> Result<T> {
    super::beside(move || {
        let dir = place.dir.map_or_else(default_dir, Ok)?;
        work(&sandbox::Sandbox::at(&dir)?)
    })
    .await
}
