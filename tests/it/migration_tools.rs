//! Databases that other tools have migrated themselves: bursar takes over what these leave behind, goes on, and goes back.
//!
//! `make test-migration-tools` installs the tools. goose, golang-migrate and Flyway come from no registry that the project installs from,
//! and diesel takes long to build: their histories are made by hand in `formats_of_tools`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::formats_of_tools::MADE;
use crate::support::{Db, Ran, Template, bursar, file, run};

/// Whether the tools were asked for: they are installed from npm and Debian.
fn asked_for() -> bool {
    std::env::var_os("BURSAR_MIGRATION_TOOLS").is_some()
}

fn installed(name: &str) -> PathBuf {
    file("target/bench-tools").join(name)
}

/// The URL as tools in Go and JavaScript take it.
fn url(db: &Db) -> String {
    let url = db.url();
    format!("{url}{}sslmode=disable", if url.contains('?') { "&" } else { "?" })
}

fn dbmate(db: &Db, source: &Path) {
    let mut dbmate = Command::new(installed("node_modules/.bin/dbmate"));
    run(dbmate.args(["--no-dump-schema", "--url", &url(db), "--migrations-dir"]).arg(source).arg("up")).ok();
}

fn sql_migrate(db: &Db, source: &Path) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("dbconfig.yml");
    let text = format!("ours:\n  dialect: postgres\n  datasource: \"{}\"\n  dir: {}\n", url(db), source.display());
    std::fs::write(&config, text).unwrap();
    run(Command::new(installed("debian/usr/bin/sql-migrate")).args(["up", "-env=ours", "-config"]).arg(config)).ok();
}

/// Its engine in WebAssembly, which comes with the package: the one in machine code would be downloaded. It parts a file at each
/// semicolon, so that it stops at the body of a function.
fn by_prisma(db: &Db, source: &Path) -> Ran {
    // Its packages are found from where its configuration is.
    let home = tempfile::tempdir_in(installed("")).unwrap();
    let (schema, config) = (home.path().join("schema.prisma"), home.path().join("prisma.config.ts"));
    std::fs::write(&schema, "datasource db {\n  provider = \"postgresql\"\n  url = \"postgres://unused\"\n}\n")
        .unwrap();
    let text = format!(
        "import {{ defineConfig }} from 'prisma/config'\nimport {{ PrismaPg }} from '@prisma/adapter-pg'\n\
         export default defineConfig({{ experimental: {{ adapter: true }}, engine: 'js', schema: '{}', migrations: {{ path: '{}' }},\n\
         adapter: async () => new PrismaPg({{ connectionString: process.env.DATABASE_URL }}) }})\n",
        schema.display(),
        source.display()
    );
    std::fs::write(&config, text).unwrap();
    let mut prisma = Command::new(installed("node_modules/.bin/prisma"));
    prisma.args(["migrate", "deploy", "--config"]).arg(&config).current_dir(home.path());
    // It looks whether these are there, and does not use them.
    for engine in ["PRISMA_QUERY_ENGINE_LIBRARY", "PRISMA_SCHEMA_ENGINE_BINARY"] {
        prisma.env(engine, &config);
    }
    run(prisma.env("DATABASE_URL", url(db)).env("CHECKPOINT_DISABLE", "1"))
}

fn prisma(db: &Db, source: &Path) {
    by_prisma(db, source).ok();
}

fn drizzle(db: &Db, source: &Path) {
    const SCRIPT: &str = "const { drizzle } = require('drizzle-orm/node-postgres'), { migrate } = require('drizzle-orm/node-postgres/migrator');
        const pool = new (require('pg').Pool)({ connectionString: process.env.DATABASE_URL });
        migrate(drizzle(pool), { migrationsFolder: process.argv[1] }).then(() => pool.end());";
    let mut node = Command::new("node");
    run(node.args(["-e", SCRIPT]).arg(source).current_dir(installed("")).env("DATABASE_URL", url(db))).ok();
}

fn supabase(db: &Db, source: &Path) {
    let home = source.parent().unwrap().parent().unwrap();
    // It wants a host and a password, and goes to the socket all the same.
    let mut url = url::Url::parse(&url(db)).unwrap();
    url.set_host(Some("localhost")).unwrap();
    url.set_username("postgres").unwrap();
    url.set_password(Some("x")).unwrap();
    let mut supabase = Command::new(installed("node_modules/.bin/supabase"));
    supabase.args(["migration", "up", "--db-url", url.as_str(), "--workdir"]).arg(home);
    run(supabase.env("DO_NOT_TRACK", "1").env("HOME", home)).ok();
}

/// A tool, the folder of its format, how many of its migrations it runs first, whether it can run all itself, and whether
/// the format has ways back.
type Tool = (&'static str, fn(&Db, &Path), &'static str, usize, bool, bool);

