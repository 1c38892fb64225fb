//! A strict audit in one pass over the table, and one that reads every account in order: whatever is wrong, both say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bursar::audit::seal::Use;
use bursar::audit::{self, Depth, Options};
use bursar::config::Config;
use bursar::db::{Database, Limits, Request, resolve};
use bursar::packs;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Db, Starts as _, Template, bursar, soak, turn, until, wait};

/// A ledger without any constraint; the types of its accounts and its columns are those of a variant.
const SCHEMA: &str = "
    CREATE TYPE unit AS ENUM ('STAR', 'COIN');
    CREATE TABLE purse (account {id}, unit {unit}, balance bigint, low bigint, was bigint, opened timestamptz);
    CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY, account {id}, unit {unit}, delta bigint, running bigint, before bigint,
                        amount bigint, at timestamptz, seq bigint, arrival xid8 DEFAULT pg_current_xact_id())";

/// A kind of ledger.
#[derive(Clone, Copy)]
struct Kind {
    id: &'static str,
    unit: &'static str,
    by_seq: bool,
    /// Further columns of the entries, and of the balances.
    entries: &'static str,
    balances: &'static str,
    cached: bool,
}

const KINDS: [Kind; 5] = [
    Kind { id: "uuid", unit: "unit", by_seq: false, entries: "", balances: "", cached: true },
    Kind { id: "text", unit: "text", by_seq: true, entries: ", e.amount AS magnitude", balances: "", cached: true },
    Kind { id: "int", unit: "unit", by_seq: false, entries: "", balances: ", p.low AS floor", cached: true },
    Kind {
        id: "bigint",
        unit: "text",
        by_seq: false,
        entries: ", e.before AS running_before",
        balances: ", p.was AS opening, p.low AS floor",
        cached: true,
    },
    Kind { id: "text", unit: "unit", by_seq: false, entries: "", balances: "", cached: false },
];

struct Books {
    db: Db,
    folder: TempDir,
    kind: Kind,
}

