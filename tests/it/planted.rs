//! What a role that may create in the application's schema plants there: nothing of it runs when somebody with more right
//! uses bursar, and no answer changes.

use crate::pooler::{answer, readings, world};
use crate::support::{Db, Ran, Template, bursar, run, sample, soak};

/// A login that may create in the application's schema and nothing else; it goes with its objects.
struct Stranger<'a> {
    db: &'a Db,
    name: String,
}

impl<'a> Stranger<'a> {
    fn new(db: &'a Db) -> Self {
        let name = format!("{}_eve", db.name);
        db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x'; GRANT CREATE, USAGE ON SCHEMA public TO {name}"));
        Stranger { db, name }
    }

    /// Runs SQL as the stranger.
    fn sql(&self, sql: &str) {
        self.db.sql(&format!("SET SESSION AUTHORIZATION {}; {sql}", self.name));
    }
}

impl Drop for Stranger<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.db.sql(&format!("DROP OWNED BY {0} CASCADE; DROP ROLE {0}", self.name));
        }
    }
}

/// What says that it was run.
const RAN: &str = "the planted one ran";

/// Functions and operators of the server's own names, which fit the arguments of queries better than its own do.
const BETTER: &str = "
    CREATE FUNCTION public.format(text, name, name) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE FUNCTION public.format(text, text, text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE FUNCTION public.format(text, name) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE FUNCTION public.format(text, name, text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE FUNCTION public.format(text, name, name, text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE FUNCTION public.to_regclass(name) RETURNS regclass LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE FUNCTION public.planted(oid, regclass) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = public.planted);
    CREATE FUNCTION public.planted(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
    CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.planted);";

/// Every function and operator of the server's own that a stranger can write again, with the very same arguments.
const THE_SAME: &str = "
    DO $do$ DECLARE f record; BEGIN
        FOR f IN SELECT p.oid, quote_ident(p.proname) AS name, oidvectortypes(p.proargtypes) AS arguments, format_type(p.prorettype, NULL) AS result, p.proretset AS several
                   FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0 AND p.pronargdefaults = 0
                    AND p.proallargtypes IS NULL AND p.prorettype NOT IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype, 'event_trigger'::regtype) LOOP
            BEGIN
                EXECUTE format('CREATE FUNCTION public.%s(%s) RETURNS %s %s LANGUAGE plpgsql AS $f$BEGIN RAISE EXCEPTION ''the planted one ran''; END$f$',
                               f.name, f.arguments, CASE WHEN f.several THEN 'SETOF' ELSE '' END, f.result);
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
        FOR f IN SELECT row_number() OVER () AS n, o.oprname AS name, format_type(o.oprleft, NULL) AS l, format_type(o.oprright, NULL) AS r, o.oprleft, format_type(o.oprresult, NULL) AS result
                   FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace LOOP
            BEGIN
                EXECUTE format('CREATE FUNCTION public.planted_%s(%s) RETURNS %s LANGUAGE plpgsql AS $f$BEGIN RAISE EXCEPTION ''the planted one ran''; END$f$',
                               f.n, concat_ws(', ', nullif(f.l, '-'), f.r), f.result);
                EXECUTE format('CREATE OPERATOR public.%s (%s RIGHTARG = %s, FUNCTION = public.planted_%s)', f.name,
                               CASE WHEN f.oprleft = 0 THEN '' ELSE format('LEFTARG = %s,', f.l) END, f.r, f.n);
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
    END $do$";

fn with(url: &str, arguments: &[&str]) -> Ran {
    run(bursar().args(arguments).env("DATABASE_URL", url))
}

/// As whom bursar is run: a superuser, a member of `bursar_auditor`, and the same with everybody's schema first.
struct Callers {
    urls: Vec<(String, String)>,
    auditor: String,
}

impl Callers {
    fn new(db: &Db) -> Self {
        let auditor = format!("{}_aud", db.name);
        db.sql(&format!("CREATE ROLE {auditor} LOGIN PASSWORD 'x' IN ROLE bursar_auditor"));
        let urls = vec![("a superuser".to_owned(), db.url()), (auditor.clone(), db.url_as(&auditor))];
        Callers { urls, auditor }
    }

    fn end(self, db: &Db) {
        db.sql(&format!("DROP ROLE {}", self.auditor));
    }
}

/// Commands that use no pack's query, and so have no need of the application's schema.
const WITHOUT_PACK: &[&[&str]] = &[
    &["inspect", "-o", "json"],
    &["migrate", "status", "-o", "json"],
    &["migrate", "plan", "-o", "json"],
    &["operations", "verify", "-o", "json"],
    &["settings", "list", "-o", "json"],
];

/// Commands that use them.
const WITH_PACK: &[&[&str]] = &[
    &["audit", "-o", "json"],
    &["stats", "--from", "2026-09-01", "--to", "2026-11-01", "-o", "json"],
    &["jobs", "triage"],
    &["jobs", "list"],
    &["jobs", "count"],
    &["payments", "list"],
];

#[test]
fn a_better_match_that_a_stranger_planted_is_refused_by_name_and_never_run() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql("UPDATE users SET star_balance = star_balance + 7 WHERE id = (SELECT min(id::text)::uuid FROM users)");
    let account = db.value("SELECT min(id::text) FROM users");
    let callers = Callers::new(&db);
    for (_, url) in &callers.urls {
        with(url, &["audit", "--only", "ledger"]).exits(3).tells("ledger.balance");
    }
    let before: Vec<Ran> = callers.urls.iter().map(|(_, url)| with(url, &["inspect"])).collect();
    let stranger = Stranger::new(&db);
    let first = |n: usize| if soak() { 0 } else { n };
    // The case that made a drifted ledger clean, now that pg_catalog comes first.
    stranger.sql(
        "CREATE FUNCTION public.ne1(bigint, numeric) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
         CREATE OPERATOR public.<> (LEFTARG = bigint, RIGHTARG = numeric, FUNCTION = public.ne1)",
    );
    for (who, url) in &callers.urls {
        let ran = with(url, &["audit"]).exits(4).says("operator public.<> (bigint, numeric) of").says(&stranger.name);
        assert!(ran.stdout.is_empty(), "{who}: {ran:?}");
    }
    stranger.sql(BETTER);
    // The callers take different commands of these.
    for (n, (who, url)) in callers.urls.iter().enumerate() {
        let wallet = ["wallet", "show", &account];
        for command in sample(WITH_PACK.iter().copied().chain([wallet.as_slice()]).skip(first(n)), 4) {
            let ran = with(url, command);
            assert_eq!(ran.code, 4, "{who}: {command:?}: {ran:?}");
            assert!(ran.stderr.contains("public.format(text, name, name) of"), "{who}: {command:?}: {ran:?}");
        }
        for command in sample(WITHOUT_PACK.iter().skip(first(n)), 3) {
            let ran = with(url, command);
            assert!(!format!("{ran:?}").contains(RAN), "{who}: {command:?}: {ran:?}");
        }
        let ran = with(url, &["doctor"]);
        assert!(!format!("{ran:?}").contains(RAN), "{who}: {ran:?}");
        let ran = ran.tells("public.format(text, name, name) of");
        assert!(ran.stdout.contains("names"), "{ran:?}");
    }
    for (before, (_, url)) in before.iter().zip(&callers.urls) {
        let after = with(url, &["inspect"]);
        assert_eq!(before.code, after.code, "{}", after.stderr);
    }
    let folder = tempfile::tempdir().unwrap();
    let ran = db.bursar(&["pack", "new", folder.path().join("mine").to_str().unwrap()]).ok();
    assert!(!format!("{ran:?}").contains(RAN), "{ran:?}");
    // A migration's text finds names by the configured path, in which that schema is too.
    db.sql("DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)");
    db.bursar(&["migrate", "up", "--yes"]).exits(4).says("public.format(text, name, name) of");
    // Whoever trusts them all the same is told whom.
    db.bursar(&["payments", "list", "--limit", "1", "--trust-schema"]).says("--trust-schema").says(&stranger.name);
    drop(stranger);
    db.bursar(&["audit", "--only", "ledger"]).exits(3).tells("ledger.balance");
    callers.end(&db);
}

