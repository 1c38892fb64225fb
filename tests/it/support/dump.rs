//! Loads a plain SQL dump as psql would, so that the suite needs no psql: statements, and the data
//! that follows `COPY … FROM stdin;` up to `\.`.

use std::io::Read as _;

use sqlx::AssertSqlSafe;

/// Loads `tests/data/<file>` into the database.
pub async fn load(url: &str, file: &str) {
    let packed = std::fs::File::open(super::file("tests/data").join(file)).expect("the dump");
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).expect("a gzip of UTF-8");
    let mut connection = super::connect(url).await;
    let mut sql = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with('\\') {
            continue;
        }
        if line.starts_with("COPY ") {
            sqlx::raw_sql(AssertSqlSafe(std::mem::take(&mut sql))).execute(&mut connection).await.expect("statements");
            let data: String = lines.by_ref().take_while(|l| *l != "\\.").flat_map(|l| [l, "\n"]).collect();
            let mut copy = connection.copy_in_raw(line).await.expect("COPY");
            copy.send(data.as_bytes()).await.expect("rows");
            copy.finish().await.expect("rows");
        } else {
            sql.push_str(line);
            sql.push('\n');
        }
    }
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("statements");
}