impl Books {
    fn new(kind: Kind) -> Self {
        let db = Db::new(Template::Bursar);
        db.sql(&SCHEMA.replace("{id}", kind.id).replace("{unit}", kind.unit));
        let folder = tempfile::tempdir().unwrap();
        let Kind { entries, balances, by_seq, .. } = kind;
        let order = if by_seq { "[ledger]\norder = \"seq\"\n" } else { "" };
        let mut files = vec![
            (
                "pack.toml",
                format!(
                    "name = \"books\"\ntitle = \"Books\"\nschema = \"public\"\ndetect = [\"purse.low\"]\ntables = [\"purse\", \"entry\"]\n{order}"
                ),
            ),
            (
                "ledger/entries.sql",
                format!(
                    "-- reads: entry\n-- rows: entry\nSELECT e.id AS entry_id, e.account, e.unit, e.delta, e.running, e.at, e.seq, e.arrival, 'entry' AS kind, NULL::text AS ref{entries} FROM entry e"
                ),
            ),
        ];
        if kind.cached {
            files.push((
                "ledger/balances.sql",
                format!(
                    "-- reads: purse\nSELECT p.account, p.unit, p.balance, p.opened AS opened_at{balances} FROM purse p"
                ),
            ));
        }
        for (name, text) in files {
            let path = folder.path().join("books").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Books { db, folder, kind }
    }

    /// The report, but for what differs from run to run, and the ways in which the ledger was read.
    fn audit(&self, options: Options) -> (Value, Vec<String>) {
        let mut pack = packs::named(self.folder.path().join("books").to_str().unwrap()).unwrap();
        pack.trust.pack = true;
        let (config, url) = (Config::default(), self.db.url());
        let target = resolve(&Request { flag: Some(&url), env_name: None, config: &config, var: &|_| None }).unwrap();
        let limits = Limits { connect: std::time::Duration::from_secs(30), statement: None };
        let database = Database::new(target, "one pass", limits);
        let report = wait(async {
            let tx = database.read().await.unwrap();
            audit::run(&database, tx, &[pack], &options, &mut |_| {}).await.unwrap()
        });
        let mut value = serde_json::to_value(&report).unwrap();
        value["snapshot"] = Value::Null;
        value["checks"].as_array_mut().unwrap().iter_mut().for_each(|check| check["ms"] = Value::Null);
        (value, report.ways)
    }

    /// Audits in one pass and in order, compares the two, and returns the report and how it was read.
    fn both(&self, what: &str) -> (Value, String) {
        let strict = || Options { depth: Some(Depth::Strict), limit: 0, ..Options::default() };
        let (in_order, ways) = self.audit(Options { in_order: true, ..strict() });
        assert_eq!(ways, Vec::<String>::new());
        let (passed, ways) = self.audit(strict());
        assert_eq!(passed, in_order, "{what}");
        let (alone, _) = self.audit(Options { parallel: 1, ..strict() });
        assert_eq!(alone, in_order, "{what}");
        (passed, ways.concat())
    }

    /// Puts a fault at places and with a number that the dice choose, and returns its statement.
    fn put(&self, dice: &mut Dice, fault: &str) -> String {
        let mut place = || format!("(SELECT ctid FROM entry ORDER BY seq OFFSET {} LIMIT 1)", dice.below(20));
        let (x, y, m) = (self.db.value(&place()), self.db.value(&place()), self.db.value(IN_THE_MIDDLE));
        let n = 1 + dice.below(5);
        let sql = fault.replace("{x}", &x).replace("{y}", &y).replace("{m}", &m).replace("{n}", &n.to_string());
        self.db.sql(&sql);
        sql + "\n"
    }

    fn account(&self, n: u64) -> String {
        match self.kind.id {
            "uuid" => format!("'{:08x}-0000-4000-8000-{:012x}'", n.wrapping_mul(0x9e37_79b9) & 0xffff_ffff, n),
            "text" => format!("'account {n}'"),
            _ => n.to_string(),
        }
    }

    /// Fills the ledger with chains that are whole.
    fn fill(&self, dice: &mut Dice, accounts: u64) {
        let (mut entries, mut balances) = (Vec::new(), String::new());
        for n in 0..accounts {
            for unit in ["STAR", "COIN"] {
                let opening = if self.kind.balances.contains("opening") { dice.below(3) } else { 0 };
                let chained = unit == "STAR" || n % 3 > 0;
                let mut running = opening;
                for at in 0..dice.below(7) {
                    let delta = if running > 2 && dice.below(2) == 0 { -dice.below(3) } else { dice.below(9) };
                    let kept = |number: i64| if chained { number.to_string() } else { "NULL".to_owned() };
                    entries.push((
                        at * 10 + dice.below(9),
                        format!(
                            "{}, '{unit}', {delta}, {}, {}, {}",
                            self.account(n),
                            kept(running + delta),
                            kept(running),
                            delta.abs()
                        ),
                    ));
                    running += delta;
                }
                let low = if dice.below(4) == 0 { "NULL".to_owned() } else { (-dice.below(3)).to_string() };
                write!(
                    balances,
                    "({}, '{unit}', {running}, {low}, {opening}, now() - interval '90 days'),",
                    self.account(n)
                )
                .unwrap();
            }
        }
        entries.sort_by_key(|(at, _)| *at);
        let rows: Vec<String> = (1..)
            .zip(&entries)
            .map(|(n, (_, row))| format!("({row}, now() - interval '60 days' + interval '1 minute' * {n}, {n})"))
            .collect();
        self.db.sql("TRUNCATE purse; TRUNCATE entry");
        self.db.sql(&format!("INSERT INTO purse VALUES {}", balances.trim_end_matches(',')));
        if !rows.is_empty() {
            self.db.sql(&format!(
                "INSERT INTO entry (account, unit, delta, running, before, amount, at, seq) VALUES {}",
                rows.join(",")
            ));
        }
    }
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Faults of a ledger; `{x}` is the place of an entry in the table, `{y}` that of another, and `{n}` a number.
const FAULTS: &[&str] = &[
    "DELETE FROM entry WHERE ctid = '{x}'",
    "UPDATE entry SET running = running + {n} WHERE ctid = '{x}'",
    "UPDATE entry SET delta = delta + {n} WHERE ctid = '{x}'",
    "UPDATE entry SET delta = -delta WHERE ctid = '{x}'",
    "UPDATE entry SET at = at + interval '1 day' * {n} WHERE ctid = '{x}'",
    "UPDATE entry SET seq = seq + {n} WHERE ctid = '{x}'",
    "UPDATE entry e SET at = o.at FROM entry o WHERE e.ctid = '{x}' AND o.account = e.account AND o.unit = e.unit AND o.ctid <> e.ctid",
    "UPDATE entry e SET at = o.at, seq = o.seq FROM entry o WHERE e.ctid = '{x}' AND o.account = e.account AND o.unit = e.unit AND o.ctid <> e.ctid",
    "UPDATE entry e SET at = CASE e.ctid WHEN '{x}' THEN b.at ELSE a.at END, seq = CASE e.ctid WHEN '{x}' THEN b.seq ELSE a.seq END FROM entry a, entry b WHERE a.ctid = '{x}' AND b.ctid = '{y}' AND e.ctid IN ('{x}', '{y}')",
    "UPDATE entry SET at = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET seq = NULL",
    "UPDATE entry SET delta = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET running = NULL WHERE ctid = '{x}'",
    "UPDATE entry e SET running = NULL FROM entry o WHERE o.ctid = '{x}' AND e.account = o.account AND e.unit = o.unit",
    "UPDATE entry SET at = 'infinity' WHERE ctid = '{x}'",
    "UPDATE entry SET at = '-infinity' WHERE ctid = '{x}'",
    "UPDATE entry SET unit = 'COIN' WHERE ctid = '{x}'",
    "UPDATE entry e SET account = o.account FROM entry o WHERE e.ctid = '{x}' AND o.ctid = '{y}'",
    "UPDATE entry SET account = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET unit = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET running = 9223372036854775807 WHERE ctid = '{x}'",
    "UPDATE entry SET delta = -9223372036854775807 WHERE ctid = '{x}'",
    "UPDATE entry SET running = -{n} WHERE ctid = '{x}'",
    "INSERT INTO entry (account, unit, delta, running, before, amount, at, seq) SELECT account, unit, delta, running, before, amount, at, seq FROM entry WHERE ctid = '{x}'",
    "INSERT INTO entry (account, unit, delta, running, before, amount, at, seq) SELECT account, unit, v.d, v.r, v.r - v.d, 100, at + interval '1 second', seq FROM entry, (VALUES (100, 600), (-100, 500)) v (d, r) WHERE ctid = '{x}'",
    "UPDATE entry SET amount = amount WHERE ctid = '{x}'",
    "UPDATE entry SET amount = amount WHERE seq % 2 = 0",
    "DELETE FROM entry WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "DELETE FROM purse WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "UPDATE purse SET balance = balance + {n} WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "UPDATE purse SET balance = NULL WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "UPDATE purse SET balance = -{n}, was = was + 1 WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "UPDATE purse SET opened = now() WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "UPDATE purse SET unit = 'STAR' WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "INSERT INTO purse SELECT * FROM purse WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
    "UPDATE purse SET account = NULL WHERE account = (SELECT account FROM entry WHERE ctid = '{x}')",
];

/// Further faults, the numbers of the kinds of ledger in which they are always put alone, and the check that finds them,
/// if one does (a number that orders is missing: incomplete; a balance before is missing: the next one tells the same); `{m}` is the place of an entry in the middle of a chain. The entries of the first one stay in their order in the table.
const OF_KINDS: &[(&str, &[usize], &str)] = &[
    (
        "UPDATE entry SET running = running + {n} * (ctid = '{m}')::int, before = before + {n} * (ctid = '{m}')::int",
        &[0, 1, 2, 3, 4],
        "ledger.chain",
    ),
    (
        "UPDATE purse p SET balance = balance + {n} FROM entry e WHERE e.ctid = '{m}' AND p.account = e.account AND p.unit = e.unit",
        &[0, 1, 2, 3],
        "ledger.balance",
    ),
    ("UPDATE entry SET seq = NULL WHERE ctid = '{m}'", &[1], ""),
    ("UPDATE entry SET amount = -1 - amount WHERE ctid = '{m}'", &[1], "ledger.domain"),
    ("UPDATE entry SET before = before + {n} WHERE ctid = '{m}'", &[3], "ledger.chain"),
    ("UPDATE entry SET before = NULL WHERE ctid = '{m}'", &[3], ""),
    (
        "UPDATE purse p SET low = balance + {n} FROM entry e WHERE e.ctid = '{m}' AND p.account = e.account AND p.unit = e.unit",
        &[2, 3],
        "ledger.domain",
    ),
];

/// The place of an entry that has one of its chain before it and one behind it.
const IN_THE_MIDDLE: &str = "SELECT coalesce(max(ctid::text), '(0,0)') FROM (SELECT ctid FROM (
    SELECT ctid, seq, unit, row_number() OVER (w ORDER BY seq) AS nth, count(*) OVER w AS entries
      FROM entry WINDOW w AS (PARTITION BY account, unit)) e
     WHERE unit = 'STAR' AND nth > 1 AND nth < entries ORDER BY seq LIMIT 1) e";

