//! The mutation campaign: every kind of fault of every pack, each alone, at a random place, for
//! several seeds, also while writers run. Every one has to be found by exactly the checks that it
//! declares, and nothing else may be reported. `docs/campaign.md` is what it came to. Without the long
//! enumeration it is every third fault of a pack and one weakened schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bursar::config::Config;
use bursar::db::{Consent, Database, Limits, Request, resolve};
use bursar::packs::{self, Fault, Pack};
use bursar::seed::{FaultPut, put_faults};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::support::{Db, Template, env, file, soak, spawn, turn, wait};

/// Lifts what keeps a fault out: checks and keys. The audit notices that too.
const LIFTED: &str = "
    DO $$ DECLARE k record; BEGIN
        FOR k IN SELECT conrelid::regclass AS relation, conname FROM pg_constraint c
                  WHERE contype IN ('c', 'u') AND connamespace = 'public'::regnamespace AND coninhcount = 0 AND conrelid <> 0
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', k.relation, k.conname); END LOOP;
        FOR k IN SELECT i.indexrelid::regclass AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                  WHERE i.indisunique AND NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
        LOOP EXECUTE format('DROP INDEX %s', k.name); END LOOP;
    END $$";

/// What else an attacker or a hurried hand does: to the schema, at a random place.
const WEAKENED: [(&str, &str, &str); 5] = [
    (
        "trigger_disabled",
        "schema.triggers",
        "SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
          WHERE NOT tgisinternal AND tgparentid = 0 AND tgenabled = 'O' AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition",
    ),
    (
        "constraint_dropped",
        "schema.constraints",
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
          WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND coninhcount = 0 AND conrelid <> 0",
    ),
    (
        "row_security_disabled",
        "schema.rls",
        "SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', oid::regclass) FROM pg_class
          WHERE relrowsecurity AND relnamespace = 'public'::regnamespace AND NOT relispartition",
    ),
    (
        "policy_dropped",
        "schema.policies",
        "SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
          WHERE c.relnamespace = 'public'::regnamespace",
    ),
    (
        "grant_to_everyone",
        "schema.grants",
        "SELECT format('GRANT INSERT ON %s TO PUBLIC', oid::regclass) FROM pg_class
          WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND NOT relispartition AND relname !~ 'migrations'",
    ),
];

/// What the applications do meanwhile, one statement each; `$1` are the accounts to leave alone.
fn writes(app: &str) -> &'static str {
    match app {
        "mimivibe" => {
            "SELECT wallet_adjust((SELECT id FROM users WHERE id::text <> ALL ($1) ORDER BY random() LIMIT 1), 'STAR', 5, 'credit', 'goodwill', 'noi')"
        }
        "avolve" => {
            "SELECT mint_tokens((SELECT id FROM users WHERE id::text <> ALL ($1) ORDER BY random() LIMIT 1), 3, (SELECT token_type FROM token_types ORDER BY random() LIMIT 1))"
        }
        "organic-os" => {
            "INSERT INTO messages (conversation_id, role, content) SELECT id, 'user', 'hello' FROM conversations WHERE user_id::text <> ALL ($1) ORDER BY random() LIMIT 1"
        }
        _ => {
            "INSERT INTO payments (user_id, amount, currency, order_id) SELECT id, 5, 'USD', gen_random_uuid()::text FROM users WHERE id::text <> ALL ($1) ORDER BY random() LIMIT 1"
        }
    }
}

/// A fault of the pack, put into a database that is there.
fn put(db: &Db, fault: &Fault, pack: &Pack, seed: u64) -> Vec<FaultPut> {
    let config = Config::default();
    let url = db.url();
    let target = resolve(&Request { flag: Some(&url), env_name: None, config: &config, var: &|_| None }).unwrap();
    let limits = Limits { connect: std::time::Duration::from_secs(10), statement: None };
    let database = Database::new(target, "campaign", limits);
    wait(async {
        let permit = database.permit(database.protection().await.unwrap(), &Consent::Yes).unwrap();
        let mut tx = database.write(&permit).await.unwrap();
        sqlx::query(AssertSqlSafe(pack.set_search_path())).execute(&mut *tx).await.unwrap();
        let (put, _) = put_faults(&mut tx, std::slice::from_ref(fault), seed).await.unwrap();
        tx.commit().await.unwrap();
        put
    })
}

