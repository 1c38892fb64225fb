//! `bursar settings`: limits and protection, which are kept in the database.

use serde_json::json;

use super::{Context, Done, Outcome};
use crate::cli::{Format, Settings};
use crate::db::Protection;
use crate::moment::Moment;
use crate::output::Table;
use crate::settings::{self, Change, Name};

/// Runs `settings list` or `settings set`.
pub async fn run(context: &Context, action: Settings) -> Outcome {
    match action {
        Settings::List { output } => list(context, output.format).await,
        Settings::Set { name, value, dry_run, output } => set(context, name, &value, dry_run, output.format).await,
    }
}

async fn list(context: &Context, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let settings = settings::list(&mut tx).await?;
    tx.rollback().await?;
    match format {
        Format::Json => {
            let rows = settings.iter().map(|s| {
                let (name, meaning) = (s.name.as_str(), s.name.meaning(s.value.as_deref()));
                json!({"name": name, "value": s.value, "meaning": meaning, "set_at": s.set_at, "set_by": s.set_by})
            });
            context.ui.json(&json!({
                "schema_version": 1, "command": "settings list", "database": database.target().database(),
                "settings": rows.collect::<Vec<_>>(),
            }))?;
        }
        Format::Table => {
            let mut table = Table::new(&context.ui, &["setting", "value", "means", "set (UTC)", "by"]);
            for setting in &settings {
                let value = setting.value.as_deref();
                let at = setting.set_at.map(Moment::second).unwrap_or_default();
                let by = setting.set_by.as_deref().unwrap_or_default();
                let meaning = setting.name.meaning(value);
                table.row(&[setting.name.as_str(), value.unwrap_or("not set"), meaning, &at, by]);
            }
            context.ui.data(&table.render())?;
        }
    }
    Ok(Done::Clean)
}

async fn set(context: &Context, name: Name, value: &str, dry_run: bool, format: Format) -> Outcome {
    let to = name.parse(value)?;
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let change = settings::plan(&mut tx, name, to).await?;
    tx.rollback().await?;
    if change.from == change.to {
        return report(context, format, &change, "unchanged");
    }
    if dry_run {
        return report(context, format, &change, "would");
    }
    context.ui.note(&format!("{}: {}", database.target(), sentence(&change)));
    let mut protection = database.protection().await?;
    let unprotects = name == Name::Protected && change.to.as_deref() == Some("false");
    if unprotects && !protection.wants_name() {
        protection = Protection::Unprotecting;
    }
    let what = format!("Set {} of {}", name.as_str(), database.target().database());
    let permit = context.confirm(&database, protection, &what).await?;
    settings::apply(&database, &permit, &context.actor(), &change).await?;
    report(context, format, &change, "done")
}

fn sentence(change: &Change) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    let meaning = change.name.meaning(change.to.as_deref());
    format!("{}: {} → {} ({meaning})", change.name.as_str(), value(&change.from), value(&change.to))
}

fn report(context: &Context, format: Format, change: &Change, outcome: &str) -> Outcome {
    let Change { name, from, to } = change;
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "settings set", "outcome": outcome, "name": name.as_str(), "from": from, "to": to,
        }))?,
        Format::Table => context.ui.data(&match outcome {
            "unchanged" => format!("{} is {} already", name.as_str(), to.as_deref().unwrap_or("not set")),
            "would" => format!("would set {}; nothing was changed", sentence(change)),
            _ => format!("✓ {}", sentence(change)),
        })?,
    }
    Ok(Done::Clean)
}