/// Each fault alone and several at once, in each kind of ledger.
fn faulty(kind: usize) {
    let books = Books::new(KINDS[kind]);
    let mut dice = Dice(0x5eed + kind as u64);
    let mut seen = BTreeMap::new();
    let rounds = if soak() { 4 } else { 1 };
    for (fault, _, check) in OF_KINDS.iter().filter(|(_, kinds, _)| kinds.contains(&kind)) {
        books.fill(&mut dice, 8);
        let done = books.put(&mut dice, fault);
        let (report, way) = books.both(&done);
        assert!(way.contains("one pass of"), "{done}: {way}");
        let found: BTreeSet<&str> =
            report["findings"].as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap()).collect();
        let expected: BTreeSet<&str> = Some(*check).filter(|check| !check.is_empty()).into_iter().collect();
        assert_eq!(found, expected, "{done}");
        let whole = check.is_empty() && !fault.contains("seq");
        assert_eq!(report["verdict"] == "clean", whole, "{done}: {report}");
    }
    let all: Vec<&str> = FAULTS.iter().copied().chain(OF_KINDS.iter().map(|(fault, ..)| *fault)).collect();
    // Of the kinds together, each fault has its turn.
    let turns: Vec<usize> = (0..all.len() * rounds).filter(|round| turn(round + kind, 3)).collect();
    for round in &turns {
        books.fill(&mut dice, 8);
        let mut done = String::new();
        for more in 0..1 + round / 3 % 3 {
            let others = usize::try_from(dice.below(all.len() as i64)).unwrap();
            done += &books.put(&mut dice, all[if more == 0 { round % all.len() } else { others }]);
        }
        let (report, way) = books.both(&done);
        let way = if way.contains("one pass of") { "passed" } else { "sorted" };
        *seen.entry((way, report["verdict"].as_str().unwrap().to_owned())).or_insert(0) += 1;
    }
    // Most went by the pass, and most were found; a few were nothing, or left all to a sort.
    let passed: usize = seen.iter().filter(|((way, _), _)| *way == "passed").map(|(_, n)| n).sum();
    assert!(passed * 2 > turns.len(), "{seen:?}");
    assert!(seen.contains_key(&("passed", "violated".to_owned())), "{seen:?}");
}