#[test]
fn what_has_the_servers_own_name_and_arguments_is_never_chosen() {
    let db = world();
    let callers = Callers::new(&db);
    let commands = readings(&db);
    // One looks at the clock by the minute, and is read again as another role.
    let steady = commands.iter().filter(|c| !c.contains(&"throughput".to_owned()) && c[0] != "pack");
    let commands: Vec<&Vec<String>> = sample(steady, 4).collect();
    let answers = |url: &str| -> Vec<(i32, String)> {
        let asked = |c: &[String]| answer(&with(url, &c.iter().map(String::as_str).collect::<Vec<_>>()));
        commands.iter().map(|c| asked(c)).collect()
    };
    let before = answers(&db.url());
    let stranger = Stranger::new(&db);
    stranger.sql(THE_SAME);
    let planted = db.value(&format!(
        "SELECT (SELECT count(*) FROM pg_proc WHERE proowner = '{0}'::regrole) > 2000 AND (SELECT count(*) FROM pg_operator WHERE oprowner = '{0}'::regrole) > 600",
        stranger.name
    ));
    assert_eq!(planted, "true");
    // Also for a role that looks there first.
    db.sql(&format!("ALTER DATABASE {} SET search_path = public, pg_catalog", db.name));
    for ((command, before), after) in commands.iter().zip(&before).zip(answers(&db.url())) {
        assert_eq!(before, &after, "{command:?}");
    }
    let ran = db.bursar(&["inspect"]);
    assert!(!format!("{ran:?}").contains(RAN), "{ran:?}");
    let ran = with(&callers.urls[1].1, &["audit"]);
    assert!(!format!("{ran:?}").contains(RAN), "{ran:?}");
    db.sql(&format!("ALTER DATABASE {} RESET search_path", db.name));
    drop(stranger);
    callers.end(&db);
}

