//! `bursar settings`: limits and protection, which are kept in the database.

use clap::Subcommand;
use serde_json::json;

use super::{Context, Done, Outcome, uses};
use crate::commands::values::setting;
use crate::db::{Database, Protection, Tx};
use crate::error::{Kind, Result};
use crate::moment::Moment;
use crate::output::{Column, Format, Output, Page, Table, View};
use crate::settings::{self, Change, Name, Setting};

/// Show and set limits and protection, which are kept in the database
#[derive(Debug, Subcommand)]
pub enum Settings {
    /// List the settings: value, meaning, and who set it
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar settings list\n  bursar settings list -o json")]
    List {
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Set a setting. Only the owner of bursar's schema may
    ///
    /// `protected` is true or false. To remove the protection, name the database with --confirm.
    /// `refund_limit` is the maximum amount of a refund without an approval, such as "THB 5000.00, USD 150", or none.
    /// `adjust_limit` is the maximum sum of the adjustments of one balance in 30 days without an approval, such as
    /// "STAR 500, COIN 1000", or none.
    /// `support_daily_limit` is the maximum sum of the refunds of one login in 24 hours without an approval, such as
    /// "THB 20000.00, USD 500", or none. It does not hold for operators.
    #[command(groups = uses::database_writes(), after_help = "Examples:\n  bursar settings set protected true --yes\n  bursar settings set refund_limit \"THB 5000.00, USD 150\" --yes\n  bursar settings set adjust_limit \"STAR 500\" --yes\n  bursar settings set support_daily_limit \"THB 20000.00\" --yes\n  bursar settings set refund_limit none --dry-run"
    )]
    Set {
        /// Name of the setting
        #[arg(value_parser = setting())]
        name: Name,
        /// New value
        value: String,
        /// Show the change. Change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Take a setting away. Only the owner of bursar's schema may
    ///
    /// Without `protected`, a database is protected unless its server is on this machine. Without a limit, nothing waits
    /// for an approval.
    #[command(groups = uses::database_writes(), after_help = "Examples:\n  bursar settings unset refund_limit --dry-run\n  bursar settings unset refund_limit --yes"
    )]
    Unset {
        /// Name of the setting
        #[arg(value_parser = setting())]
        name: Name,
        /// Show the change. Change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// Runs `settings list`, `settings set` or `settings unset`.
pub async fn run(context: &Context, action: Settings) -> Outcome {
    match action {
        Settings::List { output } => list(context, output.format).await,
        Settings::Set { name, value, dry_run, output } => {
            let to = name.parse(&value)?;
            changed(context, "settings set", name, to, dry_run, output.format).await
        }
        Settings::Unset { name, dry_run, output } => {
            changed(context, "settings unset", name, None, dry_run, output.format).await
        }
    }
}

async fn list(context: &Context, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let settings = settings::list(&mut tx).await?;
    tx.rollback().await?;
    let rows: Vec<_> = settings
        .iter()
        .map(|s| {
            let (name, meaning) = (s.name.as_str(), s.name.meaning(s.value.as_deref()));
            json!({"name": name, "value": s.value, "meaning": meaning, "set_at": s.set_at, "set_by": s.set_by})
        })
        .collect();
    let view = View::new("settings list")
        .field("database", database.target().database())
        .field("settings", rows)
        .page(|| Page::table(table(context, &settings)));
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

fn table(context: &Context, settings: &[Setting]) -> Table {
    let mut columns =
        vec![Column::new("setting").rank(0), Column::text("value").rank(0), Column::text("meaning").rank(1)];
    if settings.iter().any(|setting| setting.set_at.is_some()) {
        columns.extend([Column::new("set (UTC)").rank(3), Column::text("by").rank(2)]);
    }
    let mut table = Table::new(&context.ui, &columns);
    for setting in settings {
        let value = setting.value.as_deref();
        let at = setting.set_at.map(Moment::second).unwrap_or_default();
        let by = setting.set_by.as_deref().unwrap_or_default();
        let meaning = setting.name.meaning(value);
        table.row(&[setting.name.as_str(), value.unwrap_or("not set"), meaning, &at, by]);
    }
    table
}

async fn changed(
    context: &Context,
    command: &'static str,
    name: Name,
    to: Option<String>,
    dry_run: bool,
    format: Format,
) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let to = match to {
        Some(limits) if name == Name::AdjustLimit => Some(in_units(context, &database, &mut tx, limits).await?),
        to => to,
    };
    let change = settings::plan(&mut tx, command, name, to).await?;
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
    let verb = if change.to.is_some() { "Set" } else { "Unset" };
    let what = format!("{verb} {} of {}", name.as_str(), database.target().database());
    let permit = context.confirm(&database, protection, &what).await?;
    settings::apply(&database, &permit, &context.actor(), &change).await?;
    report(context, format, &change, "done")
}

/// The limits in the units of the application, where they can be told.
async fn in_units(context: &Context, database: &Database, tx: &mut Tx, limits: String) -> Result<String> {
    // The database may fit no pack, or several.
    let packs =
        context.packs(database, tx).await.or_else(|e| if e.kind == Kind::Usage { Ok(Vec::new()) } else { Err(e) })?;
    let ledgers: Vec<_> = packs.iter().filter(|pack| pack.ledger.is_some()).collect();
    if ledgers.is_empty() || ledgers.iter().any(|pack| pack.units.is_empty()) {
        context.ui.note("not checked: no pack says which units there are here");
        return Ok(limits);
    }
    let units: Vec<String> = ledgers.iter().flat_map(|pack| pack.units.iter().map(|unit| unit.name.clone())).collect();
    settings::spelled(&limits, &units)
}

fn sentence(change: &Change) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    let meaning = change.name.meaning(change.to.as_deref());
    format!("{}: {} → {} ({meaning})", change.name.as_str(), value(&change.from), value(&change.to))
}

fn report(context: &Context, format: Format, change: &Change, outcome: &str) -> Outcome {
    let Change { name, from, to, command } = change;
    let view = View::new(command)
        .field("outcome", outcome)
        .field("name", name.as_str())
        .field("from", from)
        .field("to", to)
        .page(|| {
            Page::text(match outcome {
                "unchanged" => format!("{} is {} already", name.as_str(), to.as_deref().unwrap_or("not set")),
                "would" => format!(
                    "would {} {}; nothing was changed",
                    command.trim_start_matches("settings "),
                    sentence(change)
                ),
                _ => format!("✓ {}", sentence(change)),
            })
        });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}
