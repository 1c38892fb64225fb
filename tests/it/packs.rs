//! Packs: every SQL text fits the schema it is for, and a pack that is wrong says where.

use std::path::Path;

use bursar::packs;

use crate::support::{Db, Template, file, wait};

#[test]
fn every_query_of_every_built_in_pack_fits_its_migrated_schema() {
    for pack in packs::built_in().unwrap() {
        let db = Db::new(Template::Migrated(Box::leak(pack.name.clone().into_boxed_str())));
        assert!(!pack.checks.is_empty());
        wait(async {
            let mut connection = db.connect().await;
            packs::verify(&mut connection, &pack).await
        })
        .unwrap_or_else(|e| panic!("{e}"));
    }
}

/// A copy of a built-in pack's folder, as somebody would make one of their own.
fn copied(to: &Path) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else if entry.path().extension().is_some_and(|e| e != "rs") {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    copy(&file("src/packs/mimivibe"), to);
}

#[test]
fn a_pack_on_disk_works_as_a_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    copied(&mine);
    let manifest = std::fs::read_to_string(mine.join("pack.toml")).unwrap().replace("name = \"mimivibe\"", "name = \"mine\"");
    std::fs::write(mine.join("pack.toml"), manifest).unwrap();
    let db = Db::new(Template::Dump("mimivibe-faulty.sql.gz"));
    let report = db.json(&["audit", "-o", "json", "--app", mine.to_str().unwrap()]);
    assert_eq!(report["app"], "mine");
    assert_eq!(report["findings"].as_array().unwrap().len(), 12);
}

#[test]
fn a_pack_that_is_wrong_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    let path = mine.to_str().unwrap();
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    let audit = |says: &str| {
        db.bursar(&["audit", "--app", path]).exits(2).says(says);
    };
    copied(&mine);
    let check = mine.join("checks/jobs.stuck.sql");
    let good = std::fs::read_to_string(&check).unwrap();

    std::fs::write(&check, good.replace("visibility_timeout_secs", "visibility")).unwrap();
    let line = 1 + good.lines().position(|l| l.contains("visibility_timeout_secs")).unwrap();
    audit(&format!("checks/jobs.stuck.sql:{line}:"));
    audit("42703");

    std::fs::write(&check, good.replace("AS message", "AS remark")).unwrap();
    audit("returns no column 'message'");
    std::fs::write(&check, good.replace("-- severity: warn", "-- severity: dire")).unwrap();
    audit("severity is 'dire'");
    std::fs::write(&check, good.replace("-- title", "-- heading")).unwrap();
    audit("lacks `-- title: …`");
    std::fs::write(&check, &good).unwrap();

    let manifest = mine.join("pack.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("title =", "titel =")).unwrap();
    audit("pack.toml");
    std::fs::remove_file(&manifest).unwrap();
    audit("holds no pack.toml");
}

#[test]
fn a_query_of_a_pack_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    copied(&mine);
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    db.sql("CREATE FUNCTION grab() RETURNS text LANGUAGE sql AS 'UPDATE users SET star_balance = 1000000 RETURNING ''x''::text'");
    let check = mine.join("checks/jobs.stuck.sql");
    let header: String = std::fs::read_to_string(&check).unwrap().lines().filter(|l| l.starts_with("--")).flat_map(|l| [l, "\n"]).collect();
    std::fs::write(&check, format!("{header}SELECT 'a' AS table_name, grab() AS key, 'a' AS account, 'a' AS unit, 'a' AS expected, 'b' AS actual, 'c' AS message")).unwrap();
    let ran = db.bursar(&["audit", "--app", mine.to_str().unwrap()]).exits(6);
    assert!(ran.stdout.contains("25006"), "{}", ran.stdout);
    assert_eq!(db.value("SELECT count(*) FROM users WHERE star_balance = 1000000"), "0");
}

#[test]
fn an_unknown_pack_is_named_with_those_that_there_are() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    db.bursar(&["audit", "--app", "nonsense"]).exits(2).says("no pack 'nonsense'").says("mimivibe");
    db.bursar(&["audit", "--app", "./nonsense"]).exits(2).says("cannot read ./nonsense");
}