#[test]
fn a_relation_of_a_stranger_is_not_taken_for_one_of_the_application() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let stranger = Stranger::new(&db);
    db.sql("ALTER TABLE user_invites RENAME TO invites");
    stranger.sql("CREATE VIEW public.user_invites AS SELECT 1 AS x");
    db.bursar(&["audit", "--app", "mimivibe"]).exits(4).says("view public.user_invites of").says(&stranger.name);
    stranger.sql("DROP VIEW public.user_invites; CREATE TABLE public.unrelated (x int)");
    db.sql("ALTER TABLE invites RENAME TO user_invites");
    db.bursar(&["audit"]).ok();
}

#[test]
fn what_trusted_roles_have_created_is_no_alarm() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let (owner, member) = (format!("{}_owner", db.name), format!("{}_member", db.name));
    for extension in ["citext", "intarray", "pg_trgm", "pgcrypto", "hstore", "\"uuid-ossp\""] {
        db.sql(&format!("CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public"));
    }
    db.bursar(&["audit"]).ok();
    let better = |role: &str, arguments: &str| {
        db.sql(&format!(
            "SET SESSION AUTHORIZATION {role};
             CREATE FUNCTION public.format({arguments}) RETURNS text LANGUAGE sql AS $$SELECT ''::text$$"
        ));
    };
    db.sql(&format!(
        "CREATE ROLE {owner} LOGIN; CREATE ROLE {member} LOGIN IN ROLE {owner}; ALTER DATABASE {} OWNER TO {owner};
         GRANT CREATE ON SCHEMA public TO {member}",
        db.name
    ));
    // The database's owner may bring an extension of its own, whose objects the server's superuser then owns.
    db.sql(&format!("SET SESSION AUTHORIZATION {owner}; CREATE EXTENSION btree_gin SCHEMA public"));
    better(&owner, "text, name, name, name, name");
    db.bursar(&["payments", "list"]).ok();
    better(&member, "text, name, name, name");
    db.bursar(&["payments", "list"]).ok();
    // The owner of the tables, once the database is somebody else's.
    db.sql(&format!("ALTER DATABASE {} OWNER TO CURRENT_USER", db.name));
    db.bursar(&["payments", "list"]).exits(4).says(&owner);
    db.sql(&format!(
        "DO $$ DECLARE t text; BEGIN FOR t IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
             EXECUTE 'ALTER TABLE ' || t || ' OWNER TO {owner}'; END LOOP; END $$"
    ));
    db.bursar(&["payments", "list"]).ok();
    db.sql(&format!("DROP OWNED BY {member}, {owner} CASCADE; DROP ROLE {member}; DROP ROLE {owner}"));
}

