//! `bursar jobs`, what it reads: how the queue stands, which jobs there are, and why one does not run. Each answer
//! is compared with SQL that was written independently of it.

use serde_json::Value;

use crate::support::{Db, Ran, Template};

mod contract;
mod counts;
mod failures;
mod filters;
mod foreign;
mod golden;
mod hostile;
mod one;
mod packs;
mod rights;
mod setup;
mod situations;
mod speed;
mod stuck;
mod timing;
mod verdict;
mod why;

/// A database of the reference system with an empty queue.
fn empty() -> Db {
    Db::new(Template::Migrated("mimivibe"))
}

/// A database with 600 jobs of every status, kind, age and error, the oldest 70 hours old. Two and two were added
/// at the same time, three at no time that is known, and two at a time beyond all calendars.
fn mixed() -> Db {
    let db = empty();
    db.sql(MIXED);
    db
}

const MIXED: &str = r#"
    INSERT INTO jobs (id, job_type, status, payload, result, attempts, max_attempts, worker_id, last_error, last_error_at,
                      next_retry_at, created_at, started_at, completed_at)
    SELECT format('%s-0000-4000-8000-%s', lpad(to_hex(g * 7919), 8, '0'), lpad(g::text, 12, '0'))::uuid,
           (ARRAY['tarot_reading', 'mail', 'report'])[1 + g % 3],
           (ARRAY['queued', 'processing', 'failed', 'succeeded', 'dlq'])[1 + g % 5]::job_status,
           jsonb_build_object('user', jsonb_build_object('plan', (ARRAY['gold', 'silver', 'a=b'])[1 + g % 3], 'n', g),
                              'cards', jsonb_build_array(g % 78, 'The Fool'), 'vip', g % 2 = 0, 'none', NULL, 'ratio', g % 4 * 0.5),
           CASE WHEN g % 5 = 3 THEN '{"ok": true}'::jsonb END,
           g % 7, 7, CASE WHEN g % 5 > 0 THEN 'worker-' || g % 4 END,
           CASE WHEN g % 5 IN (2, 4) THEN (ARRAY['timeout after ' || g || ' ms', 'no card named ''Fool ' || g || '''', 'refused: ดวงไม่ดี', NULL])[1 + g % 4] END,
           CASE WHEN g % 5 IN (2, 4) THEN now() - g * interval '6 minutes' END,
           CASE WHEN g % 5 = 2 THEN now() + (g - 300) * interval '1 minute' END,
           CASE WHEN g IN (11, 12, 13) THEN NULL WHEN g = 14 THEN 'infinity' WHEN g = 15 THEN '-infinity'
                ELSE now() - g / 2 * 2 * interval '7 minutes' - interval '30 seconds' END,
           CASE WHEN g % 5 > 0 THEN now() - g * interval '6 minutes' END,
           CASE WHEN g % 5 IN (3, 4) THEN now() - g * interval '5 minutes' END
      FROM generate_series(1, 600) g;
    ANALYZE jobs"#;

/// The ids of the jobs that a list of all pages at once has, in its order.
#[track_caller]
fn listed(db: &Db, arguments: &[&str]) -> Vec<String> {
    let list = db.json(&[&["jobs", "list", "--limit", "0", "-o", "json"], arguments].concat());
    ids(&list)
}

fn ids(list: &Value) -> Vec<String> {
    list["jobs"]
        .as_array()
        .unwrap_or_else(|| panic!("{list}"))
        .iter()
        .map(|j| j["job"].as_str().unwrap().to_owned())
        .collect()
}

/// The values of one column, one a line.
fn column(db: &Db, sql: &str) -> Vec<String> {
    let all = db.value(&format!("SELECT coalesce(string_agg(c::text, E'\\x01' ORDER BY n), '') FROM (SELECT c, row_number() OVER () AS n FROM ({sql}) r (c)) s"));
    if all.is_empty() { Vec::new() } else { all.split('\x01').map(str::to_owned).collect() }
}

/// One job of the reference system, whose other columns are given as SQL; its id is returned.
fn job(db: &Db, columns: &str, values: &str) -> String {
    let names = if columns.is_empty() { "payload".to_owned() } else { format!("payload, {columns}") };
    let values = if values.is_empty() { "'{}'".to_owned() } else { format!("'{{}}', {values}") };
    let id = db.value("SELECT gen_random_uuid()");
    db.sql(&format!("INSERT INTO jobs (id, {names}) VALUES ('{id}', {values})"));
    id
}

/// It was told that it asked wrongly, and what would be right.
#[track_caller]
fn refused(ran: Ran, says: &[&str]) {
    let mut ran = ran.exits(2);
    for text in says {
        ran = ran.says(text);
    }
    assert_eq!(ran.stdout, "");
}
