//! The run of a seed: cohort after cohort, written by COPY.

use chrono::TimeDelta;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Executor as _};

use super::batch::{Batch, Table};
use super::faults::put as put_faults;
use super::model::{Cohort, Plan, Seeded, Simulate};
use super::systems::simulation;
use crate::db::{Database, Tx, WritePermit, quote_identifier};
use crate::error::{Error, Result, ResultExt as _};
use crate::operations::{self, Actor};
use crate::packs::Pack;
use crate::text::counted;

/// People in a cohort. A cohort's rows are held in memory together.
const COHORT: u64 = 500;

const NO_SIMULATION: &str = "has no simulation, so it cannot be seeded";

/// The simulation of a pack with its parameters. A folder has none, whatever its pack is called: the simulation relies on
/// the built-in pack's tables.
fn simulation_of(pack: &Pack) -> Option<(Simulate, &toml::Table)> {
    if !pack.is_built_in() {
        return None;
    }
    simulation(&pack.name).zip(pack.seed.as_ref())
}

/// The sentence that says that a pack cannot be seeded; none for a pack that can.
pub fn lack(pack: &Pack) -> Option<String> {
    simulation_of(pack).is_none().then(|| format!("{} {NO_SIMULATION}", pack.name))
}

/// Simulates and writes everything in the transaction, which the caller commits. `tell` gets the number
/// of people that are done.
///
/// # Errors
/// Usage errors if the pack cannot be seeded or the database already has people in it; database
/// errors otherwise, after which nothing was written.
pub async fn run(tx: &mut Tx, pack: &Pack, plan: &Plan, actor: &Actor, mut tell: impl FnMut(u64)) -> Result<Seeded> {
    let Some((simulate, style)) = simulation_of(pack) else {
        return Err(Error::usage(format!("the pack {} {NO_SIMULATION}", pack.name)));
    };
    pack.enter(tx).await?;
    let from = plan.until - TimeDelta::days(i64::from(plan.days));
    let mut batch = Batch::new();
    let mut first = 0;
    let mut counts: Vec<(String, u64)> = Vec::new();
    let mut done = 0;
    while done < plan.users {
        let size = COHORT.min(plan.users - done);
        let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
        rng.set_stream(first + done);
        let (until, style) = (plan.until, style.clone());
        // Elsewhere, so that a signal is heard meanwhile.
        let simulated = tokio::task::spawn_blocking(move || {
            let mut cohort = Cohort { first: first + done, size, rng, from, until, style: &style };
            simulate(&mut cohort, &mut batch).map(|()| batch)
        });
        batch = simulated.await.map_err(|e| Error::failed(format!("the simulation ended: {e}")))??;
        if done == 0 && first == 0 {
            first = existing(tx, &batch, plan.append).await?;
            if first > 0 {
                // The cohort was simulated as if it were the first one; begin again behind what is there.
                batch.clear();
                continue;
            }
        }
        for table in batch.tables() {
            write(tx, table).await?;
            match counts.iter_mut().find(|(name, _)| name == table.name) {
                Some((_, rows)) => *rows += table.rows,
                None => counts.push((table.name.to_owned(), table.rows)),
            }
        }
        batch.clear();
        done += size;
        tell(done);
    }
    if let Some(after) = &pack.after_seed {
        tx.execute(AssertSqlSafe(after.text.clone())).await.context(&after.file)?;
    }
    let (faults, impossible) = put_faults(tx, &plan.faults, plan.seed).await?;
    let parameters = serde_json::json!({
        "app": pack.name, "users": plan.users, "seed": plan.seed, "days": plan.days, "until": plan.until, "append": plan.append,
        "faults": faults.iter().map(|f| &f.kind).collect::<Vec<_>>(),
    });
    operations::record(tx, actor, "seed", &parameters, "done").await?;
    Ok(Seeded { tables: counts, faults, impossible })
}

/// The number of people that the database already has: the rows of the batch's first table.
async fn existing(tx: &mut Tx, batch: &Batch, append: bool) -> Result<u64> {
    let Some(table) = batch.tables().first() else { return Ok(0) };
    // Writers wait until we are done, so that what is counted here stays true.
    tx.execute(AssertSqlSafe(format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", quote_identifier(table.name))))
        .await?;
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {}", quote_identifier(table.name))))
        .fetch_one(&mut **tx)
        .await?;
    if rows > 0 && !append {
        return Err(Error::refused(format!(
            "{} already has {}; nothing was written",
            table.name,
            counted(rows, "row")
        ))
        .hint("add to them with --append, or use an empty database"));
    }
    Ok(rows.unsigned_abs())
}

async fn write(tx: &mut Tx, table: &Table) -> Result<()> {
    if table.rows == 0 {
        return Ok(());
    }
    let columns: Vec<String> = table.columns.iter().map(|c| quote_identifier(c)).collect();
    let statement = format!("COPY {} ({}) FROM STDIN", quote_identifier(table.name), columns.join(", "));
    let what = format!("writing {}", table.name);
    tx.copy_in(&statement, table.text().as_ref()).await.context(&what)
}

/// Gathers the planner's statistics on the written tables, so that the next queries are fast.
///
/// # Errors
/// If the server does not do it; the data is there all the same.
pub async fn analyze(database: &Database, permit: &WritePermit, pack: &Pack, seeded: &Seeded) -> Result<()> {
    let schema = quote_identifier(&pack.schema);
    let qualified = |table: &str| format!("{schema}.{}", quote_identifier(table));
    let tables: Vec<String> = seeded.tables.iter().map(|(table, _)| qualified(table)).collect();
    let mut tx = database.write(permit).await?;
    tx.execute(AssertSqlSafe(format!("ANALYZE {}", tables.join(", ")))).await?;
    tx.commit().await
}
