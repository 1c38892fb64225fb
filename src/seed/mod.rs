//! Seeding: deterministic, consistent, lifelike data at any size.
//!
//! People are simulated in cohorts. A cohort is small enough to hold in memory and has a random
//! stream of its own, so any size costs the same memory and the same arguments give the same data,
//! byte for byte. Everything is written by COPY in one transaction: all of it, or none.

mod batch;
pub mod clock;
mod faults;

use chrono::{DateTime, TimeDelta, Utc};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Executor as _};

pub use batch::{Batch, Field, Table};
pub use faults::{FaultPut, choose as choose_faults, put as put_faults};

use crate::db::{Database, Tx, WritePermit, quote_identifier};
use crate::error::{Error, Result, ResultExt as _};
use crate::operations::{self, Actor};
use crate::packs::{Fault, Pack};

/// People in a cohort. A cohort's rows are held in memory together.
const COHORT: u64 = 500;

/// Fills a [`Batch`] with everything that a cohort did. Only what the arguments say may influence
/// it: no clock, no other randomness.
pub type Simulate = fn(&mut Cohort<'_>, &mut Batch) -> Result<()>;

/// What to make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many people.
    pub users: u64,
    /// The seed of all randomness.
    pub seed: u64,
    /// How many days of history, ending at `until`.
    pub days: u32,
    /// The end of the history, and the "now" of the simulation.
    pub until: DateTime<Utc>,
    /// Add to what is there, instead of refusing.
    pub append: bool,
    /// The faults to put in afterwards.
    pub faults: Vec<Fault>,
}

/// People who are simulated together.
pub struct Cohort<'a> {
    /// The number of the first person, counted over the whole database.
    pub first: u64,
    /// How many people.
    pub size: u64,
    /// The cohort's own randomness.
    pub rng: ChaCha8Rng,
    /// The beginning of the history.
    pub from: DateTime<Utc>,
    /// Its end.
    pub until: DateTime<Utc>,
    /// What lifelike data looks like: the pack's `seed.toml`.
    pub style: &'a toml::Table,
}

/// What was made.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Seeded {
    /// Rows by table.
    pub tables: Vec<(String, u64)>,
    /// The faults that were put in.
    pub faults: Vec<FaultPut>,
    /// Fault kinds that found no place to be put in.
    pub impossible: Vec<String>,
}

/// Simulates and writes everything in the transaction, which the caller commits. `tell` is told how
/// many people are done.
///
/// # Errors
/// Usage errors where the pack cannot be seeded or the database already has people in it; database
/// errors otherwise, after which nothing was written.
pub async fn run(tx: &mut Tx, pack: &Pack, plan: &Plan, actor: &Actor, mut tell: impl FnMut(u64)) -> Result<Seeded> {
    let (Some(simulate), Some(style)) = (pack.simulate, &pack.seed) else {
        return Err(Error::usage(format!("the pack {} has no simulation, so it cannot be seeded", pack.name)));
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
        let mut cohort = Cohort { first: first + done, size, rng, from, until: plan.until, style };
        simulate(&mut cohort, &mut batch)?;
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
    let (faults, impossible) = faults::put(tx, &plan.faults, plan.seed).await?;
    let parameters = serde_json::json!({
        "app": pack.name, "users": plan.users, "seed": plan.seed, "days": plan.days, "until": plan.until, "append": plan.append,
        "faults": faults.iter().map(|f| &f.kind).collect::<Vec<_>>(),
    });
    operations::record(tx, actor, "seed", &parameters, "done").await?;
    Ok(Seeded { tables: counts, faults, impossible })
}

/// How many people the database already has: the rows of the batch's first table.
async fn existing(tx: &mut Tx, batch: &Batch, append: bool) -> Result<u64> {
    let Some(table) = batch.tables().first() else { return Ok(0) };
    // Writers wait until we are done, so that what is counted here stays true.
    tx.execute(AssertSqlSafe(format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", quote_identifier(table.name))))
        .await?;
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {}", quote_identifier(table.name))))
        .fetch_one(&mut **tx)
        .await?;
    if rows > 0 && !append {
        return Err(Error::refused(format!("{} already has {rows} rows; nothing was written", table.name))
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

/// Gathers the planner's statistics on what was written, so that what comes next is fast.
///
/// # Errors
/// Where the server does not do it; the data is there all the same.
pub async fn analyze(database: &Database, permit: &WritePermit, pack: &Pack, seeded: &Seeded) -> Result<()> {
    let schema = quote_identifier(&pack.schema);
    let qualified = |table: &str| format!("{schema}.{}", quote_identifier(table));
    let tables: Vec<String> = seeded.tables.iter().map(|(table, _)| qualified(table)).collect();
    let mut tx = database.write(permit).await?;
    tx.execute(AssertSqlSafe(format!("ANALYZE {}", tables.join(", ")))).await?;
    tx.commit().await
}
