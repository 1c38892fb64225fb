//! Organic OS: what its document gets wrong, the schema that does it right, and what bursar makes
//! of it.

mod counters;
mod data;
mod days;
mod grants;
mod partitions;

use std::collections::BTreeSet;

use crate::support::{Db, Template, file};

const APP: &str = "organic-os";

/// The id of the nth row that a test makes.
fn id(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// A migrated database with these users, by number and time zone.
fn with_users(users: &[(u32, &str)]) -> Db {
    let db = Db::new(Template::Migrated(APP));
    for (n, zone) in users {
        db.sql(&format!("INSERT INTO users (id, email, timezone) VALUES ('{}', '{n}@example.com', '{zone}')", id(*n)));
    }
    db
}

/// The ids of the checks that failed.
fn failed(report: &serde_json::Value) -> BTreeSet<String> {
    let list = report["checks"].as_array().expect("checks");
    list.iter().filter(|c| c["status"] == "failed").map(|c| c["id"].as_str().expect("an id").to_owned()).collect()
}

/// The last statement, and what comes before it. No last statement has a body in dollars.
fn split(sql: &str) -> (&str, &str) {
    let end = sql.trim_end().trim_end_matches(';');
    end.rsplit_once(";\n").map_or(("", end), |(before, last)| (before, last))
}

#[test]
fn every_defect_of_the_document_can_be_reproduced() {
    let folder = file("tests/it/documents/organic-os");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 19);
    for path in paths {
        let (name, sql) = (path.display(), std::fs::read_to_string(&path).unwrap());
        let first = sql.lines().next().unwrap();
        let expected = first.strip_prefix("-- expect: ").unwrap_or_else(|| panic!("{name} begins with: {first}"));
        let db = Db::new(Template::Empty);
        let (before, last) = split(&sql);
        assert_eq!(db.sqlstate(before), "00000", "{name}, before its last statement");
        if let Some(what) = expected.strip_prefix("wrong ") {
            assert_eq!(db.value(last), "true", "{name} is not wrong any more: {what}");
        } else {
            assert_eq!(expected.len(), 5, "{name} expects neither a SQLSTATE nor something wrong: {expected}");
            assert_eq!(db.sqlstate(last), expected, "{name}");
        }
    }
}

/// Every column that the document defines, with its type, default and whether it may be null.
const COLUMNS: &str = "
    users.id uuid gen_random_uuid() NO
    users.email text - NO
    users.full_name text - YES
    users.avatar_url text - YES
    users.timezone text 'UTC'::text YES
    users.created_at timestamptz now() YES
    users.updated_at timestamptz now() YES
    wellness_entries.id uuid gen_random_uuid() NO
    wellness_entries.user_id uuid - NO
    wellness_entries.date date - NO
    wellness_entries.sleep_hours numeric(4,2) - YES
    wellness_entries.water_intake_ml integer - YES
    wellness_entries.exercise_minutes integer - YES
    wellness_entries.meditation_minutes integer - YES
    wellness_entries.mood_score numeric(3,2) - YES
    wellness_entries.energy_level numeric(3,2) - YES
    wellness_entries.nutrition_notes text - YES
    wellness_entries.created_at timestamptz now() YES
    wellness_entries.updated_at timestamptz now() YES
    module_progress.id uuid gen_random_uuid() NO
    module_progress.user_id uuid - NO
    module_progress.module_name text - NO
    module_progress.progress_percentage numeric(5,2) 0 YES
    module_progress.completed_topics text[] '{}'::text[] YES
    module_progress.current_focus text - YES
    module_progress.notes text - YES
    module_progress.last_activity timestamptz - YES
    module_progress.created_at timestamptz now() YES
    module_progress.updated_at timestamptz now() YES
    conversations.id uuid gen_random_uuid() NO
    conversations.user_id uuid - NO
    conversations.module_name text - NO
    conversations.topic text - YES
    conversations.message_count integer 0 NO
    conversations.created_at timestamptz now() YES
    conversations.updated_at timestamptz now() YES
    messages.id uuid gen_random_uuid() NO
    messages.conversation_id uuid - NO
    messages.role text - NO
    messages.content text - NO
    messages.tokens_used integer - YES
    messages.created_at timestamptz now() YES";

