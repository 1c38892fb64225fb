//! `bursar migrate dump`: the schema as one file.

use super::args::MigrateDump;
use super::flags::whole;
use super::project::Project;
use crate::commands::{Context, Done, Outcome, beside, os_var};
use crate::error::{Error, Result};
use crate::migrate::dump;
use crate::output::NewFile;
use crate::sandbox::Binaries;

pub(super) async fn run(context: &Context, args: &MigrateDump) -> Outcome {
    let file = args.write.as_deref().map(NewFile::readable).transpose()?;
    let (program, version) = beside(|| Binaries::pg_dump(&os_var)).await?;
    let database = context.direct_database(args.direct.clone()).await?;
    let mut tx = database.read().await?;
    let project = Project::of(context, &database, &mut tx, &whole(args.own.clone())).await?;
    let server: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut *tx).await?;
    let server = server.parse::<u32>().unwrap_or_default() / 10_000;
    if version.major < server {
        return Err(Error::refused(format!(
            "pg_dump of PostgreSQL {server} or newer is needed for this server, and the newest here is {version} ({}); nothing was written",
            program.display()
        ))
        .hint(format!("install it, as by `apt install postgresql-client-{server}`, or set BURSAR_PG_BIN to its directory")));
    }
    database.require_direct().await?;
    let mut history = String::new();
    for set in project.sets.iter().filter(|set| set.name != "bursar") {
        history.push_str(&dump::applied(&mut tx, set).await?);
    }
    let snapshot = tx.export_snapshot().await?;
    let address = database.target().libpq();
    let text: Result<String> = beside(move || dump::schema(&program, &address, &snapshot)).await;
    tx.rollback().await?;
    let mut text = text?;
    if !history.is_empty() {
        text.push_str("--\n-- The migrations that are applied: the next run of them goes on from here.\n--\n\n");
        text.push_str(&history);
    }
    match file {
        None => context.ui.foreign(&text)?,
        Some(file) => {
            file.finish(|out| Ok(out.write_all(text.as_bytes())?))?;
            let path = args.write.as_deref().unwrap_or(std::path::Path::new("")).display().to_string();
            context.ui.note(&format!("wrote the schema of {} to {path}", database.target()));
        }
    }
    Ok(Done::Clean)
}
