//! `bursar settings`: limits and protection, which are kept in the database.

use clap::Subcommand;
use serde_json::json;

use super::{Context, Done, Outcome, uses};
use crate::commands::cli::{Format, Output};
use crate::commands::values::setting;
use crate::db::Protection;
use crate::moment::Moment;
use crate::output::Table;
use crate::settings::{self, Change, Name};

/// Limits and protection, which are kept in the database
#[derive(Debug, Subcommand)]
pub enum Settings {
    /// Show each setting, what it means, and who set it
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar settings list\n  bursar settings list -o json")]
    List {
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Set one, as the owner of bursar's schema
    ///
    /// `protected` is true or false; taking the protection away needs the database's name (--confirm).
    /// `refund_limit` is what a refund may come to without an approval, such as "THB 5000.00, USD 150",
    /// or none. `adjust_limit` is what the adjustments of one balance may come to in 30 days without an
    /// approval, such as "STAR 500, COIN 1000", or none.
    #[command(groups = uses::database_writes(), after_help = "Examples:\n  bursar settings set protected true --yes\n  bursar settings set refund_limit \"THB 5000.00, USD 150\" --yes\n  bursar settings set adjust_limit \"STAR 500\" --yes\n  bursar settings set refund_limit none --dry-run"
    )]
    Set {
        /// Which
        #[arg(value_parser = setting())]
        name: Name,
        /// Its new value
        value: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

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