/// Runs what the application does until it is dropped.
struct Writers {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Writers {
    fn start(db: &Db, app: &str, avoid: Vec<String>) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stop_, done_, sql) = (Arc::clone(&stop), Arc::clone(&done), writes(app));
        let mut connection = wait(db.connect());
        let task = spawn(async move {
            while !stop_.load(Ordering::Relaxed) {
                sqlx::query(sql).bind(&avoid).execute(&mut connection).await.unwrap();
                done_.fetch_add(1, Ordering::Relaxed);
            }
            connection.close().await.unwrap();
        });
        crate::support::until("a first write", || {
            assert!(!task.is_finished(), "the writer failed");
            done.load(Ordering::Relaxed) > 0
        });
        Writers { stop, done, task }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        wait(self.task).unwrap();
        self.done.load(Ordering::Relaxed)
    }
}

/// What the audits of one injected fault came to.
#[derive(Default)]
struct Outcome {
    injected: u64,
    found: u64,
    found_fast: u64,
    wrong: Vec<String>,
    /// Whether the schema had to be lifted first.
    kept_out: bool,
}

/// Judges an audit: whether all that is expected was found, and what else was reported.
fn judge(report: &Value, expected: &BTreeSet<String>, accounts: &BTreeSet<String>) -> (bool, Vec<String>) {
    assert_eq!(report["complete"], true, "{report}");
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        let check = finding["check"].as_str().unwrap().to_owned();
        let foreign = finding["account"].as_str().is_some_and(|a| !accounts.is_empty() && !accounts.contains(a));
        if foreign || !expected.contains(&check) {
            wrong.push(finding.to_string());
        }
        seen.insert(check);
    }
    (seen == *expected, wrong)
}

fn audit(db: &Db, arguments: &[&str]) -> Value {
    db.json(&[&["audit", "-o", "json", "--limit", "0"], arguments].concat())
}

/// The way in which a fault is audited.
#[derive(Clone, Copy, PartialEq)]
enum Audited {
    Alone,
    WhileWritersRun,
    Both,
}

/// One fault, in a fresh copy of the seeded database: alone, and then while the application writes.
fn inject(
    pack: &Pack,
    app: &'static str,
    fault: &Fault,
    seed: u64,
    audited: Audited,
    [alone, among]: &mut [Outcome; 2],
) {
    let mut db = Db::new(Template::Seeded(app));
    let mut done = put(&db, fault, pack, seed);
    let mut expected = BTreeSet::new();
    if done.is_empty() {
        alone.kept_out = true;
        db = Db::new(Template::Seeded(app));
        db.sql(LIFTED);
        done = put(&db, fault, pack, seed);
        expected.insert("schema.constraints".to_owned());
    }
    assert!(!done.is_empty(), "{app}: {} found no place", fault.kind);
    expected.extend(done.iter().flat_map(|f| f.checks.clone()));
    let accounts: BTreeSet<String> = done.iter().filter_map(|f| f.account.clone()).collect();
    if audited != Audited::WhileWritersRun || alone.kept_out {
        let (found, wrong) = judge(&audit(&db, &["--strict"]), &expected, &accounts);
        alone.injected += 1;
        alone.found += u64::from(found);
        alone.wrong.extend(wrong);
        // Fast does not look at the order, and says so.
        let unseen = |f: &FaultPut| {
            ["closed_loop", "overdraft_in_past"].contains(&fault.kind.as_str()) || f.checks == ["ledger.order"]
        };
        let in_fast = if done.iter().any(unseen) { BTreeSet::new() } else { expected.clone() };
        let (found, wrong) = judge(&audit(&db, &["--depth", "fast"]), &in_fast, &accounts);
        alone.found_fast += u64::from(found && !in_fast.is_empty());
        alone.wrong.extend(wrong);
    }
    if audited == Audited::Alone || alone.kept_out {
        return;
    }
    // What an audit of one moment reports stays the same.
    let named = done.iter().map(|f| f.key.clone());
    let writers = Writers::start(&db, app, accounts.iter().cloned().chain(named).collect());
    let (found, wrong) = judge(&audit(&db, &["--strict"]), &expected, &accounts);
    among.injected += 1;
    among.found += u64::from(found);
    among.wrong.extend(wrong);
    assert!(writers.stop() > 0);
}

