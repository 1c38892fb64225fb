//! Metrics and units come from data, so anything may be in them.

use std::collections::BTreeSet;

use super::{FACTS, facts, pack};
use crate::support::terminal::{Terminal, USUAL};
use crate::support::{Db, Ran};

/// What somebody may have put where a name is expected.
const HOSTILE: [&str; 14] = [
    "\x1b[2J\x1b[31mred\x07",
    "\u{202e}desrever\u{2066}",
    "שלום עולם",
    "ดวงชะตา 🌙👩‍👩‍👧 e\u{301}",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+1+1",
    "@SUM(A1)",
    "</script><script>alert(1)</script>",
    "</title></svg><img src=x onerror=alert(1)>",
    "\" onload=\"alert(1)",
    "a\"b\\c\nd\r\te{f}='g'",
    "&lt;&amp;",
    "",
    "{refunds}",
];

fn world() -> (Db, tempfile::TempDir, String) {
    let db = facts();
    for (n, text) in HOSTILE.iter().enumerate() {
        let literal = text.replace('\'', "''");
        db.sql(&format!("INSERT INTO facts VALUES ('2026-10-05', '{literal}', '{literal}', {n}), ('2026-09-05', '{literal}', '{literal}', 1)"));
    }
    db.sql(&format!(
        "INSERT INTO facts VALUES ('2026-10-05', '{}', '{}', 1)",
        "long ".repeat(2_000),
        "x".repeat(3_000)
    ));
    let folder = pack(FACTS);
    let app = folder.path().display().to_string();
    (db, folder, app)
}

fn asked(db: &Db, app: &str, more: &[&str]) -> Ran {
    db.bursar(
        &[&["stats", "--trust-pack", "--app", app, "--from", "2026-10-01", "--to", "2026-11-01", "--limit", "0"], more]
            .concat(),
    )
    .ok()
}

#[test]
fn a_table_stays_a_table() {
    let (db, _folder, app) = world();
    let table = asked(&db, &app, &[]).stdout;
    assert!(
        table.contains("\\u{1b}[2J\\u{1b}[31mred\\u{7}")
            && table.contains("\\u{202e}desrever")
            && table.contains("\\nd\\u{d}\\te"),
        "{table}"
    );
    assert!(!table.contains(['\x1b', '\x07', '\r', '\u{202e}', '\u{2066}']));
    // Five lines above the metrics.
    assert_eq!(table.lines().count(), 5 + HOSTILE.len() + 1, "{table}");
    let url = db.url();
    let words = ["stats", "--trust-pack", "--app", &app, "--from", "2026-10-01", "--to", "2026-11-01", "-d", &url];
    let shown = Terminal::start(USUAL, &words, &[("NO_COLOR", "1")]).ends().exits(0);
    assert!(!shown.raw.contains(['\x1b', '\x07', '\u{202e}']), "{:?}", shown.raw);
}

