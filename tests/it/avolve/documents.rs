//! The defects of the two documents, run as they were written.
//!
//! The first line of a file says what is expected of it: `-- expect: SQLSTATE`, with which its last
//! statement fails, or `-- expect: wrong WHAT`, where its last statement returns true. How each was
//! mended is what the tests of the functions and of the grants show.

use sqlx::{AssertSqlSafe, Row as _};

use crate::support::{Db, Template, file, wait};

#[test]
fn every_defect_of_the_documents_can_be_reproduced() {
    let entries = std::fs::read_dir(file("tests/it/documents/avolve")).expect("the folder of the documents");
    let mut documents: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    documents.sort();
    assert!(documents.len() >= 21, "{} documents", documents.len());
    for path in documents {
        let (name, sql) = (path.display().to_string(), std::fs::read_to_string(&path).expect("SQL in UTF-8"));
        let first = sql.lines().next().unwrap_or_default();
        let expected = first.strip_prefix("-- expect: ").unwrap_or_else(|| panic!("{name} begins with: {first}"));
        let end = sql.trim_end().trim_end_matches(';');
        let (before, last) = end.rsplit_once(";\n").map_or(("", end), |(before, last)| (before, last));
        assert!(!last.contains("$$"), "{name}: the last statement cannot be told: {last}");
        let db = Db::new(Template::Empty);
        assert_eq!(db.sqlstate(before), "00000", "{name}, before its last statement");
        if let Some(what) = expected.strip_prefix("wrong ") {
            // Settings belong to a session, so the last statement is run in that of the ones before it.
            let sql = format!("{last};");
            let session: String = before.lines().filter(|l| l.starts_with("SET ")).map(|l| format!("{l}\n")).collect();
            let row = wait(async {
                let mut connection = db.connect().await;
                sqlx::raw_sql(AssertSqlSafe(session)).execute(&mut connection).await.expect("settings");
                sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut connection).await
            });
            let row = row.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(row.get::<bool, _>(0), "{name} is not wrong any more: {what}");
        } else {
            assert_eq!(db.sqlstate(last), expected, "{name}");
        }
    }
}
