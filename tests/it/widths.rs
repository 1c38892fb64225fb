//! Nothing is wider than the terminal, and nothing is broken inside a word.

use bursar::commands::docs;
use tempfile::TempDir;

use crate::support::terminal::{Terminal, plain};
use crate::support::{Db, Template, sample, soak};

/// The commands that read, for a database that holds something of everything. A word in capitals stands for an id.
const READS: &[&str] = &[
    "doctor",
    "inspect",
    "inspect locks",
    "audit",
    "audit list",
    "audit history",
    "refund list",
    "refund list --open",
    "refund show REFUND",
    "refund resume --dry-run",
    "jobs",
    "jobs list --limit 3",
    "jobs count",
    "jobs triage",
    "jobs workers",
    "jobs latency",
    "jobs throughput",
    "jobs stuck",
    "jobs show JOB",
    "jobs why JOB",
    "jobs retry --status dead --canary 2 --dry-run",
    "migrate status",
    "migrate status --only bursar",
    "operations list",
    "operations verify",
    "stats",
    "payments list --limit 3",
    "payments show PAYMENT",
    "wallet show ACCOUNT",
    "wallet history ACCOUNT",
    "wallet adjustments",
    "settings list",
    "config list",
    "pack list",
    "pack show mimivibe",
    "jobs queues",
    "inspect functions",
    "migrate plan --source FOLDER",
    "migrate lint FOLDER/1_gift.sql",
    "payments reconcile --export FOLDER/objects.ndjson --gateway stripe",
    "sandbox status",
    "help options",
];

/// Mistakes, which are told as well.
const MISTAKES: &[&str] = &[
    "migrate lint nothing",
    "pack check mimivibe",
    "payments show nothing",
    "payments list --status nonsense",
    "wallet show nobody@example.com",
    "refund show 00000000-0000-4000-8000-000000000000",
    "jobs why 00000000-0000-4000-8000-000000000000",
    "migrate nonsense",
    "refund create PAYMENT --gateway record-only --gateway-ref R-9 --no-input",
    "settings set protected true --no-input",
];

/// A folder with a migration that `lint` has much to say of, and a gateway's export in which nothing fits.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let migration = "ALTER TABLE payments ADD COLUMN a_rather_long_name_of_a_column integer NOT NULL DEFAULT random();
        CREATE INDEX an_index_that_has_a_rather_long_name_too ON payments (a_rather_long_name_of_a_column);\nDROP TABLE jobs;\n";
    let created = chrono::Utc::now().to_rfc3339();
    let charge = |id: &str| {
        let object = serde_json::json!({ "id": id, "kind": "payment", "payment_ids": [id], "amount": 4900,
            "currency": "THB", "status": "succeeded", "created": created });
        format!("{object}\n")
    };
    std::fs::write(folder.path().join("1_gift.sql"), migration).expect("a migration");
    std::fs::write(folder.path().join("objects.ndjson"), charge("ch_1") + &charge("ch_2")).expect("an export");
    folder
}

/// A database with refunds, an adjustment, a seal, a recorded audit and faults, and the ids of some of that.
fn database() -> (Db, [(&'static str, String); 4]) {
    let db = Db::new(Template::Seeded("mimivibe"));
    let refundable = "SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id
                       WHERE p.status = 'succeeded' AND u.star_balance > p.stars_total ORDER BY p.id";
    let payment = |n: usize| db.value(&format!("{refundable} LIMIT 1 OFFSET {n}"));
    let account = db.value("SELECT user_id FROM wallet_transactions ORDER BY id LIMIT 1");
    let payments = [payment(0), payment(1), payment(2)];
    db.bursar(&["refund", "create", &payments[0], "--gateway", "record-only", "--gateway-ref", "R-1", "--yes"]).ok();
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('refund_limit', 'THB 0.01')");
    db.bursar(&["refund", "create", &payments[1], "--gateway", "record-only", "--gateway-ref", "R-2", "--yes"]);
    db.bursar(&["wallet", "adjust", &account, "STAR", "+3", "--reason", "lost in a restart", "--yes"]).ok();
    db.bursar(&["audit", "seal", "--yes"]).ok();
    db.sql(&format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{account}'"));
    db.bursar(&["audit", "--record", "--yes"]);
    let refund = db.value("SELECT id FROM bursar.refunds WHERE state = 'awaiting_approval'");
    let job = db.value("SELECT id FROM jobs WHERE last_error IS NOT NULL ORDER BY id LIMIT 1");
    (db, [("REFUND", refund), ("JOB", job), ("PAYMENT", payments[2].clone()), ("ACCOUNT", account)])
}

/// True if nothing may break a line: it is a command to be pasted, or a single word.
fn is_whole(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '→', '(', '`', '!', '✗', '✓']);
    let line = ["try: ", "next: ", "or ", "--cursor "].iter().fold(line, |l, label| l.strip_prefix(label).unwrap_or(l));
    // A fact of JSON is shown as it is written there.
    line.starts_with("bursar ") || line.starts_with('"') || !line.contains(' ')
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    let (db, ids) = database();
    let (mut wrong, url, folder) = (Vec::new(), db.url(), folder());
    // One function wraps for every width, so the least of them tells nearly all.
    let sizes: &[u16] = if soak() { &[40, 60, 80, 120, 200] } else { &[40] };
    for read in READS {
        let parsed = docs::built().try_get_matches_from(format!("bursar {read}").split(' '));
        let helps = |e: &clap::Error| e.kind() == clap::error::ErrorKind::DisplayHelp;
        assert!(parsed.as_ref().err().is_none_or(helps), "{read}: {}", parsed.unwrap_err());
    }
    for read in sample(READS.iter().chain(MISTAKES), 2) {
        let mut call = read.replace("FOLDER", &folder.path().display().to_string());
        for (name, id) in &ids {
            call = call.replace(name, id);
        }
        for columns in sizes {
            let arguments: Vec<&str> = call.split(' ').chain(["-d", &url]).collect();
            let shown = Terminal::start((*columns, 50), &arguments, &[("BURSAR_OPERATOR", "ada")]).ends();
            // Progress is drawn over and taken away again.
            let text = shown.raw.replace("\r\n", "\n");
            let lines = text.lines().map(|line| plain(line.rsplit('\r').next().unwrap_or_default()));
            let wide = lines.filter(|l| console::measure_text_width(l) > usize::from(*columns) && !is_whole(l));
            wrong.extend(wide.map(|line| format!("{columns} {read}: {line}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The commands that the wrapping of sentences knows are those that there are.
#[test]
fn the_words_behind_which_a_command_is_whole_are_those_of_the_program() {
    let mut known: Vec<&str> = bursar::text::COMMANDS.to_vec();
    let built = docs::built();
    let mut there: Vec<&str> = built.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name()).collect();
    if !there.contains(&"help") {
        there.push("help");
    }
    known.sort_unstable();
    there.sort_unstable();
    assert_eq!(known, there);
}