#[test]
fn csv_runs_no_formula() {
    let (db, _folder, app) = world();
    let text = asked(&db, &app, &["-o", "csv", "--by", "month"]).stdout;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["topic", "metric", "unit", "span", "from", "to", "value"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    // A month, the window, and but for the long one the window before.
    assert_eq!(rows.len(), 3 * HOSTILE.len() + 2);
    let metrics: BTreeSet<&str> = rows.iter().map(|r| &r[1]).collect();
    for text in HOSTILE {
        let expected = if text.starts_with(['=', '+', '@']) { format!("'{text}") } else { text.to_owned() };
        assert!(metrics.contains(expected.as_str()), "{text:?}");
    }
    assert!(rows.iter().all(|row| row.iter().all(|cell| !cell.starts_with(['=', '+', '@', '-']))));
    let window: Vec<&str> = rows.iter().find(|r| &r[3] == "previous").unwrap().iter().skip(4).collect();
    assert_eq!(window, ["2026-08-31T00:00:00Z", "2026-10-01T00:00:00Z", "1"]);
}

#[test]
fn json_holds_everything_as_it_is() {
    let (db, _folder, app) = world();
    let lines = asked(&db, &app, &["-o", "ndjson"]).stdout;
    let metrics: Vec<serde_json::Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for (n, text) in HOSTILE.iter().enumerate() {
        let found = metrics.iter().find(|m| m["metric"] == *text).unwrap();
        assert_eq!(
            [&found["type"], &found["topic"], &found["unit"], &found["value"]],
            ["metric", "facts", *text, n.to_string().as_str()]
        );
    }
}

/// The labels of a line of the exposition format, read as its definition says.
fn labels(line: &str) -> Vec<(String, String)> {
    let (_, mut rest) = line.split_once('{').unwrap();
    let mut found = Vec::new();
    loop {
        let (name, value) = rest.split_once("=\"").unwrap();
        let mut text = String::new();
        let mut chars = value.char_indices();
        let end = loop {
            match chars.next().expect("the label ends") {
                (_, '\\') => match chars.next().unwrap().1 {
                    'n' => text.push('\n'),
                    c @ ('\\' | '"') => text.push(c),
                    other => panic!("\\{other} means nothing"),
                },
                (at, '"') => break at,
                (_, c) => text.push(c),
            }
        };
        found.push((name.to_owned(), text));
        rest = &value[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    assert!(regex::Regex::new(r"^\} (-?\d+(\.\d+)?|NaN|[+-]Inf)$").unwrap().is_match(rest), "{rest}");
    found
}

#[test]
fn prometheus_reads_every_label_as_it_was() {
    let (db, _folder, app) = world();
    db.sql("INSERT INTO facts VALUES ('2026-10-05', 'endless', NULL, 'Infinity'), ('2026-10-05', 'below', NULL, '-Infinity'), ('2026-10-05', 'none', NULL, 'NaN')");
    let text = asked(&db, &app, &["-o", "prometheus"]).stdout;
    assert!(text.ends_with('\n'));
    let mut seen = BTreeSet::new();
    let mut typed = BTreeSet::new();
    for line in text.split('\n').filter(|l| !l.is_empty()) {
        if let Some(comment) = line.strip_prefix("# ") {
            let words: Vec<&str> = comment.splitn(3, ' ').collect();
            assert!(matches!(words[..], ["HELP", _, _] | ["TYPE", _, "gauge"]), "{line}");
            typed.insert(words[1].to_owned());
            continue;
        }
        let name = line.split('{').next().unwrap();
        assert!(typed.contains(name), "{line}");
        assert!(seen.insert((name.to_owned(), labels(line))), "twice: {line}");
    }
    for text in HOSTILE {
        let unit = ("unit".to_owned(), text.to_owned());
        assert!(
            seen.iter().any(|(_, l)| l.contains(&("metric".to_owned(), text.to_owned())) && l.contains(&unit)),
            "{text:?}"
        );
    }
    for (metric, value) in [("endless", "+Inf"), ("below", "-Inf"), ("none", "NaN")] {
        assert!(
            text.contains(&format!("bursar_stats{{app=\"shop\",topic=\"facts\",metric=\"{metric}\"}} {value}\n")),
            "{text}"
        );
    }
    assert!(text.contains("bursar_stats_window_start_timestamp_seconds{app=\"shop\"} 1790812800\n"), "{text}");
    assert!(text.contains("bursar_stats_window_end_timestamp_seconds{app=\"shop\"} 1793491200\n"), "{text}");
}

#[test]
fn a_page_takes_nothing_for_markup() {
    let (db, folder, app) = world();
    db.sql("INSERT INTO facts VALUES ('2026-10-05', 'endless', NULL, 'Infinity'), ('2026-10-06', 'huge', NULL, 1e300), ('2026-10-06', 'below', NULL, -5)");
    let page = folder.path().join("page.html");
    asked(&db, &app, &["--html", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    for markup in ["<script", "<img", "</script", "\" onload", "&lt;&amp;</", "\x1b", "\u{202e}", "\r"] {
        assert!(!page.contains(markup), "{markup:?}");
    }
    for text in [
        "&#60;/script&#62;&#60;script&#62;alert(1)&#60;/script&#62;",
        "aria-label=\"&#34; onload=&#34;alert(1) by day\"",
        "&#38;lt;&#38;amp;",
        "ดวงชะตา 🌙",
        "\\u{202e}desrever",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // What is left of it is made of the page's own elements alone.
    let elements: BTreeSet<String> =
        regex::Regex::new(r"<([a-zA-Z0-9]+)").unwrap().captures_iter(&page).map(|c| c[1].to_owned()).collect();
    let own = "body div figcaption figure h1 h2 head html line meta p rect span style svg table tbody td text th thead title tr";
    assert_eq!(elements.into_iter().collect::<Vec<_>>().join(" "), own);
}
