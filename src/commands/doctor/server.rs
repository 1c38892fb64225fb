//! The server: its version, the role, TLS and the clock.

use std::time::Duration;

use sqlx::Row as _;

use super::model::Lines;
use crate::db::{Database, Place, Tx};
use crate::error::{Error, Result};

/// The difference between the clocks up to which times of the two can be compared.
const SKEW: Duration = Duration::from_secs(5);

pub(super) async fn server(tx: &mut Tx, lines: &mut Lines) -> Result<()> {
    let row = sqlx::query(
        "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
                pg_is_in_recovery() AS replica, current_setting('default_transaction_read_only') AS read_only",
    )
    .fetch_one(&mut **tx)
    .await?;
    let (version, number): (String, i32) = (row.try_get("version")?, row.try_get("number")?);
    if number < 150_000 {
        lines.warn("server", format!("PostgreSQL {version}"), "bursar is tested on PostgreSQL 15 and newer");
    } else {
        lines.ok("server", format!("PostgreSQL {version}"));
    }
    let (replica, read_only): (bool, String) = (row.try_get("replica")?, row.try_get("read_only")?);
    match (replica, read_only.as_str()) {
        (true, _) => lines.warn("writes", "this is a replica, which takes none", "name the primary for what writes"),
        (_, "on") => lines.warn(
            "writes",
            "default_transaction_read_only is on for this role or database",
            "ALTER ROLE … RESET default_transaction_read_only, where it should write",
        ),
        _ => lines.ok("writes", "this is a primary, which takes them"),
    }
    Ok(())
}

pub(super) async fn role(tx: &mut Tx, lines: &mut Lines) -> Result<()> {
    let row = sqlx::query(
        "SELECT r.rolname::text AS name, r.rolsuper AS super, r.rolbypassrls AS bypass,
                coalesce((SELECT string_agg(m.rolname, ', ' ORDER BY m.rolname) FROM pg_roles m
                           WHERE m.rolname LIKE 'bursar\\_%' AND NOT r.rolsuper AND pg_has_role(r.oid, m.oid, 'USAGE')), '') AS roles,
                EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'bursar' AND pg_has_role(r.oid, n.nspowner, 'USAGE')) AS owner
           FROM pg_roles r WHERE r.rolname = current_user",
    )
    .fetch_one(&mut **tx)
    .await?;
    let (name, superuser, bypass): (String, bool, bool) =
        (row.try_get("name")?, row.try_get("super")?, row.try_get("bypass")?);
    let (roles, owner): (String, bool) = (row.try_get("roles")?, row.try_get("owner")?);
    let mut rights = Vec::new();
    if bypass {
        rights.push("sees what row level security hides".to_owned());
    }
    if owner {
        rights.push("owns bursar's schema: may migrate and change settings".to_owned());
    }
    if !roles.is_empty() {
        rights.push(format!("may do what {roles} may"));
    }
    if rights.is_empty() {
        rights.push("has no rights of bursar's".to_owned());
    }
    if superuser {
        lines.warn(
            "role",
            format!("{name} is a superuser: rights and policies do not restrict it"),
            "connect as a role of bursar_support or bursar_operator for daily work",
        );
    } else {
        lines.ok("role", format!("{name}: {}", rights.join("; ")));
    }
    Ok(())
}

