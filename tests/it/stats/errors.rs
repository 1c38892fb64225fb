//! What cannot be read is said, and what is no answer is no figure.

use super::{FACTS, facts, pack, refunded};
use crate::support::{Db, Ran, Template, bursar, run, sample};

#[test]
fn what_is_asked_for_wrongly_is_refused_with_a_way_on() {
    let db = Db::new(Template::Migrated("avolve"));
    for (arguments, says) in [
        ("payments", "its topics are overview, consent, phases, tokens, users"),
        ("users nope", "avolve has no topic 'nope'"),
        ("--tz Mars/Phobos", "no time zone 'Mars/Phobos'"),
        // The server would take these two, for what nobody means by them.
        ("--tz CEST5", "no time zone 'CEST5'"),
        ("--tz Europe/Berlin2", "no time zone"),
        ("--tz CEST", "no time zone 'CEST'"),
        ("--tz localtime", "depends on the settings of the server's machine"),
        ("--tz posixrules", "depends on the settings of the server's machine"),
        ("--from 2000-12-31", "2001-01-01 or later"),
        ("--from 2001-01-01 --tz UTC --by day", "--by month"),
        ("--since 30y", "2001-01-01 or later"),
        ("--to 3500-01-01", "between the years 2001 and 3000"),
        ("--from 2026-04-01 --to 2026-04-01", "is empty"),
        ("--from 2026-04-02 --to 2026-04-01", "is empty"),
        ("--from 2026-01-01 --since 3d", "cannot be used with"),
        ("--since 0d", "more than nothing"),
        ("--since 99999999999w", "more than 1,000 years"),
        ("--since 4000000000y", "more than 1,000 years"),
        ("--since 999999999999h", "more than 1,000 years"),
        ("--since soon", "30d, 12w, 6months, 24h or 2026-01-31"),
        ("--to tomorrow", "2026-01-31T12:00:00Z"),
        ("--by hour", "day, week, month"),
        ("-o junit", "prometheus"),
        ("--html /no/such/folder/x.html", "cannot write to /no/such/folder/x.html"),
    ] {
        let arguments: Vec<&str> = ["stats"].into_iter().chain(arguments.split(' ')).collect();
        db.bursar(&arguments).exits(2).says(says);
    }
}

#[test]
fn what_a_role_may_not_read_is_skipped_and_said_everywhere() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let name = format!("{}_plain", db.name);
    db.sql(&format!("CREATE ROLE {name} LOGIN BYPASSRLS PASSWORD 'x'; GRANT SELECT ON users, payments TO {name}"));
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let asked = |arguments: &[&str]| -> Ran {
        let window = ["--from", "2026-10-01", "--to", "2026-11-01"];
        run(bursar().arg("stats").args(arguments).args(window).env("DATABASE_URL", db.url_as(&name)))
    };
    let table =
        asked(&["--html", page.to_str().unwrap()]).exits(6).says("tasks was skipped: ").says("permission denied");
    assert!(table.stdout.contains("signed up") && !table.stdout.contains("Clones"), "{}", table.stdout);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Incomplete: clones was skipped") && page.contains("<h2>Payments</h2>"));
    let json = asked(&["-o", "json"]).exits(6);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["complete"], false);
    let skipped: Vec<&str> =
        report["skipped"].as_array().unwrap().iter().map(|s| s["topic"].as_str().unwrap()).collect();
    // Payments are shown, without what bursar keeps.
    assert_eq!(skipped, ["activity", "clones", "payments", "tasks"]);
    let metrics = asked(&["-o", "prometheus"]).exits(6).stdout;
    assert!(metrics.contains("bursar_stats_topic_read{app=\"aethercrown\",topic=\"tasks\"} 0\n"));
    assert!(metrics.contains("bursar_stats_topic_read{app=\"aethercrown\",topic=\"users\"} 1\n"));
    assert!(
        report["skipped"][0]["hint"].as_str().unwrap().contains("GRANT bursar_auditor TO "),
        "{}",
        report["skipped"]
    );
    table.says("GRANT bursar_auditor TO ");
    // Where nothing is left to show, it is an error.
    asked(&["tasks"]).exits(4).says("cannot read tasks").says("42501");
    let all = asked(&["tasks", "clones"]).exits(4).says("cannot read clones").says("cannot read tasks");
    all.says("GRANT bursar_auditor TO");
    db.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
}