fn weaken(app: &'static str, (kind, check, choose): (&str, &str, &str), seed: u64, outcome: &mut Outcome) {
    let db = Db::new(Template::Seeded(app));
    let sql = db.value(&format!("SELECT s FROM ({choose}) AS c (s) ORDER BY md5(s || '{seed}') LIMIT 1"));
    db.sql(&sql);
    // What lays a partition open is also the application's own check's business.
    let mut report = audit(&db, &[]);
    report["findings"].as_array_mut().unwrap().retain(|f| f["check"] != "wellness.exposed");
    let (found, wrong) = judge(&report, &BTreeSet::from([check.to_owned()]), &BTreeSet::new());
    assert!(found, "{app}: {kind}: {sql}");
    outcome.injected += 1;
    outcome.found += u64::from(found);
    outcome.found_fast += u64::from(found);
    outcome.wrong.extend(wrong);
}

fn share(found: u64, of: u64) -> String {
    if of == 0 { "–".to_owned() } else { format!("{found} of {of}") }
}

fn campaign(app: &'static str) {
    let pack = packs::named(app).unwrap();
    let seeds = if soak() { 1..=3 } else { 1..=1 };
    let mut rows = String::new();
    let mut covered = BTreeSet::new();
    let mut all = [Outcome::default(), Outcome::default()];
    for (i, fault) in pack.faults.iter().enumerate() {
        covered.extend(fault.sql.text.split('\'').filter(|w| w.contains('.')).map(str::to_owned));
        // Each application begins elsewhere.
        if !turn(i + app.len(), 9) {
            continue;
        }
        let mut outcomes = [Outcome::default(), Outcome::default()];
        // Without the long enumeration each fault is audited in one of the two ways.
        let audited = if soak() { Audited::Both } else { [Audited::Alone, Audited::WhileWritersRun][i / 9 % 2] };
        for seed in seeds.clone() {
            inject(&pack, app, fault, seed, audited, &mut outcomes);
        }
        let [alone, among] = &outcomes;
        assert!(alone.injected + among.injected > 0, "{app}: {} was not audited", fault.kind);
        assert_eq!((alone.found, among.found), (alone.injected, among.injected), "{app}: {}", fault.kind);
        assert!(
            alone.wrong.is_empty() && among.wrong.is_empty(),
            "{app}: {}: {:?} {:?}",
            fault.kind,
            alone.wrong,
            among.wrong
        );
        let note = if alone.kept_out { "the schema keeps it out; its constraints were lifted" } else { "" };
        writeln!(
            rows,
            "| {} | {} | {} | {} | {} | {} | {note} |",
            fault.kind,
            fault.title,
            share(alone.found_fast, alone.injected),
            share(alone.found, alone.injected),
            share(among.found, among.injected),
            alone.wrong.len() + among.wrong.len(),
        )
        .unwrap();
        for (sum, outcome) in all.iter_mut().zip(&outcomes) {
            sum.injected += outcome.injected;
            sum.found += outcome.found;
            sum.wrong.extend(outcome.wrong.iter().cloned());
        }
    }
    for weakness in WEAKENED.into_iter().take(if soak() { WEAKENED.len() } else { 1 }) {
        let mut outcome = Outcome::default();
        for seed in seeds.clone() {
            weaken(app, weakness, seed, &mut outcome);
        }
        assert_eq!(
            (outcome.found, outcome.wrong.len()),
            (outcome.injected, 0),
            "{app}: {}: {:?}",
            weakness.0,
            outcome.wrong
        );
        let found = share(outcome.found, outcome.injected);
        writeln!(
            rows,
            "| {} | The schema is weakened by hand | {found} | {found} | – | {} |  |",
            weakness.0,
            outcome.wrong.len()
        )
        .unwrap();
        all[0].injected += outcome.injected;
        all[0].found += outcome.found;
    }
    // Lifelike data holds no refunds of bursar's: what is broken behind those, the tests of refunds show.
    let of_refunds = |c: &&bursar::packs::Check| c.sql.text.contains("{refunds}");
    let checks: BTreeSet<String> = pack.checks.iter().filter(|c| !of_refunds(c)).map(|c| c.id.clone()).collect();
    // A status that nobody knows cannot be put where its type is an enumeration, nor an id twice where it is unique.
    let of_app = match app {
        "mimivibe" => "payments.status",
        "aethercrown" => "payments.duplicate",
        _ => "",
    };
    let impossible = ["wellness.exposed", of_app];
    let without: Vec<&String> =
        checks.iter().filter(|c| !covered.contains(*c) && !impossible.contains(&c.as_str())).collect();
    assert!(without.is_empty(), "{app}: no fault shows {without:?}");
    publish(app, &rows, &all);
}

