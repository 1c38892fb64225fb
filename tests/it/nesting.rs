//! Migrations that a program wrote: statements deeper than a parser's stack, and files of many statements.

use crate::support::{Db, Ran, Template, bursar, run, sample, soak};

fn nested(open: &str, close: &str, n: usize) -> String {
    format!("SELECT {}1{};\n", open.repeat(n), close.repeat(n))
}

fn lint(text: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("1_a.sql"), text).unwrap();
    run(bursar().args(["migrate", "lint", "--source"]).arg(folder.path()))
}

#[test]
fn what_is_deep_is_linted_or_said_to_be_too_deep() {
    let shallow = [
        nested("(", ")", 900),
        format!("SELECT {};", vec!["'a'"; 10_000].join(" || ")),
        format!("SELECT {};", vec!["1"; 9_000].join(" + ")),
        format!("INSERT INTO t VALUES {};", vec!["(1, 'x', now())"; 20_000].join(", ")),
    ];
    for shallow in sample(shallow, 2) {
        lint(&shallow).ok().tells("✓ clean  1 file");
    }
    let deep = [
        nested("(", ")", 5_000),
        nested("(", ")", 100_000),
        nested("(select ", ")", 20_000),
        nested("case when ", " then 1 end", 20_000),
        nested("array[", "]", 100_000),
        nested("f(", ")", 20_000),
        nested("not ", "true", 100_000),
        nested("- ", "", 100_000),
        nested("", "::int", 100_000),
        nested("", " union all select 1", 100_000),
        format!("SELECT {};", vec!["1"; 20_000].join(" + ")),
        format!("SELECT {};", vec!["'a'"; 100_000].join(" || ")),
        format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $${}$$;", nested("(", ")", 100_000)),
        format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '{}';", nested("(", ")", 100_000)),
        format!("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC {} END;", nested("(", ")", 100_000)),
        format!("DO $$ BEGIN {} {} END $$;", "IF a THEN PERFORM 1; ".repeat(50_000), "END IF; ".repeat(50_000)),
    ];
    for deep in sample(deep, 3) {
        // What is beside it is linted all the same, and its place is right.
        let ran = lint(&format!("SELECT 'é'; {deep}\nDROP TABLE t; DROP TABLE u;")).exits(3);
        ran.tells("1_a.sql:1:13 · too-deeply-nested").tells("3 hits in").tells("ban-drop-table");
    }
    // A comment nests without a tree.
    lint(&format!("/*{}{}*/ SELECT 1;", "/* ".repeat(100_000), " */".repeat(100_000))).ok();
}

#[test]
fn what_is_deep_is_planned_and_run() {
    let db = Db::new(Template::Bursar);
    let folder = tempfile::tempdir().unwrap();
    // The server's own stack takes this much.
    let text = format!("CREATE TABLE deep AS SELECT {}1{} AS n;", "(".repeat(2_000), ")".repeat(2_000));
    std::fs::write(folder.path().join("1_a.sql"), text).unwrap();
    let migrate = |arguments: &[&str]| {
        run(bursar().arg("migrate").args(arguments).arg("--source").arg(folder.path()).args(["-d", &db.url()]))
    };
    migrate(&["plan"]).ok().tells("? unknown: too deeply nested to be read");
    migrate(&["up", "--yes"]).ok();
    assert_eq!(db.value("SELECT n FROM deep"), "1");
    for text in [nested("(", ")", 100_000), format!("SELECT {};", vec!["'a'"; 10_000].join(" || "))] {
        std::fs::write(folder.path().join("2_b.sql"), text).unwrap();
        migrate(&["plan"]).ok();
        // What the server says of it, it says.
        let ran = migrate(&["up", "--yes"]);
        assert!([0, 1].contains(&ran.code), "{ran:?}");
    }
}

#[test]
fn many_hits_on_one_long_line_are_no_more_work_than_on_many() {
    let (hits, told) = if soak() { (20_000, "20,000 hits") } else { (5_000, "5,000 hits") };
    let text: String = (0..hits).map(|i| format!("DROP TABLE t{i}; ")).collect();
    let started = std::time::Instant::now();
    let ran = lint(&text).exits(3).tells(told).tells(&format!("DROP TABLE t{};", hits - 1));
    // Each line is cut around its place.
    assert!(ran.stdout.len() < hits * 1_000, "{}", ran.stdout.len());
    // With each whole line for each hit, it took hundreds of times as long.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