#[test]
fn payments_are_shown_without_the_refunds_that_a_role_may_not_read() {
    for app in sample(["mimivibe", "aethercrown"], 2) {
        let db = Db::new(Template::Seeded(app));
        refunded(&db);
        let name = format!("{}_plain", db.name);
        db.sql(&format!(
            "CREATE ROLE {name} LOGIN BYPASSRLS PASSWORD 'x'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"
        ));
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.html");
        let asked = |arguments: &[&str]| -> Ran {
            let window = ["payments", "--app", app, "--from", "2026-10-01", "--to", "2026-11-01"];
            run(bursar().arg("stats").args(window).args(arguments).env("DATABASE_URL", db.url_as(&name)))
        };
        let without = "payments is shown without bursar.refunds: this role has no right to read that";
        for rights in ["", "GRANT USAGE ON SCHEMA bursar TO"] {
            if !rights.is_empty() {
                db.sql(&format!("{rights} {name}"));
            }
            let table = asked(&["--html", page.to_str().unwrap()]).exits(6).says(without);
            let table = table.says(&format!("GRANT bursar_auditor TO {name}")).stdout;
            assert!(table.contains("gross") && !table.contains("paid back"), "{table}");
        }
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains(&format!("Incomplete: {without}")) && page.contains("<th scope=\"row\">gross</th>"));
        let report: serde_json::Value = serde_json::from_str(&asked(&["-o", "json"]).exits(6).stdout).unwrap();
        assert_eq!(report["complete"], false);
        let skipped = &report["skipped"][0];
        assert_eq!((&skipped["topic"], &skipped["without"][0]), (&"payments".into(), &"bursar.refunds".into()));
        assert_eq!(report["topics"][0]["topic"], "payments");
        let metrics = asked(&["-o", "prometheus"]).exits(6).stdout;
        let read: Vec<&str> = metrics.lines().filter(|l| l.starts_with("bursar_stats_topic_read")).collect();
        assert_eq!(read, [format!("bursar_stats_topic_read{{app=\"{app}\",topic=\"payments\"}} 0")]);
        assert!(metrics.contains("metric=\"gross\""), "{metrics}");
        // What is offered is enough.
        db.sql(&format!("GRANT bursar_auditor TO {name}"));
        assert!(asked(&[]).ok().stdout.contains("paid back"));
        db.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
    }
}

#[test]
fn an_incomplete_run_is_published_too_and_leaves_nothing_beside_it() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let name = format!("{}_plain", db.name);
    db.sql(&format!("CREATE ROLE {name} LOGIN BYPASSRLS PASSWORD 'x'; GRANT SELECT ON users TO {name}"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bursar.prom");
    std::fs::write(&file, "old").unwrap();
    let words = ["stats", "users", "tasks", "--quiet", "--prometheus", file.to_str().unwrap()];
    run(bursar().args(words).env("DATABASE_URL", db.url_as(&name))).exits(6).says("tasks was skipped");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# HELP bursar_stats ") && text.ends_with('\n'), "{text}");
    for (topic, read) in [("users", 1), ("tasks", 0)] {
        let line = format!("bursar_stats_topic_read{{app=\"aethercrown\",topic=\"{topic}\"}} {read}\n");
        assert!(text.contains(&line), "{text}");
    }
    // Where nothing could be read there is nothing to publish, and what was published grows old.
    let words = ["stats", "tasks", "--prometheus", file.to_str().unwrap()];
    run(bursar().args(words).env("DATABASE_URL", db.url_as(&name))).exits(4);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(beside, ["bursar.prom"]);
    // It is what standard output would have had.
    let window = ["users", "--from", "2026-10-01", "--to", "2026-11-01", "-o", "prometheus"];
    let ran = db.bursar(&[&["stats", "--prometheus", file.to_str().unwrap()], &window[..]].concat()).ok();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), ran.stdout);
    db.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
}

#[test]
fn rows_that_row_security_may_hide_are_spoken_of() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let name = format!("{}_plain", db.name);
    db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x'; GRANT SELECT ON users TO {name}"));
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let words = ["stats", "users", "-o", "json", "--html", page.to_str().unwrap()];
    let ran = run(bursar().args(words).env("DATABASE_URL", db.url_as(&name)));
    let report: serde_json::Value = serde_json::from_str(&ran.ok().says("may hide rows of users").stdout).unwrap();
    assert_eq!(report["may_hide"], serde_json::json!(["users"]));
    assert!(std::fs::read_to_string(page).unwrap().contains("may hide rows of users"));
    let gauge = "bursar_stats_rows_may_be_hidden{app=\"aethercrown\"}";
    let words = ["stats", "users", "-o", "prometheus"];
    let text = run(bursar().args(words).env("DATABASE_URL", db.url_as(&name))).ok().stdout;
    assert!(text.contains(&format!("{gauge} 1\n")), "{text}");
    assert!(db.bursar(&words).ok().stdout.contains(&format!("{gauge} 0\n")));
    db.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
}

#[test]
fn a_topic_that_does_not_do_what_it_has_to_is_named() {
    let db = facts();
    db.sql("INSERT INTO facts VALUES ('2026-10-05 12:00Z', 'a', NULL, 1), ('2026-10-05 12:00Z', 'a', NULL, 2)");
    for (sql, code, says) in [
        (
            "SELECT date_trunc($3, f.at, $4) AS at, f.metric, f.value, f.unit FROM facts f WHERE f.at >= $1 AND f.at < $2",
            2,
            "two rows for one metric",
        ),
        (
            "SELECT f.at, f.metric, sum(f.value) AS value, f.unit FROM facts f WHERE f.at >= $1 AND f.at < $2 AND $3 || $4 > '' GROUP BY 1, 2, 4",
            2,
            "begins no day of the window",
        ),
        (
            "SELECT now()::text AS at, f.metric, f.value, f.unit FROM facts f WHERE f.at >= $1 AND f.at < $2 AND $3 || $4 > '' LIMIT 1",
            2,
            "'at' is no timestamptz",
        ),
        ("SELECT now() AS at, f.nothing AS metric, 1 AS value, '' AS unit FROM facts f", 1, "stats/facts.sql"),
    ] {
        let folder = pack(sql);
        let app = folder.path().display().to_string();
        db.bursar(&["stats", "facts", "--trust-pack", "--app", &app, "--from", "2026-10-01", "--to", "2026-11-01"])
            .exits(code)
            .says(says);
    }
    let folder = pack(FACTS);
    std::fs::remove_dir_all(folder.path().join("stats")).unwrap();
    db.bursar(&["stats", "--app", &folder.path().display().to_string()]).exits(2).says("shop has no topics");
}
