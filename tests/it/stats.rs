//! `bursar stats`: its figures are those that anyone else would count, over the window that was meant, and
//! nothing that the database holds breaks what is written.

use serde_json::Value;

use crate::support::{Db, Template};

mod errors;
mod hostile;
mod numbers;
mod shown;
mod windows;

/// The four systems.
const APPS: [&str; 4] = ["mimivibe", "avolve", "organic-os", "aethercrown"];

/// A database with data on both sides of the days in March on which New York and Berlin change their clocks.
fn spring(app: &'static str) -> Db {
    let db = Db::new(Template::Migrated(app));
    let seed = ["seed", "--users", "150", "--seed", "4", "--until", "2026-04-10", "--days", "70", "--yes"];
    db.bursar(&seed).ok();
    if ["mimivibe", "aethercrown"].contains(&app) {
        refunded(&db);
    }
    db
}

/// Keeps refunds that have no history.
fn refund(db: &Db, rows: &str) {
    db.sql(&format!(
        "SET session_replication_role = replica;
         INSERT INTO bursar.refunds (payment, paid, amount, currency, state, created_at, if_spent, reason, gateway, request_hash)
         SELECT r.*, 'keep', 'other', 'record-only', '' FROM ({rows}) AS r"
    ));
}

/// Refunds of some of the payments, a few of which came to nothing.
fn refunded(db: &Db) {
    refund(
        db,
        "SELECT p.id::text, 1000000, 100 + 7 * p.n, p.currency, CASE WHEN p.n % 4 = 0 THEN 'failed' ELSE 'succeeded' END,
                p.created_at + interval '2 days'
           FROM (SELECT id, currency::text, created_at, row_number() OVER (ORDER BY id) AS n FROM payments) AS p
          WHERE p.n % 3 <> 0",
    );
}

/// The report.
#[track_caller]
fn report(db: &Db, arguments: &[&str]) -> Value {
    let ran = db.bursar(&[&["stats", "-o", "json"], arguments].concat()).ok();
    serde_json::from_str(&ran.stdout).unwrap()
}

/// A topic's metric.
fn metric<'a>(report: &'a Value, topic: &str, metric: &str, unit: Option<&str>) -> &'a Value {
    let topics = report["topics"].as_array().unwrap();
    let topic = topics.iter().find(|t| t["topic"] == topic).unwrap();
    let metrics = topic["metrics"].as_array().unwrap();
    let found = metrics.iter().find(|m| m["metric"] == metric && m["unit"].as_str() == unit);
    found.unwrap_or_else(|| panic!("{metric} is not in {topic:#}"))
}

/// A pack on disk whose one topic is this query.
fn pack(sql: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("stats")).unwrap();
    std::fs::write(
        folder.path().join("pack.toml"),
        "name = \"shop\"\ntitle = \"A shop\"\nschema = \"public\"\ndetect = [\"facts.metric\"]\ntables = [\"facts\"]\n[thresholds]\nfuture_tolerance_secs = 300\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("stats/facts.sql"), format!("-- title: Facts\n{sql}\n")).unwrap();
    folder
}

/// The table that such a pack reads.
fn facts() -> Db {
    let db = Db::new(Template::Empty);
    db.sql("CREATE TABLE facts (at timestamptz, metric text, unit text, value numeric)");
    db
}

/// The topic of that table.
const FACTS: &str = "SELECT date_trunc($3, f.at, $4) AS at, f.metric, f.unit, sum(f.value) AS value
 FROM facts f WHERE f.at >= $1 AND f.at < $2 GROUP BY 1, 2, 3";