#[test]
fn both_say_the_same_of_every_fault_of_accounts_that_are_uuids() {
    faulty(0);
}

#[test]
fn both_say_the_same_of_every_fault_where_a_number_orders_the_entries() {
    faulty(1);
}

#[test]
fn both_say_the_same_of_every_fault_where_accounts_have_floors() {
    faulty(2);
}

#[test]
fn both_say_the_same_of_every_fault_where_accounts_had_something_before() {
    faulty(3);
}

#[test]
fn both_say_the_same_of_every_fault_where_no_balance_is_cached() {
    faulty(4);
}

#[test]
fn a_ledger_that_lies_in_order_is_read_in_one_pass_and_says_so() {
    let books = Books::new(KINDS[0]);
    books.fill(&mut Dice(7), 150);
    let (report, way) = books.both("whole");
    assert_eq!((&report["verdict"], &report["depth"]), (&"clean".into(), &"strict".into()), "{report}");
    assert_eq!(way, "the ledger was read in one pass of 2 pieces, and 0 accounts in order");
    // Whoever asks is told.
    let pack = books.folder.path().join("books");
    books.db.with_pack(&pack, &["audit", "--strict", "-v"]).ok().tells("the ledger was read in one pass of 2 pieces");
    // An account whose entries were written anew stands elsewhere, and nothing is wrong with it.
    books.db.sql("UPDATE entry SET amount = amount WHERE account = (SELECT account FROM entry ORDER BY seq LIMIT 1) AND seq % 2 = 0");
    let (report, _) = books.both("written anew");
    assert_eq!(report["verdict"], "clean");
    // Few are wrong: only these are read in order.
    books.db.sql("UPDATE entry SET running = running + 1 WHERE id = (SELECT min(id) FROM entry)");
    let (report, way) = books.both("one is wrong");
    assert_eq!((&report["verdict"], &report["summary"]["errors"]), (&"violated".into(), &1.into()), "{report}");
    assert_eq!(way, "the ledger was read in one pass of 2 pieces, and 1 account in order");
}

