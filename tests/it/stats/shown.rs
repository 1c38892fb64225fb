//! What people see: tables at any width, with colour and without, and amounts as their currency writes them.

use super::{FACTS, facts, metric, pack, report};
use crate::support::terminal::{Terminal, USUAL, WIDE, has_colour, plain};
use crate::support::{Db, Template};

const WINDOW: [&str; 6] = ["--from", "2026-10-01", "--to", "2026-11-01", "--tz", "Asia/Bangkok"];

#[test]
fn a_table_reads_well_at_any_width_with_colour_and_without() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let url = db.url();
    for (size, width) in [(USUAL, "usual"), (WIDE, "wide")] {
        for (colour, how) in [(&[][..], "coloured"), (&[("NO_COLOR", "1")], "plain")] {
            let words = [&["stats", "payments", "users", "--app", "mimivibe", "-d", &url], &WINDOW[..]].concat();
            let shown = Terminal::start(size, &words, colour).ends().exits(0);
            let text = shown.raw.replace('\r', "");
            assert_eq!(has_colour(&text), how == "coloured");
            for line in plain(&text).lines() {
                assert!(line.chars().count() <= usize::from(size.0), "{line}");
            }
            insta::assert_snapshot!(format!("stats_{width}_{how}"), text.replace('\x1b', "␛"));
        }
    }
}

#[test]
fn the_overview_has_every_topic() {
    for app in ["aethercrown", "organic-os"] {
        let db = Db::new(Template::Seeded(app));
        let ran = db.bursar(&[&["stats", "--by", "week"], &WINDOW[..]].concat()).ok();
        insta::assert_snapshot!(format!("stats_overview_of_{app}"), ran.stdout);
        assert_eq!(db.bursar(&[&["stats", "overview", "--by", "week"], &WINDOW[..]].concat()).ok().stdout, ran.stdout);
    }
}

#[test]
fn amounts_have_the_decimals_of_their_currency_and_other_units_their_own() {
    let db = Db::new(Template::Seeded("aethercrown"));
    for (currency, amount) in [("JPY", "50490"), ("USD", "1234567.5"), ("BHD", "10")] {
        db.sql(&format!(
            "INSERT INTO payments (user_id, order_id, amount, currency, status, completed_at, created_at)
             SELECT min(id::text)::uuid, '{currency}', {amount}, '{currency}', 'completed', '2027-01-05', '2027-01-05' FROM users"
        ));
    }
    let window = ["payments", "--from", "2027-01-01", "--to", "2027-02-01"];
    let table = db.bursar(&[&["stats"], &window[..]].concat()).ok().stdout;
    for expected in [" 50,490  JPY ", " 1,234,567.50  USD ", " 10.000  BHD "] {
        assert!(table.contains(expected), "{expected} is not in\n{table}");
    }
    let report = report(&db, &window);
    assert_eq!(metric(&report, "payments", "gross", Some("USD"))["value"], "1234567.50");
}

/// The changes of a table: a line for each metric.
fn changes(db: &Db, more: &[&str]) -> String {
    let folder = pack(FACTS);
    let app = folder.path().display().to_string();
    let window = ["stats", "--trust-pack", "--app", &app, "--from", "2026-10-11", "--to", "2026-10-21"];
    let shown = db.bursar(&[&window, more].concat()).ok().stdout;
    shown.lines().skip(5).map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_change_is_told_by_a_sign_and_there_is_no_percent_of_nothing() {
    let db = facts();
    db.sql(
        "INSERT INTO facts SELECT d::timestamptz, metric, NULL, value FROM (VALUES
             ('2026-10-15', 'a up', 12.5), ('2026-10-05', 'a up', 10),
             ('2026-10-15', 'b down', -1), ('2026-10-05', 'b down', 2),
             ('2026-10-15', 'c same', 3.0), ('2026-10-05', 'c same', 3),
             ('2026-10-15', 'd from zero', 7), ('2026-10-05', 'd from zero', 0),
             ('2026-10-15', 'e from nothing', 7),
             ('2026-10-05', 'f gone', 1234),
             ('2026-10-15', 'g below zero', -5), ('2026-10-05', 'g below zero', -10),
             ('2026-10-15', 'h large', 123456789012345678901234567890), ('2026-10-05', 'h large', 1),
             ('2026-10-15', 'i strange', 'NaN'), ('2026-10-05', 'i strange', 1),
             ('2026-10-15', 'j endless', 'Infinity'), ('2026-10-05', 'j endless', '-Infinity')
         ) AS v (d, metric, value)",
    );
    let lines = changes(&db, &["--by", "month"]);
    let expected = "a up 12.5 ▲ +2.5 (+25.0 %) █
b down -1 ▼ -3 (-150.0 %) ▁
c same 3.0 = same █
d from zero 7 ▲ +7 (was 0) █
e from nothing 7 ▲ new █
f gone – ▼ none, was 1,234 ·
g below zero -5 ▲ +5 (+50.0 %) ▁
h large 123,456,789,012,345,678,901,234,567,890 ▲ +123,456,789,012,345,678,901,234,567,889 (+12,345,678,901,234,567,890,123,456,788,900.0 %) █
i strange NaN ? NaN ·
j endless Infinity ? Infinity ·";
    assert_eq!(lines, expected);
}

#[test]
fn a_list_that_is_cut_says_so() {
    let db = facts();
    db.sql("INSERT INTO facts SELECT '2026-10-15', 'metric ' || n, NULL, n FROM generate_series(1, 1234) AS n");
    let cut = changes(&db, &[]);
    assert!(cut.ends_with("showing 20 of 1,234 metrics of facts; --limit 0 for all"), "{cut}");
    assert_eq!(changes(&db, &["--limit", "0"]).lines().count(), 1234);
    // Three metrics, an empty line, and the note.
    assert_eq!(changes(&db, &["--limit", "3"]).lines().count(), 5);
}

#[test]
fn the_page_is_complete_in_itself() {
    let db = Db::new(Template::Seeded("avolve"));
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let ran = db.bursar(&[&["stats", "--html", page.to_str().unwrap()], &WINDOW[..]].concat()).ok();
    assert!(ran.stdout.starts_with("avolve: "), "the table is written too");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    let network = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for outside in ["http:", "https:", "//", "<script", "<link", "@import", "url(", "src="] {
        assert!(!network.contains(outside), "{outside}");
    }
    for expected in [
        "prefers-color-scheme: dark",
        "@media print",
        "2026-10-01 until 2026-11-01, by day, Asia/Bangkok",
        "Changes are against 2026-08-31 until 2026-10-01.",
        "<h2>Tokens</h2>",
        "<th scope=\"row\">new users</th>",
        "▲ +",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    let count = |text: &str| page.matches(text).count();
    assert_eq!(
        [count("<svg role=\"img\" aria-label="), count("<title>"), count("</figure>")],
        [count("<figure>"), count("<figure>") + 1, count("<figure>")]
    );
    // Each metric has its row, its chart, and a bar for each day on which there was something.
    let report = report(&db, &WINDOW);
    let metrics: Vec<_> =
        report["topics"].as_array().unwrap().iter().flat_map(|t| t["metrics"].as_array().unwrap()).collect();
    assert_eq!((count("<th scope=\"row\">"), count("<figure>")), (metrics.len(), metrics.len()));
    let bars: usize =
        metrics.iter().map(|m| m["series"].as_array().unwrap().iter().filter(|v| !v.is_null()).count()).sum();
    assert_eq!(count("<rect "), bars);
}