#[test]
fn everything_that_the_document_defines_is_there() {
    let db = Db::new(Template::Migrated(APP));
    let lines = |text: &str| -> BTreeSet<String> {
        text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
    };
    let columns = db.value(
        "SELECT string_agg(concat_ws(' ', c.relname || '.' || a.attname,
                    CASE a.atttypid WHEN 'timestamptz'::regtype THEN 'timestamptz' ELSE format_type(a.atttypid, a.atttypmod) END,
                    coalesce(pg_get_expr(d.adbin, d.adrelid), '-'), CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END), E'\\n')
           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname <> '_sqlx_migrations'",
    );
    assert_eq!(lines(&columns), lines(COLUMNS));

    let indexes = db.value(
        "SELECT string_agg(concat_ws(' ', c.relname, i.relname, CASE WHEN x.indisunique THEN 'unique' END,
                    (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, n)
                       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum)), E'\\n')
           FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
          WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> '_sqlx_migrations'",
    );
    let expected = "
        users users_pkey unique id
        users users_email_key unique email
        wellness_entries wellness_entries_pkey unique id,date
        wellness_entries wellness_entries_user_id_date_key unique user_id,date
        wellness_entries wellness_date_idx date
        module_progress module_progress_pkey unique id
        module_progress module_progress_user_id_module_name_key unique user_id,module_name
        module_progress progress_module_idx module_name
        conversations conversations_pkey unique id
        conversations conversations_user_idx user_id
        conversations conversations_module_idx module_name
        messages messages_pkey unique id
        messages messages_conversation_idx conversation_id
        messages messages_created_idx created_at";
    assert_eq!(lines(&indexes), lines(expected));

    let signatures = db.value(
        "SELECT string_agg(oid::regprocedure || ' ' || pg_get_function_result(oid), E'\\n') FROM pg_proc
          WHERE oid IN ('update_updated_at_column()'::regprocedure, 'get_wellness_stats(uuid, integer)'::regprocedure,
                        'get_wellness_streak(uuid)'::regprocedure)",
    );
    let expected = "
        update_updated_at_column() trigger
        get_wellness_stats(uuid,integer) TABLE(avg_sleep numeric, avg_mood numeric, avg_energy numeric, avg_water integer, avg_exercise integer, avg_meditation integer, entries_count bigint)
        get_wellness_streak(uuid) TABLE(streak integer, last_entry date, total_entries bigint)";
    assert_eq!(lines(&signatures), lines(expected));

    // What each change of a row says about when it was changed, whatever the statement says.
    db.sql(&format!(
        "INSERT INTO users (id, email) VALUES ('{user}', 'a@example.com');
         INSERT INTO wellness_entries (user_id, date) VALUES ('{user}', '2026-01-01');
         INSERT INTO module_progress (user_id, module_name) VALUES ('{user}', 'sleep');
         INSERT INTO conversations (user_id, module_name) VALUES ('{user}', 'sleep')",
        user = id(1)
    ));
    for (table, column) in [
        ("users", "full_name"),
        ("wellness_entries", "nutrition_notes"),
        ("module_progress", "notes"),
        ("conversations", "topic"),
    ] {
        db.sql(&format!("UPDATE {table} SET {column} = 'x', updated_at = '2000-01-01'"));
        assert_eq!(db.value(&format!("SELECT updated_at > created_at FROM {table}")), "true", "{table}");
    }
}

#[test]
fn functions_are_closed_to_a_search_path_and_run_as_their_caller() {
    let db = Db::new(Template::Migrated(APP));
    let open = "SELECT string_agg(proname, ' ') FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                   AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)";
    assert_eq!(db.value(open), "NULL");
    let definer = "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef";
    assert_eq!(db.value(definer), "keep_message_count make_wellness_partitions");
}
