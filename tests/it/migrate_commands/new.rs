//! `bursar migrate new`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Files;
use crate::support::{Ran, bursar, run};

fn new(home: &Path, arguments: &[&str]) -> Ran {
    run(bursar().args(["migrate", "new"]).args(arguments).current_dir(home))
}

fn named(ran: &Ran) -> Vec<String> {
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn it_is_written_behind_the_latest_in_a_directory_that_is_made() {
    let home = Files::none();
    let ran = new(home.path(), &["add_gift_cards"]).ok();
    let (version, rest) = ran.stdout.trim().strip_prefix("migrations/").unwrap().split_once('_').unwrap();
    assert_eq!((version.len(), rest), (14, "add_gift_cards.sql"));
    assert!(version.starts_with("20"), "{version}");
    let text = std::fs::read_to_string(home.path().join(ran.stdout.trim())).unwrap();
    assert_eq!(text, "-- add gift cards.\n");

    std::fs::write(home.path().join("migrations/29990101000000_from_the_future.sql"), "SELECT 1").unwrap();
    let ran = new(home.path(), &["next", "--reversible"]).ok();
    assert_eq!(named(&ran), ["migrations/29990101000001_next.up.sql", "migrations/29990101000001_next.down.sql"]);
    let elsewhere = home.path().join("db/migrations");
    let ran = new(home.path(), &["first", "--source", elsewhere.to_str().unwrap()]).ok();
    assert!(Path::new(ran.stdout.trim()).is_file(), "{ran:?}");
}

#[test]
fn two_of_one_second_get_two_versions_and_the_directory_stays_one_that_can_be_run() {
    let home = Files::none();
    let made: Vec<_> = (0..3).flat_map(|_| named(&new(home.path(), &["same"]).ok())).collect();
    assert_eq!(std::collections::BTreeSet::from_iter(&made).len(), 3, "{made:?}");
    assert!(made.is_sorted(), "{made:?}");
}

#[test]
fn a_name_that_is_none_is_refused_with_one_that_is() {
    let home = Files::none();
    for (wrong, better) in [("Add Gift-Cards", "add_gift_cards"), ("../x", "x"), ("a/b", "a_b"), ("ü", "add_index")] {
        new(home.path(), &[wrong])
            .exits(2)
            .says("is not in snake_case")
            .says(&format!("try: bursar migrate new {better}"));
    }
    new(home.path(), &["A", "--source", "a b"]).exits(2).says("try: bursar migrate new --source 'a b' a");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_that_cannot_be_written_or_is_misnamed_inside_is_said() {
    let home = Files::none();
    std::fs::write(home.path().join("migrations"), "a file").unwrap();
    new(home.path(), &["x"]).exits(1).says("cannot make migrations");
    std::fs::remove_file(home.path().join("migrations")).unwrap();
    std::fs::create_dir(home.path().join("migrations")).unwrap();
    home.write("migrations/2025", "");
    new(home.path(), &["x"]).exits(2).says("migrations holds migrations of another format (plain numbers)");
    std::fs::remove_file(home.path().join("migrations/2025.sql")).unwrap();
    let closed = home.path().join("migrations");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Nothing is closed to root.
    if !nix::unistd::geteuid().is_root() {
        new(home.path(), &["x"]).exits(1).says("cannot write migrations/");
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn beside_pairs_it_is_a_pair() {
    let files =
        Files::of(&[("20260101000000_a.up", "CREATE TABLE a (id int);"), ("20260101000000_a.down", "DROP TABLE a;")]);
    let made = named(&new(files.path(), &["next", "--source", files.name()]).ok());
    assert!(made.len() == 2 && made[0].ends_with("_next.up.sql") && made[1].ends_with("_next.down.sql"), "{made:?}");
    // A file that is none of a pair says that the tool takes both.
    files.write("20260102000000_b", "SELECT 1;");
    for name in &made {
        std::fs::remove_file(name).unwrap();
    }
    assert_eq!(named(&new(files.path(), &["next", "--source", files.name()]).ok()).len(), 1);
}