#[test]
fn a_ledger_of_which_much_lies_out_of_order_is_sorted() {
    let books = Books::new(KINDS[0]);
    books.fill(&mut Dice(11), 400);
    // More of an account wait than a pass keeps.
    books.db.sql(
        "INSERT INTO entry (account, unit, delta, running, before, amount, at, seq)
         SELECT e.account, e.unit, 0, e.running, e.running, 0, e.at + interval '1 second' * (30 - n), e.seq
           FROM (SELECT DISTINCT ON (account, unit) * FROM entry WHERE unit = 'STAR' ORDER BY account, unit, at DESC) e, generate_series(1, 20) n",
    );
    let (report, way) = books.both("backwards");
    assert_eq!(report["verdict"], "clean", "{report}");
    assert!(way.ends_with("too many accounts are not whole in the order in which the table has them"), "{way}");
}

#[test]
fn what_a_pass_compares_in_another_way_than_a_sort_is_sorted() {
    for (sql, reason) in [
        ("ALTER TABLE entry ALTER delta TYPE numeric", "a sort compares the columns of this pack in its own way"),
        ("ALTER TABLE entry ALTER at TYPE timestamp", "a sort compares the columns of this pack in its own way"),
        (
            "ALTER TABLE entry ALTER account TYPE char(20); ALTER TABLE purse ALTER account TYPE char(20)",
            "a sort compares the columns of this pack in its own way",
        ),
        (
            "ALTER TABLE entry ALTER unit TYPE int USING length(unit::text); ALTER TABLE purse ALTER unit TYPE int USING length(unit::text)",
            "a sort compares its accounts or units in its own way",
        ),
    ] {
        let books = Books::new(KINDS[4]);
        books.fill(&mut Dice(3), 8);
        books.db.sql(sql);
        let (_, way) = books.both(sql);
        assert!(way.ends_with(reason), "{sql}: {way}");
    }
}

#[test]
fn the_pieces_of_partitions_and_of_views_come_to_the_same() {
    let books = Books::new(KINDS[0]);
    books.fill(&mut Dice(5), 50);
    for sql in [
        "ALTER TABLE entry RENAME TO whole;
         CREATE TABLE entry (LIKE whole) PARTITION BY RANGE (at);
         CREATE TABLE entry_1 PARTITION OF entry FOR VALUES FROM (MINVALUE) TO (now() - interval '59 days 23 hours');
         CREATE TABLE entry_2 PARTITION OF entry DEFAULT;
         INSERT INTO entry SELECT * FROM whole; DROP TABLE whole",
        "ALTER TABLE entry RENAME TO parts; CREATE VIEW entry AS SELECT * FROM parts ORDER BY at DESC",
    ] {
        books.db.sql(sql);
        let (report, way) = books.both(sql);
        assert_eq!(report["verdict"], "clean", "{report}");
        assert!(way.starts_with("the ledger was read in one pass of 2 pieces"), "{way}");
    }
}

