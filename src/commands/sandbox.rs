//! `bursar sandbox`: a private Postgres that stays.

use super::{Context, Done, Outcome};
use crate::cli::{self, Format, SandboxPlace};
use crate::error::Result;
use crate::sandbox::{Sandbox, Settings, default_dir};

/// Starts, stops or describes a sandbox.
pub async fn run(context: &Context, action: cli::Sandbox) -> Outcome {
    let ui = &context.ui;
    match action {
        cli::Sandbox::Start { place, port } => {
            let settings = Settings { tcp_port: port, ..Settings::default() };
            let started = blocking(place, move |s| s.start(&super::os_var, &settings)).await?;
            ui.note(if started.already_running { "it was running already" } else { "started" });
            ui.data(&started.url)?;
        }
        cli::Sandbox::Stop { place } => {
            let stopped = blocking(place, Sandbox::stop).await?;
            ui.note(if stopped { "stopped; its data stays" } else { "it was not running" });
        }
        cli::Sandbox::Status { place, output } => {
            let status = blocking(place, Sandbox::status).await?;
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
        cli::Sandbox::Url { place } => {
            let url = blocking(place, |s| s.url("postgres")).await?;
            ui.data(&url)?;
        }
    }
    Ok(Done::Clean)
}

/// Does the sandbox's work, which blocks.
async fn blocking<T: Send + 'static>(
    place: SandboxPlace,
    work: impl FnOnce(&Sandbox) -> Result<T> + Send + 'static,
) -> Result<T> {
    super::beside(move || {
        let dir = place.dir.map_or_else(default_dir, Ok)?;
        work(&Sandbox::at(&dir)?)
    })
    .await
}