const TOOLS: [Tool; 5] = [
    ("dbmate", dbmate, "dbmate", 3, true, true),
    ("sql-migrate", sql_migrate, "sql-migrate", 2, true, true),
    ("prisma", prisma, "prisma", 1, false, false),
    // These two run each file in a transaction, in which no index is built concurrently.
    ("drizzle", drizzle, "drizzle", 2, false, false),
    ("supabase", supabase, "supabase/migrations", 2, false, false),
];

/// A copy of a folder, with so many of its migrations.
fn copy(folder: &str, first: usize) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join(folder);
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    run(Command::new("cp").arg("-r").arg(file("tests/data/formats").join(folder)).arg(&at)).ok();
    let mut all: Vec<PathBuf> = std::fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with(|c: char| c.is_ascii_digit()));
    all.sort();
    for path in all.iter().skip(first) {
        run(Command::new("rm").arg("-r").arg(path)).ok();
    }
    let journal = at.join("meta/_journal.json");
    if let Ok(text) = std::fs::read_to_string(&journal) {
        let mut read: serde_json::Value = serde_json::from_str(&text).unwrap();
        read["entries"].as_array_mut().unwrap().truncate(first);
        std::fs::write(&journal, read.to_string()).unwrap();
    }
    (home, at)
}

fn migrate(db: &Db, source: &Path, arguments: &[&str]) -> Ran {
    run(bursar().arg("migrate").args(arguments).arg("--source").arg(source).args(["-d", &db.url()]))
}

#[test]
fn what_a_tool_has_migrated_itself_is_taken_over_and_goes_on_and_back() {
    if !asked_for() {
        return;
    }
    for (tool, runs, folder, some, runs_all, goes_back) in TOOLS {
        let (db, peer) = (Db::new(Template::Bursar), Db::new(Template::Bursar));
        let ((_first, first), (_whole, whole)) = (copy(folder, some), copy(folder, usize::MAX));
        runs(&db, &first);
        let made = db.value(MADE);
        assert!(made.starts_with("gift_cards "), "{tool}: {made}");
        migrate(&db, &whole, &["up", "--yes"]).exits(4).says("is pending here; nothing was applied");
        migrate(&db, &whole, &["import", "--history", "--yes"]).ok();
        migrate(&db, &first, &["status", "--check"]).ok();
        assert_eq!(db.value(MADE), made, "{tool}");
        migrate(&db, &whole, &["up", "--yes"]).ok();
        match runs_all {
            true => runs(&peer, &whole),
            false => drop(migrate(&peer, &whole, &["up", "--yes"]).ok()),
        }
        assert_eq!(db.value(MADE), peer.value(MADE), "{tool}");
        let count = "SELECT count(*) FROM gift_cards";
        assert_eq!(db.value(count), peer.value(count), "{tool}");
        if goes_back {
            migrate(&db, &whole, &["down", "--yes", "--to", "0"]).ok();
            assert_eq!(db.value(MADE).trim(), "", "{tool}");
        }
    }
    // What prisma has begun and not ended is nobody's to take over.
    let db = Db::new(Template::Bursar);
    let (_whole, whole) = copy("prisma", usize::MAX);
    by_prisma(&db, &whole).exits(1);
    migrate(&db, &whole, &["import", "--history", "--yes"]).exits(4).says("has not finished 20260102000000_redeem");
    migrate(&db, &whole, &["up", "--yes"]).exits(4).says("has not finished 20260102000000_redeem");
}

/// sql-migrate goes by the number that a name begins with, and not by the name as a text.
#[test]
fn files_run_in_the_order_in_which_sql_migrate_runs_them() {
    if !asked_for() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let names = ["10_tenth.sql", "2_second.sql", "0003_third.sql", "1_first.sql"];
    for name in names {
        let text = format!(
            "-- +migrate Up\nINSERT INTO ran (name) VALUES ('{name}');\n\n-- +migrate Down\nDELETE FROM ran;\n"
        );
        std::fs::write(home.path().join(name), text).unwrap();
    }
    let (db, peer) = (Db::new(Template::Bursar), Db::new(Template::Bursar));
    for db in [&db, &peer] {
        db.sql("CREATE TABLE ran (place serial, name text)");
    }
    sql_migrate(&peer, home.path());
    migrate(&db, home.path(), &["up", "--yes"]).ok();
    let order = |db: &Db| db.value("SELECT string_agg(name, ' ' ORDER BY place) FROM ran");
    assert_eq!(order(&peer), "1_first.sql 2_second.sql 0003_third.sql 10_tenth.sql");
    assert_eq!(order(&db), order(&peer));
}