/// Faults of what came after a seal; `{x}` is the place of an entry that did, `{p}` that of a balance, `{q}` that of one without
/// later entries, and `{n}` a number.
const LATER: &[&str] = &[
    "DELETE FROM entry WHERE ctid = '{x}'",
    "UPDATE entry SET running = running + {n} WHERE ctid = '{x}'",
    "UPDATE entry SET delta = delta + {n} WHERE ctid = '{x}'",
    "UPDATE entry SET running = running + {n}, before = before + {n} WHERE ctid = '{x}'",
    "UPDATE entry SET delta = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET at = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET at = 'infinity' WHERE ctid = '{x}'",
    "UPDATE entry SET running = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET running = -{n} WHERE ctid = '{x}'",
    "UPDATE entry SET amount = -1 - amount WHERE ctid = '{x}'",
    "UPDATE entry SET before = before + {n} WHERE ctid = '{x}'",
    "UPDATE entry SET unit = 'COIN' WHERE ctid = '{x}'",
    "UPDATE entry SET account = NULL WHERE ctid = '{x}'",
    "INSERT INTO entry (account, unit, delta, running, before, amount, at, seq) SELECT account, unit, delta, running, before, amount, at, seq FROM entry WHERE ctid = '{x}'",
    "UPDATE purse SET balance = balance + {n} WHERE ctid IN ('{p}', '{q}')",
    "UPDATE purse SET balance = balance + {n}, was = was + {n} WHERE ctid = '{p}'",
    "UPDATE purse SET balance = balance + {n}, was = was + {n} WHERE ctid = '{q}'",
    "UPDATE purse SET was = was + {n} WHERE ctid IN ('{p}', '{q}')",
    "UPDATE purse SET balance = NULL WHERE ctid = '{q}'",
    "UPDATE purse SET balance = -{n} WHERE ctid = '{q}'",
    "UPDATE purse SET low = balance + {n} WHERE ctid = '{q}'",
    "DELETE FROM purse WHERE ctid = '{p}'",
    "DELETE FROM purse WHERE ctid = '{q}'",
    "UPDATE purse SET account = NULL WHERE ctid = '{q}'",
    "INSERT INTO purse SELECT * FROM purse WHERE ctid = '{p}'",
    "INSERT INTO purse SELECT * FROM purse WHERE ctid = '{q}'",
];

/// Further ones: entries and balances that are nobody's, and an entry without its place.
const LATER_WITHOUT: &[&str] = &[
    "UPDATE entry SET seq = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET unit = NULL WHERE ctid = '{x}'",
    "UPDATE entry SET account = NULL, running = running + {n} WHERE ctid = '{x}'",
    "UPDATE entry SET account = NULL WHERE ctid = '{x}'; INSERT INTO purse (unit, balance) SELECT unit, delta FROM entry WHERE account IS NULL",
    "UPDATE entry SET unit = NULL WHERE ctid = '{x}'; INSERT INTO purse (account, balance) SELECT account, delta FROM entry WHERE unit IS NULL",
    "INSERT INTO purse (unit, balance) VALUES ('STAR', 0)",
    "INSERT INTO entry (unit, delta, running, before, amount, at, seq) VALUES ('STAR', 5, 5, 0, 5, now(), 2000);
     INSERT INTO purse (account, unit, balance) VALUES ({nameless}, 'STAR', 5)",
];

