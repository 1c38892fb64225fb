//! The text of a migration, and the steps in which it has to be run.
//!
//! A file runs in one transaction wherever it can. If one of its statements cannot, its statements run one by one.

use std::borrow::Cow;

use super::formats::Format;
use super::split::{split, with_ends};
use super::statement::{Index, Statement, uses_its_new_value};
use crate::error::{Error, Result};
use crate::text::locate;

/// The first bytes of a file that sqlx, and so bursar, runs outside a transaction.
const DIRECTIVE: &str = "-- no-transaction";

/// What `DISCARD ALL` does beside the settings, which are told apart, and the locks of the session, which are the run's.
const DISCARDED: &str = "DISCARD TEMP; DISCARD SEQUENCES";

/// One direction of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The file, for messages.
    pub file: String,
    /// The text, byte for byte. What comes before it in a file that holds more is empty lines.
    pub text: String,
    /// Number of those lines, and of their bytes.
    pub padding: usize,
    /// True if its format, or another file, says that it runs in no transaction.
    pub bare: bool,
    /// True if the file begins with a byte order mark, which the text is without.
    pub marked: bool,
    /// The format of the file.
    pub format: Format,
    /// The text of the file, where semicolons have been added to it.
    pub unparted: Option<String>,
}

/// The way in which a script has to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steps<'a> {
    /// All of it in one transaction.
    Together,
    /// One by one, because of this.
    Singly(&'static str, Vec<Step<'a>>),
}

/// A part of a script that is done, and recorded as done, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'a> {
    /// The offset of its start in the script, in bytes.
    pub at: usize,
    /// One statement, or those of the script's own transaction.
    pub text: &'a str,
    /// The statement that begins its transaction; `None` if it runs in none.
    pub begin: Option<&'a str>,
    /// True if it runs in no transaction only because the file says so.
    pub is_bare: bool,
    /// True if it may commit by itself, so that a part of it may stay where it fails.
    pub may_commit: bool,
    /// The index that it makes while others write.
    pub index: Option<Index>,
    /// True if it drops an index while others write.
    pub drops_index: bool,
    /// The statements that change the session for the steps behind it.
    pub sets: Vec<&'a str>,
}

impl Script {
    /// The whole text of a file.
    pub fn new(file: String, text: String) -> Self {
        Script { file, text, padding: 0, bare: false, marked: false, format: Format::Sqlx, unparted: None }
    }

    /// The text of a file in which lines of its tool part the statements, at these offsets, whether or not they end with
    /// a semicolon.
    pub fn parted(self, ends: &[usize]) -> Self {
        match with_ends(&self.text, ends) {
            Some(text) => Script { text, unparted: Some(self.text), ..self },
            None => self,
        }
    }

    /// The way to run it outside a transaction, as its format has it.
    pub fn asking_for_none(&self) -> String {
        match self.format {
            Format::Goose => "write the line `-- +goose NO TRANSACTION` above `-- +goose Up`".to_owned(),
            Format::SqlMigrate => {
                "write `-- +migrate Up notransaction`, or `-- +migrate Down notransaction` for the way back".to_owned()
            }
            Format::Dbmate => {
                "write `-- migrate:up transaction:false`, or `-- migrate:down transaction:false` for the way back"
                    .to_owned()
            }
            Format::Diesel => "write `run_in_transaction = false` into the file metadata.toml beside it".to_owned(),
            Format::Flyway => format!("write `executeInTransaction=false` into the file {}.conf", self.file),
            _ => format!("begin the file with `{DIRECTIVE}`"),
        }
    }

