//! The list of refunds, a page at a time.

use serde_json::{Value, json};

use super::World;

/// A world with so many refunds, oldest first.
fn refunded(count: usize) -> (World, Vec<String>) {
    let world = World::new();
    let ids = (0..count).map(|_| {
        let paid = world.payment();
        world.create(&paid).ok();
        world.refund_id(&paid)
    });
    let ids = ids.collect();
    (world, ids)
}

fn list(world: &World, arguments: &[&str]) -> Value {
    world.db.json(&[&["refund", "list", "-o", "json"], arguments].concat())
}

fn ids(page: &Value) -> Vec<&str> {
    page["refunds"].as_array().expect("refunds").iter().map(|r| r["id"].as_str().expect("an id")).collect()
}

#[test]
fn pages_follow_one_another_and_the_last_one_names_no_next() {
    let (world, all) = refunded(4);
    let first = list(&world, &["--limit", "2"]);
    assert_eq!((ids(&first), &first["total"]), (vec![all[3].as_str(), &all[2]], &json!(4)));
    let cursor = first["next"].to_string();
    // The page is full, and the last one.
    let last = list(&world, &["--limit", "2", "--cursor", &cursor]);
    assert_eq!((ids(&last), &last["next"]), (vec![all[1].as_str(), &all[0]], &Value::Null));
    let table = world.db.bursar(&["refund", "list", "--limit", "2"]).ok().stdout;
    assert!(table.ends_with(&format!("showing 2 of 4; --limit 0 for all, or the next page:\n--cursor {cursor}\n")));
    world.db.bursar(&["refund", "list", "--limit", "2", "-o", "ndjson"]).ok().says(&format!("--cursor {cursor}"));
    world.db.bursar(&["refund", "list", "--cursor", "x"]).exits(2);
}

#[test]
fn a_time_is_a_date_or_an_age() {
    let (world, all) = refunded(2);
    world.db.sql(&format!("UPDATE bursar.refunds SET created_at = now() - interval '3 days' WHERE id = '{}'", all[0]));
    assert_eq!(ids(&list(&world, &["--since", "2d"])), [all[1].as_str()]);
    let until = list(&world, &["--until", "2d"]);
    assert_eq!((ids(&until), &until["total"]), (vec![all[0].as_str()], &json!(1)));
    assert_eq!(ids(&list(&world, &["--since", "2001-01-01", "--until", "1d"])), [all[0].as_str()]);
    world.db.bursar(&["refund", "list", "--until", "2001-01-01"]).ok().tells("No matches.");
    world
        .db
        .bursar(&["refund", "list", "--since", "1d", "--until", "2d"])
        .exits(2)
        .says("--since is not before --until");
    world.db.bursar(&["refund", "list", "--since", "yesterday"]).exits(2);
}

#[test]
fn a_schema_or_a_pack_that_there_is_not_is_a_mistake() {
    let (world, _) = refunded(1);
    world.db.bursar(&["refund", "list", "--schema", "nosuch"]).exits(2).says("nosuch");
    world.db.bursar(&["refund", "list", "--app", "nosuch"]).exits(2).says("nosuch");
    world.db.bursar(&["refund", "list", "--schema", "public"]).ok();
}

#[test]
fn a_spreadsheet_has_amounts_in_whole_units_and_a_table_fits() {
    let (world, all) = refunded(1);
    let csv = world.db.bursar(&["refund", "list", "-o", "csv"]).ok().stdout;
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some(
            "refund,created_at,payment,account,customer,amount,amount_minor,currency,unit,units_taken,\
             units_written_off,state,reason,gateway,gateway_ref,error"
        )
    );
    let row = lines.next().expect("a row");
    assert!(row.starts_with(&all[0]) && row.contains(",299.00,29900,THB,STAR,40,0,succeeded,"), "{row}");
    for columns in [40, 60, 80, 120] {
        let mut command = world.command(&["refund", "list"]);
        let table = crate::support::run(command.env("COLUMNS", columns.to_string())).ok().stdout;
        assert!(table.lines().all(|line| console::measure_text_width(line) <= columns), "{table}");
        // Nothing that a person copies or decides on is left out.
        for cell in [&all[0][..13], "299.00 THB", "✓ succeeded"] {
            assert!(table.contains(cell), "{columns}: {table}");
        }
    }
    world.db.bursar(&["refund", "list", "-o", "markdown"]).ok().tells("| when (UTC) | refund | amount | state |");
}

#[test]
fn the_beginning_of_an_id_is_found_whatever_references_hold_it() {
    let (world, all) = refunded(1);
    let other = world.payment();
    let beginning = &all[0][..8];
    // Each has something around it that an earlier version may have kept.
    world.db.sql(&format!(
        "SELECT bursar.refund_request('{}', 1, 'cap', 'other', NULL, 'record-only', 'โอน {beginning} ' || n || ' เช้า', NULL, true, NULL, '{{}}')
           FROM generate_series(1, 12) AS n",
        other.id
    ));
    world.db.bursar(&["refund", "show", beginning]).ok().tells(&all[0]);
}