/// On top of a seal, in one pass or by the server, the same is found as by reading everything at the depth that both have.
fn faulty_since_a_seal(kind: usize, faults: &[&str]) {
    let books = Books::new(KINDS[kind]);
    let (db, mut dice) = (&books.db, Dice(0xea1 + kind as u64));
    books.fill(&mut dice, 12);
    db.settled("entry");
    let pack = books.folder.path().join("books");
    db.with_pack(&pack, &["audit", "seal", "--yes"]).ok();
    db.sql(
        "INSERT INTO entry (account, unit, delta, running, before, amount, at, seq)
         SELECT account, unit, d, running + d * g, running + d * (g - 1), abs(d), now() - interval '1 hour' + interval '1 second' * (n * 5 + g), 1000 + n * 5 + g
           FROM (SELECT *, row_number() OVER (ORDER BY seq) AS n, (seq % 3)::bigint AS d
                   FROM (SELECT DISTINCT ON (account, unit) * FROM entry ORDER BY account, unit, seq DESC) e) e, generate_series(1, 2) g
          WHERE n % 2 = 0;
         UPDATE purse p SET balance = p.balance + (SELECT coalesce(sum(e.delta), 0) FROM entry e WHERE e.account = p.account AND e.unit = p.unit AND e.seq > 1000);
         CREATE TABLE purses AS TABLE purse; CREATE TABLE entries AS TABLE entry",
    );
    let since = |in_order| {
        let (report, _) = books.audit(Options { seal: Some(Use::Since), in_order, limit: 0, ..Options::default() });
        told(&report)
    };
    let mut violated = 0;
    // The nearest to no account that the type has.
    let nameless = if KINDS[kind].id == "text" { "''" } else { "NULL" };
    for fault in [""].iter().chain(faults) {
        let later = db.value(&format!(
            "SELECT ctid FROM entry WHERE running IS NOT NULL AND seq > 1000 ORDER BY seq OFFSET {} LIMIT 1",
            dice.below(4)
        ));
        let purse = |has: &str| {
            db.value(&format!(
                "SELECT ctid FROM purse p WHERE {has} EXISTS (SELECT FROM entry e WHERE e.account = p.account AND e.unit = p.unit AND e.seq > 1000)
                    AND EXISTS (SELECT FROM entry e WHERE e.account = p.account AND e.unit = p.unit AND e.running IS NOT NULL) ORDER BY account LIMIT 1"
            ))
        };
        let (n, with, without) = (1 + dice.below(5), purse(""), purse("NOT"));
        let sql =
            fault.replace("{x}", &later).replace("{p}", &with).replace("{q}", &without).replace("{n}", &n.to_string());
        let sql = sql.replace("{nameless}", nameless);
        db.sql(&sql);
        let (whole, _) = books.audit(Options { depth: Some(Depth::Fast), limit: 0, ..Options::default() });
        let whole = told(&whole);
        assert_eq!((since(false), since(true)), (whole.clone(), whole.clone()), "{sql}");
        violated += usize::from(!whole.is_empty());
        db.sql(
            "TRUNCATE purse, entry; INSERT INTO purse TABLE purses;
             INSERT INTO entry OVERRIDING SYSTEM VALUE TABLE entries",
        );
    }
    assert!(violated * 2 > faults.len(), "{violated}");
}

/// The findings of a report about balances, chains and their domain, and those of these checks that are incomplete.
fn told(report: &Value) -> BTreeSet<String> {
    let of = |check: &Value| ["ledger.balance", "ledger.chain", "ledger.domain"].contains(&check.as_str().unwrap());
    let found = report["findings"].as_array().unwrap().iter().filter(|finding| of(&finding["check"]));
    let found = found.map(|f| format!("{} {} {}", f["check"], f["account"], f["unit"]));
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| of(&check["id"]));
    let unchecked = checks.filter(|c| c["status"] == "incomplete").map(|c| format!("{} unchecked", c["id"]));
    found.chain(unchecked).collect()
}

#[test]
fn on_top_of_a_seal_a_fault_of_what_came_later_is_found_as_by_reading_everything() {
    if soak() {
        (0..KINDS.len()).for_each(|kind| faulty_since_a_seal(kind, &[LATER, LATER_WITHOUT].concat()));
        return;
    }
    // The kind in which the most can be wrong; and those that keep a number, and no balance.
    faulty_since_a_seal(3, LATER);
    faulty_since_a_seal(1, LATER_WITHOUT);
    faulty_since_a_seal(4, LATER_WITHOUT);
}