#[test]
fn a_policy_of_a_strangers_table_does_not_run_as_whoever_inspects() {
    let db = Db::new(Template::Bursar);
    let stranger = Stranger::new(&db);
    stranger.sql(
        "CREATE TABLE public.bait (x int) PARTITION BY RANGE (x); CREATE TABLE public.bait_rest PARTITION OF public.bait DEFAULT;
         INSERT INTO public.bait VALUES (1);
         CREATE FUNCTION public.sees(int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;
         ALTER TABLE public.bait_rest ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON public.bait_rest USING (public.sees(x));
         GRANT SELECT ON public.bait, public.bait_rest TO PUBLIC",
    );
    let reader = format!("{}_reader", db.name);
    db.sql(&format!("CREATE ROLE {reader} LOGIN PASSWORD 'x' IN ROLE pg_monitor"));
    let ran = with(&db.url_as(&reader), &["inspect", "partitions"]);
    assert!(!format!("{ran:?}").contains(RAN), "{ran:?}");
    ran.tells("row level security may keep its rows");
    // A superuser is held back by no policy, and so by no function of one.
    db.bursar(&["inspect", "partitions"]).tells("holds rows that no other partition");
    db.sql(&format!("DROP ROLE {reader}"));
}

/// The tables that bursar itself looks for: a stranger may be there first, in a database that was not migrated yet.
#[test]
fn a_history_that_a_stranger_has_made_is_neither_read_nor_written() {
    let commands = [
        &["migrate", "status", "--app", "mimivibe"][..],
        &["migrate", "plan", "--app", "mimivibe"],
        &["migrate", "up", "--app", "mimivibe", "-y"],
        &["audit", "--app", "mimivibe"],
    ];
    let function = "CREATE FUNCTION public.evil() RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$;";
    let columns = "version bigint, description text, installed_on timestamptz, success boolean, checksum bytea, execution_time bigint";
    let all = [
        "CREATE VIEW public._sqlx_migrations AS SELECT public.evil() AS version, 'x'::text AS description, now() AS installed_on, true AS success, '\\x00'::bytea AS checksum, 1::bigint AS execution_time".to_owned(),
        format!("CREATE TABLE public._sqlx_migrations ({columns}); CREATE FUNCTION public.evil_t() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the planted one ran'; END$$; CREATE TRIGGER t BEFORE INSERT ON public._sqlx_migrations FOR EACH ROW EXECUTE FUNCTION public.evil_t()"),
        format!("CREATE TABLE public._sqlx_migrations ({columns}, extra bigint DEFAULT public.evil())"),
        format!("CREATE TABLE public._sqlx_migrations ({columns}, CHECK (public.evil() > 0))"),
    ];
    for (at, planted) in all.into_iter().enumerate() {
        let db = Db::new(Template::Migrated("mimivibe"));
        db.sql("DROP TABLE public._sqlx_migrations");
        let stranger = Stranger::new(&db);
        stranger.sql(&format!("{function} {planted}"));
        // Each is met by every other command.
        for command in sample(commands.into_iter().skip(if soak() { 0 } else { at % 2 }), 2) {
            let ran = db.bursar(command).exits(4);
            assert!(
                ran.stderr.contains("public._sqlx_migrations belongs to") && !ran.stderr.contains(RAN),
                "{command:?}: {ran:?}"
            );
        }
        let ran = db.bursar(&["doctor", "--app", "mimivibe"]);
        assert!(!(ran.stdout + &ran.stderr).contains(RAN), "{planted}");
    }
    // A plain table is read, whoever owns it: the application's login may have made it. It is not written to, because its
    // owner may add a trigger between the look and the writing.
    let db = Db::new(Template::Migrated("mimivibe"));
    let stranger = Stranger::new(&db);
    db.sql(&format!("ALTER TABLE public._sqlx_migrations OWNER TO {}", stranger.name));
    db.bursar(&["migrate", "status", "--app", "mimivibe", "--check"]).ok();
    let last = db.value("SELECT max(version) FROM public._sqlx_migrations");
    db.sql(&format!("DELETE FROM public._sqlx_migrations WHERE version = {last}"));
    let writes = [
        &["migrate", "up", "--app", "mimivibe", "-y"][..],
        &["migrate", "down", "--app", "mimivibe", "-y"],
        &["migrate", "baseline", &last, "--app", "mimivibe", "-y"],
    ];
    for command in writes {
        db.bursar(command).exits(4).says("writing to it could run code").says("connect as");
    }
    db.sql(&format!("ALTER TABLE public._sqlx_migrations OWNER TO {}", db.value("current_user")));
}

#[test]
fn default_privileges_open_nothing_of_bursars() {
    let db = Db::new(Template::Empty);
    let role = format!("{}_app", db.name);
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN;
         ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {role}; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {role};
         ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {role}; ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {role}"
    ));
    db.bursar(&["migrate", "up", "--app", "mimivibe", "-y"]).ok();
    let open = format!(
        "SELECT count(*) FROM (SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'bursar'::regnamespace AND has_function_privilege('{role}', p.oid, 'EXECUTE')
          UNION ALL SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'bursar'::regnamespace AND c.relkind IN ('r', 'v') AND has_table_privilege('{role}', c.oid, 'SELECT, INSERT, UPDATE, DELETE')) o"
    );
    assert_eq!(db.value(&open), "0");
    assert_eq!(db.value(&format!("has_schema_privilege('{role}', 'bursar', 'USAGE, CREATE')")), "false");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// The owner of the tables can make the checks blind with an operator that fits an enum better than the server's own. An operator
/// between types of the application's own making takes nobody's place.
#[test]
fn an_operator_in_the_place_of_the_servers_own_is_refused_whoever_owns_it() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(
        "CREATE FUNCTION public.never(user_tier, user_tier) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
         CREATE OPERATOR public.<> (LEFTARG = user_tier, RIGHTARG = user_tier, FUNCTION = public.never);
         UPDATE users SET tier = CASE tier WHEN 'gold' THEN 'bronze' ELSE 'gold' END::user_tier",
    );
    db.bursar(&["audit"]).exits(4).says("operator public.<> (public.user_tier, public.user_tier) of");
    db.sql("DROP OPERATOR public.<> (user_tier, user_tier)");
    db.bursar(&["audit"]).exits(3).tells("counters.tier");
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "CREATE EXTENSION citext; CREATE FUNCTION public.near(user_tier, user_tier) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
         CREATE OPERATOR public.<===> (LEFTARG = user_tier, RIGHTARG = user_tier, FUNCTION = public.near)",
    );
    db.bursar(&["audit"]).ok();
}