/// Writes the pack's part of the table, where it was asked for with the long enumeration.
fn publish(app: &str, rows: &str, [alone, among]: &[Outcome; 2]) {
    if env("BURSAR_WRITE_DOCS").is_none() || !soak() {
        return;
    }
    let folder = file("target/campaign");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "## {app}\n\n{} faults alone, {} found; {} while writers ran, {} found; {} wrongly reported.\n\n\
         | kind | what | `--depth fast` | `--strict` | while writers run | wrongly reported | |\n|---|---|---|---|---|---|---|\n{rows}",
        alone.injected,
        alone.found,
        among.injected,
        among.found,
        alone.wrong.len() + among.wrong.len()
    );
    std::fs::write(folder.join(format!("{app}.md")), text).unwrap();
    let parts: Vec<String> =
        packs::systems().iter().filter_map(|n| std::fs::read_to_string(folder.join(format!("{n}.md"))).ok()).collect();
    if parts.len() == packs::systems().len() {
        std::fs::write(file("docs/campaign.md"), format!("{HEAD}\n{}", parts.join("\n"))).unwrap();
    }
}

const HEAD: &str = "# The mutation campaign

Every kind of fault that `bursar seed --faults` knows, and some to the schema, each put alone into a database of 300
people, at a place that a seed chooses, for three seeds. A fault counts as found when the audit reports exactly the checks
that the fault declares, for exactly its account; anything else that is reported counts as wrongly reported. The default
depth is strict up to a million entries and fast above. What only an audit in order can see, entries out of order,
loops apart from the chain and overdrafts of the past, is shown as not found by `--depth fast`. The report names its depth.
What is done often enough to be usual is found only with a [price list](packs.md#prices): payments, readings, exchanges and invites at a
price that nobody set. The suite puts each of these four into the same data, and finds exactly its rows.

What cannot be known from inside the database, and what would tell:

| what | what would tell |
|---|---|
| a payment that was deleted with its entry, and the later balances moved | the gateway: [reconcile](reconcile.md); a [seal](seals.md) whose root is elsewhere |
| a charge at the gateway that never became a payment | the gateway |
| an account that was deleted with all its rows | a seal; the gateway, where it paid |
| amounts, dates and balances that were all rewritten to agree | a seal |
| a price that was changed together with the price list | the history of the file that holds the list |
| a consent or a reading whose text was rewritten | a seal of that table; nothing, where none was made |

`BURSAR_WRITE_DOCS=1 BURSAR_SOAK=1 cargo test --test it -- campaign:: --include-ignored` runs it and writes this page.
";

#[test]
fn mimivibe() {
    campaign("mimivibe");
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn avolve() {
    campaign("avolve");
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn organic_os() {
    campaign("organic-os");
}

#[test]
fn aethercrown() {
    campaign("aethercrown");
}

#[test]
fn the_published_table_holds_every_kind() {
    let page = std::fs::read_to_string(file("docs/campaign.md")).unwrap();
    let mut parts: BTreeMap<&str, &str> = BTreeMap::new();
    for part in page.split("\n## ").skip(1) {
        let (name, rest) = part.split_once('\n').unwrap();
        parts.insert(name, rest);
    }
    for pack in packs::built_in().unwrap() {
        // A pack that only reads puts no fault in.
        for fault in &pack.faults {
            assert!(
                parts[pack.name.as_str()].contains(&format!("| {} |", fault.kind)),
                "{}: {}",
                pack.name,
                fault.kind
            );
        }
    }
}