#[test]
fn on_top_of_a_seal_sound_books_are_not_accused_where_a_join_doubles_what_came_later() {
    let books = Books::new(KINDS[0]);
    books.db.sql("CREATE TABLE tag (entry bigint)");
    let pack = books.folder.path().join("books");
    let entries = pack.join("ledger/entries.sql");
    let joined = std::fs::read_to_string(&entries).unwrap() + " LEFT JOIN tag t ON t.entry = e.id";
    std::fs::write(&entries, joined).unwrap();
    books.fill(&mut Dice(7), 4);
    books.db.settled("entry");
    books.db.with_pack(&pack, &["audit", "seal", "--yes"]).ok();
    books.db.sql(
        "INSERT INTO entry (account, unit, delta, running, before, amount, at, seq)
         SELECT account, unit, 5, running + 5, running, 5, now(), 1000 FROM entry WHERE unit = 'STAR' ORDER BY seq DESC LIMIT 1;
         UPDATE purse p SET balance = balance + 5 FROM entry e WHERE e.seq = 1000 AND e.account = p.account AND e.unit = p.unit",
    );
    books.db.with_pack(&pack, &["audit", "--since-seal"]).ok();
    books.db.sql("INSERT INTO tag SELECT id FROM entry, generate_series(1, 2) WHERE seq = 1000");
    let report = books.audit(Options { seal: Some(Use::Since), limit: 0, ..Options::default() }).0;
    assert_eq!(
        (&report["verdict"], report["findings"].as_array().unwrap().len()),
        (&"incomplete".into(), 0),
        "{report}"
    );
}

/// Waits for a lock in the middle of the pass, and nowhere else.
const GATE: &str = "
    CREATE FUNCTION gate(id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        IF id = 150 AND current_query() LIKE '%COPY (SELECT%' THEN
            PERFORM pg_advisory_xact_lock_shared(4711);
        END IF;
        RETURN true;
    END $$";

/// The rows that the passes have sent so far which wait at the gate.
const SENT: &str = "
    SELECT coalesce(sum(p.tuples_processed), 0) FROM pg_stat_progress_copy p JOIN pg_stat_activity a USING (pid)
     WHERE a.datname = current_database() AND a.application_name = 'bursar audit' AND a.wait_event_type = 'Lock'";

#[test]
fn an_interrupt_in_the_middle_of_a_pass_leaves_nothing() {
    let books = Books::new(KINDS[0]);
    books.fill(&mut Dice(7), 150);
    books.db.sql(GATE);
    let pack = books.folder.path().join("books");
    let entries = pack.join("ledger/entries.sql");
    let gated = std::fs::read_to_string(&entries).unwrap() + " WHERE gate(e.id)";
    std::fs::write(&entries, gated).unwrap();
    let arguments = ["audit", "--strict", "-v", "--trust-pack", "--app", pack.to_str().unwrap(), "-d", &books.db.url()];
    let mut holder = wait(books.db.connect());
    for (sent, code, word) in [(Signal::SIGINT, 130, "interrupted"), (Signal::SIGTERM, 143, "terminated")] {
        wait(sqlx::raw_sql("SELECT pg_advisory_lock(4711)").execute(&mut holder)).unwrap();
        let child = bursar().args(arguments).starts_quietly();
        // Some rows were sent, and the others wait.
        until("a pass that has begun", || books.db.value(SENT).parse::<u64>().unwrap() > 0);
        kill(Pid::from_raw(child.id().cast_signed()), sent).unwrap();
        let ran = child.ended().exits(code).says(word);
        let ran = ran.says("it only read, and has stopped, and the server confirmed it");
        assert_eq!(ran.stdout, "");
        let left = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar audit')
                         + (SELECT count(*) FROM pg_class WHERE relpersistence = 't')
                         + (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database())";
        assert_eq!(books.db.value(left), "0");
        wait(sqlx::raw_sql("SELECT pg_advisory_unlock(4711)").execute(&mut holder)).unwrap();
        // The next one goes through the gate.
        books.db.with_pack(&pack, &["audit", "--strict", "-v"]).ok().tells("the ledger was read in one pass");
    }
}