pub(super) async fn tls(tx: &mut Tx, database: &Database, lines: &mut Lines) -> Result<()> {
    // Behind a pooler this is about the pooler's own connection to the server.
    let row = sqlx::query("SELECT ssl, coalesce(version, '') AS version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_optional(&mut **tx)
        .await?;
    let (on, version): (bool, String) = match row {
        Some(row) => (row.try_get("ssl")?, row.try_get("version")?),
        None => (false, String::new()),
    };
    let place = database.place(tx).await?;
    judge_tls(on, &version, database.target().is_verified(), &place, lines);
    Ok(())
}

fn judge_tls(on: bool, version: &str, verified: bool, place: &Place, lines: &mut Lines) {
    match (on, verified, place) {
        (true, true, _) => lines.ok("tls", format!("{version}, and the server's certificate was verified")),
        (true, false, _) => lines.warn(
            "tls",
            format!("{version}, but whose certificate it is was not looked at"),
            "add ?sslmode=verify-full to the URL, and sslrootcert where its authority is your own",
        ),
        (false, _, Place::Here) => lines.ok("tls", "none, and none is needed: the server is on this machine"),
        (false, _, Place::Behind(address)) => lines.warn(
            "tls",
            format!(
                "none, and the server{} is behind a port or a socket of this machine: a tunnel, a container or a pooler",
                address.as_ref().map(|address| format!(", which calls itself {address},")).unwrap_or_default()
            ),
            "make sure that what the port leads through is encrypted, or add ?sslmode=verify-full to the URL",
        ),
        (false, _, Place::Elsewhere) => lines.fail(
            "tls",
            &Error::refused("the connection is not encrypted, and it goes over a network")
                .hint("add ?sslmode=verify-full to the URL, and switch ssl on at the server"),
        ),
    }
}

/// The server's clock, asked between two looks at ours.
pub(super) async fn clock(
    tx: &mut Tx,
    before: chrono::DateTime<chrono::Utc>,
    after: chrono::DateTime<chrono::Utc>,
    lines: &mut Lines,
) -> Result<()> {
    let began: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT now()").fetch_one(&mut **tx).await?;
    judge_clock(began, before, after, lines);
    Ok(())
}

/// The server's time lies between ours of before and of after, unless a clock is wrong.
fn judge_clock(
    server: chrono::DateTime<chrono::Utc>,
    before: chrono::DateTime<chrono::Utc>,
    after: chrono::DateTime<chrono::Utc>,
    lines: &mut Lines,
) {
    let allowed = chrono::Duration::from_std(SKEW).unwrap_or_default();
    let apart = (before - server).max(server - after).max(chrono::Duration::zero());
    let seconds = apart.num_milliseconds() as f64 / 1000.0;
    if apart > allowed {
        let way = if server < before { "behind" } else { "ahead of" };
        lines.warn("clock", format!("the server's is {seconds:.1} s {way} this machine's"), "let both follow NTP");
    } else {
        lines.ok("clock", format!("the server's is within {:.1} s of this machine's", seconds.max(0.1)));
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};

    use super::{Lines, judge_clock, judge_tls};
    use crate::db::Place;
    use crate::inspect::CheckVerdict;

    #[test]
    fn clocks_that_are_apart_are_told_and_a_slow_answer_is_no_skew() {
        let before = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap();
        let judged = |server: i64, after: i64| {
            let mut lines = Lines::default();
            let at = |ms: i64| before + Duration::milliseconds(ms);
            judge_clock(at(server), before, at(after), &mut lines);
            (lines.0[0].verdict, lines.0[0].found.clone())
        };
        let ok = |s: &str| (CheckVerdict::Ok, format!("the server's is within {s} s of this machine's"));
        // It took a minute to connect, and the server's clock is anywhere within.
        assert_eq!(judged(59_000, 60_000), ok("0.1"));
        assert_eq!(judged(0, 60_000), ok("0.1"));
        assert_eq!(judged(-5_000, 10), ok("5.0"));
        assert_eq!(judged(5_010, 10), ok("5.0"));
        let said = |s: &str| (CheckVerdict::Warn, format!("the server's is {s} this machine's"));
        assert_eq!(judged(-5_001, 10), said("5.0 s behind"));
        assert_eq!(judged(7_000_010, 10), said("7000.0 s ahead of"));
    }

    #[test]
    fn what_goes_over_a_network_has_to_be_encrypted() {
        let judged = |on, verified, place: &Place| {
            let mut lines = Lines::default();
            judge_tls(on, "TLSv1.3", verified, place, &mut lines);
            (lines.0[0].verdict, lines.0[0].fix.is_some())
        };
        let behind = Place::Behind(Some("192.0.2.2:5432".to_owned()));
        for place in [&Place::Here, &Place::Elsewhere, &behind] {
            assert_eq!(judged(true, true, place), (CheckVerdict::Ok, false));
            assert_eq!(judged(true, false, place), (CheckVerdict::Warn, true));
        }
        for verified in [true, false] {
            assert_eq!(judged(false, verified, &Place::Here), (CheckVerdict::Ok, false));
            assert_eq!(judged(false, verified, &behind), (CheckVerdict::Warn, true));
            assert_eq!(judged(false, verified, &Place::Elsewhere), (CheckVerdict::Fail, true));
        }
    }
}