    /// The text as a file of its own in bursar's format.
    pub fn canonical(&self) -> Cow<'_, str> {
        let text = &self.text[self.padding..];
        if self.bare && !text.starts_with(DIRECTIVE) {
            return Cow::Owned(format!("{DIRECTIVE}\n{text}"));
        }
        if self.marked {
            return Cow::Owned(format!("\u{feff}{text}"));
        }
        Cow::Borrowed(text)
    }

    /// The statements, in order.
    pub fn statements(&self) -> Vec<Statement<'_>> {
        split(&self.text).collect()
    }

    /// True if it holds a statement.
    pub fn has_statement(&self) -> bool {
        split(&self.text).next().is_some()
    }

    /// The way in which it has to be run.
    ///
    /// # Errors
    /// A usage error if it cannot be: it controls the transaction that it runs in, or reads what
    /// follows in the file.
    pub fn steps(&self) -> Result<Steps<'_>> {
        self.steps_of(false)
    }

    /// The way in which the rest has to be run if its first statements were run one by one, even if it has changed.
    ///
    /// # Errors
    /// As [`Script::steps`].
    pub fn steps_of_rest(&self) -> Result<Steps<'_>> {
        self.steps_of(true)
    }

    fn steps_of(&self, begun: bool) -> Result<Steps<'_>> {
        let statements = self.statements();
        if let Some((at, why, hint)) = unreadable(&statements) {
            return Err(self.refused_at(at, why).hint(hint));
        }
        let Some(why) = self.why_singly(&statements).or_else(|| begun.then_some("it was begun so")) else {
            return match statements.iter().find(|s| s.opens() || s.closes()) {
                Some(control) if self.whole_of(&statements).is_none() => Err(self.controlled(control)),
                _ => Ok(Steps::Together),
            };
        };
        let mut steps = Vec::new();
        let mut statements = statements.iter();
        while let Some(statement) = statements.next() {
            if !statement.opens() {
                if statement.closes() {
                    return Err(self.refused(statement, "ends a transaction that the file did not begin"));
                }
                let alone = statement.alone();
                let discards = alone == Some("DISCARD ALL");
                let is_bare = alone.is_none() && self.is_bare() && !statement.is_plain();
                let sets = statement.sets().then_some(statement.text);
                let reset = discards.then_some("RESET SESSION AUTHORIZATION; RESET ALL");
                steps.push(Step {
                    at: statement.at,
                    text: if discards { DISCARDED } else { statement.text },
                    begin: (alone.is_none() && !is_bare).then_some("BEGIN"),
                    is_bare,
                    may_commit: is_bare && statement.may_commit(),
                    index: statement.index(),
                    drops_index: alone == Some("DROP INDEX CONCURRENTLY"),
                    sets: sets.or(reset).into_iter().collect(),
                });
                continue;
            }
            let from = statement.at + statement.text.len();
            let mut sets = Vec::new();
            let from = from + self.text[from..].find(';').map_or(0, |semicolon| semicolon + 1);
            loop {
                let Some(next) = statements.next() else {
                    return Err(self.refused(statement, "begins a transaction that the file does not end"));
                };
                if let Some(why) = next.alone() {
                    return Err(self.refused(next, &format!("is inside a transaction of the file, but it is {why}")));
                }
                if next.closes() {
                    if !next.begins_with("COMMIT") && !next.begins_with("END") {
                        return Err(self.refused(next, "rolls back what the file did before it"));
                    }
                    let text = &self.text[from..next.at];
                    let begin = Some(statement.text);
                    let (is_bare, may_commit, drops_index) = (false, false, false);
                    steps.push(Step { at: from, text, begin, is_bare, may_commit, index: None, drops_index, sets });
                    break;
                }
                sets.extend(next.sets().then_some(next.text));
            }
        }
        Ok(Steps::Singly(why, steps))
    }

    /// The error of a statement that controls the transaction of the file.
    fn controlled(&self, control: &Statement<'_>) -> Error {
        // Without one, some of these files end what they did not begin.
        let helps = Script { bare: true, ..self.clone() }.steps().is_ok();
        let or = if helps { format!(", or {}", self.asking_for_none()) } else { String::new() };
        self.refused(control, "controls a transaction, but the runner runs each file in a transaction")
            .hint(format!("take it out{or}"))
    }

    /// True if it runs as one step outside a transaction.
    pub fn is_one_step(&self) -> bool {
        matches!(self.steps(), Ok(Steps::Singly(_, steps)) if steps.len() == 1)
    }

    /// The reason why its statements have to run one by one; `None` if all run in one transaction.
    pub fn one_by_one(&self) -> Option<&'static str> {
        self.why_singly(&self.statements())
    }

    /// The part that runs in one transaction, with its offset and the statement that begins the transaction: all of the
    /// text, or what is between BEGIN and COMMIT where the whole file is in them.
    pub fn whole(&self) -> (&str, usize, &str) {
        self.whole_of(&self.statements()).unwrap_or(("BEGIN", 0, &self.text))
    }

    /// True if the file is one transaction of its own, from its first statement to its last.
    pub fn is_a_transaction(&self) -> bool {
        self.whole_of(&self.statements()).is_some()
    }

    fn whole_of(&self, statements: &[Statement<'_>]) -> Option<(&str, usize, &str)> {
        let [first, inner @ .., last] = statements else { return None };
        let commits = (last.begins_with("COMMIT") || last.begins_with("END")) && last.closes() && !last.chains();
        if !first.opens() || !commits || inner.iter().any(|s| s.opens() || s.closes()) {
            return None;
        }
        let begin = &self.text[first.at..first.at + first.text.len()];
        let from = first.at + first.text.len();
        let from = from + self.text[from..].find(';')? + 1;
        Some((begin, from, &self.text[from..last.at]))
    }

    /// True if the file asks for no transaction.
    fn is_bare(&self) -> bool {
        self.bare || self.text.starts_with(DIRECTIVE)
    }

    fn why_singly(&self, statements: &[Statement<'_>]) -> Option<&'static str> {
        if self.is_bare() {
            return Some("what the file says");
        }
        statements.iter().find_map(Statement::alone).or_else(|| uses_its_new_value(statements))
    }

    /// The place of what only another program than the server reads, why it cannot be run, and what to do.
    pub fn unreadable(&self) -> Option<(usize, &'static str, &'static str)> {
        // Most files have none of these, and are not split for it.
        let lines = || self.text.lines().map(str::trim_start);
        let copies = || lines().any(|line| line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("copy")));
        if !self.text.contains("{{") && !lines().any(|line| line.starts_with('\\')) && !copies() {
            return None;
        }
        unreadable(&self.statements())
    }

    fn refused(&self, statement: &Statement<'_>, why: &str) -> Error {
        self.refused_at(statement.at, why)
    }

    fn refused_at(&self, at: usize, why: &str) -> Error {
        let place = locate(&self.text, at);
        Error::usage(format!("{} {why}; nothing was run", place.of(&self.file))).excerpt(place.excerpt())
    }
}

fn unreadable(statements: &[Statement<'_>]) -> Option<(usize, &'static str, &'static str)> {
    statements.iter().find_map(|statement| {
        let (why, hint) = statement.unreadable()?;
        Some((statement.at, why, hint))
    })
}

#[cfg(test)]
mod tests {
    use super::{Index, Script, Steps};

    fn script(text: &str) -> Script {
        Script::new("1_x.sql".to_owned(), text.to_owned())
    }

    fn singly(text: &str) -> Vec<(String, Option<String>, Option<Index>)> {
        match script(text).steps().unwrap() {
            Steps::Together => panic!("together: {text}"),
            Steps::Singly(_, steps) => {
                steps.into_iter().map(|s| (s.text.trim().to_owned(), s.begin.map(str::to_owned), s.index)).collect()
            }
        }
    }

    #[test]
    fn statements_are_told_apart_as_psql_does() {
        let text = "-- a;b\nSELECT ';', $$;$$, $x$;$x$, \";\" /* ; /* ; */ ; */;;\n\
            CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;\n\
            CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b);\n\
            SOMETHING newer than any grammar (x; y);\nSELECT E'\\';' \u{1F600}";
        let texts: Vec<_> =
            script(text).statements().iter().map(|s| s.text.chars().take(12).collect::<String>()).collect();
        assert_eq!(texts, ["SELECT ';', ", "CREATE FUNCT", "CREATE RULE ", "SOMETHING ne", "SELECT E'\\';"]);
        assert!(script(" \n-- nothing\n;;").statements().is_empty());
    }

    #[test]
    fn a_name_that_is_a_word_of_a_routine_body_swallows_nothing() {
        for routine in [
            "CREATE FUNCTION pay(atomic boolean) RETURNS int LANGUAGE sql AS $$SELECT 1$$",
            "CREATE FUNCTION pay(\"atomic\" boolean, \"begin\" int) RETURNS int RETURN 1",
            "CREATE FUNCTION atomic() RETURNS int LANGUAGE sql AS $$SELECT 1$$",
            "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS $$SELECT 1$$",
            "CREATE FUNCTION app.begin(atomic int) RETURNS int LANGUAGE sql AS $$SELECT 1$$",
            "CREATE FUNCTION f() RETURNS begin LANGUAGE sql AS $$SELECT 1$$",
            "CREATE FUNCTION f(a int DEFAULT CASE WHEN true THEN 1 END, begin int) RETURNS int RETURN begin",
            "CREATE OR REPLACE PROCEDURE atomic(begin int) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$",
            "CREATE TABLE begin (atomic int, \"end\" int)",
            "CREATE TABLE function (begin int, atomic int)",
            "CREATE TRIGGER t AFTER INSERT ON function EXECUTE FUNCTION begin(atomic)",
            "SELECT begin atomic FROM function",
            "SELECT 1 AS case, 2 AS end",
            // True bodies, with such names in them.
            "CREATE FUNCTION k() RETURNS int BEGIN ATOMIC SELECT min(s.begin) FROM span s; END",
            "CREATE FUNCTION k() RETURNS int BEGIN ATOMIC SELECT s.end, s.case FROM span s; SELECT 1 AS end; END",
            "CREATE FUNCTION k() RETURNS int BEGIN ATOMIC SELECT 1 end; SELECT 2 case; END",
            "CREATE FUNCTION k(atomic int) RETURNS int begin /* ; */ atomic SELECT CASE WHEN CASE atomic WHEN 1 THEN true END THEN 1 END; END",
            "CREATE OR REPLACE PROCEDURE k() BEGIN ATOMIC END",
            "CREATE PROCEDURE k() LANGUAGE sql BEGIN ATOMIC; SELECT begin FROM b begin; END",
        ] {
            let text = format!("{routine};\nCOMMIT;\nCREATE INDEX CONCURRENTLY i ON t (a);");
            let script = script(&text);
            let texts: Vec<_> = script.statements().iter().map(|s| s.text).collect();
            assert_eq!(texts, [routine, "COMMIT", "CREATE INDEX CONCURRENTLY i ON t (a)"]);
        }
    }

    #[test]
    fn what_cannot_be_in_a_transaction_makes_the_file_run_singly() {
        for alone in [
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            "create unique index concurrently if not exists i on t (a)",
            "DROP INDEX CONCURRENTLY i",
            "REINDEX INDEX CONCURRENTLY i",
            "REINDEX (CONCURRENTLY) TABLE t",
            "REINDEX DATABASE d",
            "VACUUM",
            "VACUUM (ANALYZE) t",
            "ALTER SYSTEM SET work_mem = '1MB'",
            "CREATE DATABASE d",
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
            "CLUSTER",
            "CLUSTER VERBOSE",
            "CLUSTER (VERBOSE)",
        ] {
            let steps = singly(&format!("SELECT 1; {alone};"));
            assert_eq!(steps[0].1.as_deref(), Some("BEGIN"));
            assert_eq!((steps[1].0.as_str(), &steps[1].1), (alone, &None), "{alone}");
        }
        for together in [
            "CREATE INDEX i ON t (a)",
            "SELECT 'CREATE INDEX CONCURRENTLY'",
            "CREATE TABLE \"CONCURRENTLY\" (a int)",
            "CREATE TABLE concurrently (a int); CREATE INDEX i ON t (a)",
            "ALTER TYPE e ADD VALUE 'x'; SELECT 'y'",
            "REINDEX TABLE t",
            "SAVEPOINT a; ROLLBACK TO a",
            "SELECT '{{1},{2}}', $${{ x }}$$ -- {{ y }}",
            "COPY t TO '/tmp/stdout'",
            "DO $$ BEGIN COMMIT; END $$",
            "CLUSTER t",
            "CLUSTER VERBOSE t USING i",
            "DISCARD TEMP",
            "BEGIN; SELECT 1; COMMIT;",
            "-- golang-migrate's way\nSTART TRANSACTION; SELECT 1; /* ; */ END TRANSACTION -- done",
            " -- no-transaction\nSELECT 1",
        ] {
            assert_eq!(script(together).steps().unwrap(), Steps::Together, "{together}");
        }
    }

    #[test]
    fn a_value_of_an_enum_that_is_used_at_once_needs_two_transactions() {
        let steps = singly("ALTER TYPE e ADD VALUE IF NOT EXISTS 'x' AFTER 'w'; UPDATE t SET a = 'x'");
        assert_eq!(steps.len(), 2);
        assert!(steps.iter().all(|s| s.1.as_deref() == Some("BEGIN")));
    }

    #[test]
    fn a_transaction_of_the_file_is_one_step() {
        let steps =
            singly("-- no-transaction\nBEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; SELECT 2; COMMIT; VACUUM;");
        assert_eq!(
            steps,
            [
                ("SELECT 1; SELECT 2;".to_owned(), Some("BEGIN ISOLATION LEVEL SERIALIZABLE".to_owned()), None),
                ("VACUUM".to_owned(), None, None),
            ]
        );
    }

    #[test]
    fn a_file_that_asks_for_no_transaction_runs_bare_what_a_transaction_could_change() {
        for bare in [
            "DO $$ BEGIN COMMIT; END $$",
            "CALL p()",
            "REINDEX TABLE t",
            "SELECT f()",
            "SOMETHING new",
            "WITH x AS (SELECT f()) SELECT",
        ] {
            let text = format!("-- no-transaction\n{bare};");
            let script = script(&text);
            let Steps::Singly(_, steps) = script.steps().unwrap() else { panic!("together") };
            let step = &steps[0];
            assert_eq!((step.begin, step.is_bare), (None, true), "{bare}");
            assert_eq!(step.may_commit, bare.starts_with("DO") || bare.starts_with("CALL"), "{bare}");
        }
        for plain in [
            "UPDATE t SET a = 1",
            "INSERT INTO t VALUES (1)",
            "CREATE TABLE t (a int)",
            "ALTER TABLE t SET LOGGED",
            "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM gone",
            "COPY t FROM '/tmp/x'",
            "with x as (select 1) update t set a = 1",
            "EXPLAIN ANALYZE UPDATE t SET a = 1",
        ] {
            assert_eq!(singly(&format!("-- no-transaction\n{plain};"))[0].1.as_deref(), Some("BEGIN"), "{plain}");
        }
        let discard = script("SET ROLE r; DISCARD ALL;");
        let Steps::Singly("DISCARD ALL", steps) = discard.steps().unwrap() else { panic!("together") };
        assert_eq!((steps[1].begin, steps[1].is_bare, steps[1].text), (None, false, super::DISCARDED));
    }

    #[test]
    fn of_a_file_that_is_a_transaction_the_inside_is_run() {
        let text = "-- a\nBEGIN ISOLATION LEVEL SERIALIZABLE ;\nSELECT 1;\nEND;\n-- b";
        let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE";
        assert_eq!(script(text).whole(), (begin, text.find("\nSELECT").unwrap(), "\nSELECT 1;\n"));
        assert_eq!(script("SELECT 1").whole(), ("BEGIN", 0, "SELECT 1"));
    }

    #[test]
    fn what_changes_the_session_is_told_from_what_ends_with_a_transaction() {
        let text =
            "-- no-transaction\nSET ROLE r; SET LOCAL a = 1; SELECT pg_catalog.set_config('a', 'b', false); SELECT 1;
            BEGIN; SET TRANSACTION READ ONLY; SET search_path = x; SET CONSTRAINTS ALL DEFERRED; COMMIT; RESET a;";
        let script = script(text);
        let Steps::Singly(_, steps) = script.steps().unwrap() else { panic!("together") };
        let sets: Vec<_> = steps.iter().flat_map(|s| &s.sets).copied().collect();
        assert_eq!(
            sets,
            ["SET ROLE r", "SELECT pg_catalog.set_config('a', 'b', false)", "SET search_path = x", "RESET a"]
        );
    }

    #[test]
    fn the_index_is_named_as_it_is_written() {
        for (text, name, table) in [
            ("CREATE INDEX CONCURRENTLY Idx ON t (a)", Some("idx"), "t"),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"Idx \"\"x\" ON s.\"T\" USING btree (a)",
                Some("Idx \"x"),
                "s.\"T\"",
            ),
            ("CREATE INDEX CONCURRENTLY ON ONLY S.t (a)", None, "s.t"),
        ] {
            let index = Index { name: name.map(str::to_owned), table: table.to_owned() };
            assert_eq!(singly(text)[0].2, Some(index), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_refused_with_its_place() {
        for (text, why) in [
            (
                "SELECT 1;\n  COMMIT;",
                "1_x.sql:2:3 controls a transaction, but the runner runs each file in a transaction; nothing was run\n    COMMIT;\n    ^",
            ),
            ("BEGIN; SELECT 1; COMMIT AND CHAIN;", "controls a transaction"),
            ("BEGIN; SELECT 1; COMMIT; SELECT 2;", "controls a transaction"),
            ("BEGIN; SELECT 1; ROLLBACK;", "controls a transaction"),
            ("BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;", "controls a transaction"),
            ("BEGIN; VACUUM; COMMIT;", "is inside a transaction of the file, but it is VACUUM"),
            ("-- no-transaction\nBEGIN; SELECT 1;", "begins a transaction that the file does not end"),
            ("-- no-transaction\nCOMMIT;", "ends a transaction that the file did not begin"),
            ("-- no-transaction\nBEGIN; VACUUM; COMMIT;", "is inside a transaction of the file, but it is VACUUM"),
            ("-- no-transaction\nBEGIN; SELECT 1; ROLLBACK;", "rolls back"),
            ("COPY t FROM stdin;\n1\n\\.\n", "only psql can do"),
            ("COPY (SELECT 1) TO STDOUT;", "sends rows to the client"),
            ("SELECT 1;\n\\connect other\nSELECT 2;", "1_x.sql:2:1 is a command of psql"),
            ("CREATE TABLE {{ .Namespace }}.t (id int);", "is a template"),
        ] {
            let error = script(text).steps().unwrap_err();
            let shown = format!("{}\n{}", error.message(), error.excerpt.as_deref().unwrap_or_default());
            assert!(shown.contains(why), "{text}: {shown}");
        }
    }
}
