//! `bursar sandbox`: a private Postgres that stays.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Context, Done, Outcome};
use crate::commands::cli::{Format, Output};
use crate::error::Result;
use crate::sandbox::{self, Settings, default_dir};

/// A private Postgres that stays, to try things on
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Start it, making it first where there is none; prints its URL
    #[command(
        after_help = "Examples:\n  bursar sandbox start --dir ./sandbox\n  export DATABASE_URL=$(bursar sandbox start)"
    )]
    Start {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
        /// Listen on this TCP port of 127.0.0.1 too, with a password kept in the directory
        #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
        port: Option<u16>,
    },
    /// Stop it; its data stays
    #[command(after_help = "Example:\n  bursar sandbox stop --dir ./sandbox")]
    Stop {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
    },
    /// Say whether it runs, and where
    #[command(after_help = "Example:\n  bursar sandbox status --dir ./sandbox")]
    Status {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Print its URL
    #[command(
        after_help = "Examples:\n  bursar sandbox url --dir ./sandbox\n  bursar audit -d \"$(bursar sandbox url)\""
    )]
    Url {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
    },
}

/// Where a sandbox lives.
#[derive(Debug, Args)]
pub struct SandboxPlace {
    /// Its directory [default: bursar/sandbox in your data directory]
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
            match output.format {
                Format::Json => {
                    ui.json(&serde_json::json!({"schema_version": 1, "command": "sandbox status", "sandbox": status}))?
                }
                Format::Table => {
                    let state = format!("{:?}", status.state).to_lowercase();
                    let mut lines = vec![format!("state      {state}"), format!("directory  {}", status.dir.display())];
                    lines.extend(status.version.map(|v| format!("version    PostgreSQL {v}")));
                    lines.extend(status.pid.map(|p| format!("pid        {p}")));
                    lines.extend(status.url.map(|u| format!("url        {u}")));
                    if let (Some(port), Some(file)) = (status.tcp_port, &status.pgpass) {
                        lines.push(format!(
                            "tcp        PGPASSFILE='{}' psql -h 127.0.0.1 -p {port} -U postgres",
                            file.display()
                        ));
                    }
                    lines.push(format!("log        {}", status.log.display()));
                    ui.data(&lines.join("\n"))?;
                }
            }
        }
        Sandbox::Url { place } => {
            let url = blocking(place, |s| s.url("postgres")).await?;
            ui.data(&url)?;
        }
    }
    Ok(Done::Clean)
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
