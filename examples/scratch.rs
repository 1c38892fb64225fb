#![allow(clippy::disallowed_macros)]
use bursar::migrate::lint::{Choice, Input, lint};
use squawk_syntax::SourceFile;
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: usize = args[2].parse().unwrap();
    let text = match args[1].as_str() {
        "inserts" => (0..n).map(|i| format!("INSERT INTO t (a, b) VALUES ({i}, 'x{i}');\n")).collect::<String>(),
        "plus" => format!("SELECT {};", vec!["1"; n].join(" + ")),
        "concat" => format!("SELECT {};", vec!["'a'"; n].join(" || ")),
        "paren" => format!("SELECT {}1{};", "(".repeat(n), ")".repeat(n)),
        "select" => format!("SELECT {}1{};", "(select ".repeat(n), ")".repeat(n)),
        "case" => format!("SELECT {}1{};", "case when ".repeat(n), " then 1 end".repeat(n)),
        "array" => format!("SELECT {}1{};", "array[".repeat(n), "]".repeat(n)),
        "and" => format!("SELECT 1 WHERE {};", vec!["a = 1"; n].join(" AND ")),
        "not" => format!("SELECT {} true;", "not ".repeat(n)),
        "minus" => format!("SELECT {} 1;", "- ".repeat(n)),
        "cast" => format!("SELECT 1{};", "::int".repeat(n)),
        "index" => format!("SELECT a{};", "[1]".repeat(n)),
        "dot" => format!("SELECT a{};", ".b".repeat(n)),
        "union" => vec!["SELECT 1"; n].join(" UNION ALL ") + ";",
        "join" => format!("SELECT 1 FROM a{};", " JOIN b USING (c)".repeat(n)),
        "body" => {
            format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {}1{} $$;", "(".repeat(n), ")".repeat(n))
        }
        "plbody" => format!(
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN {}{} END $$;",
            "IF a THEN ".repeat(n),
            " END IF;".repeat(n)
        ),
        "values" => format!("INSERT INTO t VALUES {};", vec!["(1, 'x', now())"; n].join(", ")),
        "in" => format!("SELECT 1 WHERE a IN ({});", vec!["1"; n].join(", ")),
        "pct" => format!("CREATE TABLE t ({});", (0..n).map(|i| format!("c{i} int")).collect::<Vec<_>>().join(", ")),
        "explain" => format!("{}SELECT 1;", "EXPLAIN ".repeat(n)),
        "typ" => format!("SELECT 1::int{};", "[]".repeat(n)),
        "from" => format!("SELECT 1 FROM {}a{};", "(".repeat(n), " JOIN b ON true)".repeat(n)),
        _ => panic!(),
    };
    let stack: usize = args[3].parse().unwrap();
    let what = args.get(4).cloned().unwrap_or_default();
    std::thread::Builder::new()
        .stack_size(stack << 20)
        .spawn(move || {
            let t = Instant::now();
            if what == "parse" {
                let p = SourceFile::parse(&text);
                println!("parse {:?}", t.elapsed());
                let t = Instant::now();
                let e = p.errors().len();
                println!("errors {e} {:?}", t.elapsed());
                let t = Instant::now();
                for rule in squawk_linter::Linter::with_rules(&[], &[]).rules {
                    let t = Instant::now();
                    let mut l = {
                        let mut l = squawk_linter::Linter::with_rules(&[], &[]);
                        l.rules = std::iter::once(rule).collect();
                        l
                    };
                    let n = l.lint(&p, &text).len();
                    if t.elapsed().as_millis() > 100 {
                        println!("  {rule} {n} {:?}", t.elapsed());
                    }
                }
                println!("rules {:?}", t.elapsed());
                let t = Instant::now();
                drop(p);
                println!("drop {:?}", t.elapsed());
            } else {
                let r = lint(&[Input { file: "1_a.sql".into(), bytes: text.into_bytes() }], &Choice::default());
                println!("lint {} hits {:?}", r.hits.len(), t.elapsed());
            }
        })
        .unwrap()
        .join()
        .unwrap();
}
