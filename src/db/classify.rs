//! What a failure of the database means: the one mapping from SQLSTATE to [`Kind`].
//! Source of the codes: PostgreSQL manual, appendix A.

use std::borrow::Cow;

use sqlx::postgres::PgDatabaseError;

use super::sqlstate;
use super::waits::holder;
use crate::error::{Error, Kind};

/// The kind of a SQLSTATE.
pub fn kind_of(sqlstate: &str) -> Kind {
    match sqlstate {
        // Wrong password, unknown role or database, too many connections, shutting down, starting up.
        sqlstate::INVALID_CATALOG_NAME
        | sqlstate::TOO_MANY_CONNECTIONS
        | sqlstate::ADMIN_SHUTDOWN
        | sqlstate::CRASH_SHUTDOWN
        | sqlstate::CANNOT_CONNECT_NOW
        | sqlstate::IDLE_SESSION_TIMEOUT => Kind::Connection,
        code if code.starts_with("08") || code.starts_with("28") => Kind::Connection,
        // insufficient_privilege; read_only_sql_transaction, as on a replica.
        sqlstate::INSUFFICIENT_PRIVILEGE | sqlstate::READ_ONLY_SQL_TRANSACTION => Kind::Refused,
        // Raised by bursar's own functions: BR0 and the exit code.
        sqlstate::BURSAR_USAGE => Kind::Usage,
        sqlstate::BURSAR_REFUSED => Kind::Refused,
        sqlstate::BURSAR_CONFLICT => Kind::Conflict,
        // lock_not_available, deadlock_detected, serialization_failure, object_in_use.
        sqlstate::LOCK_NOT_AVAILABLE
        | sqlstate::DEADLOCK_DETECTED
        | sqlstate::SERIALIZATION_FAILURE
        | sqlstate::OBJECT_IN_USE => Kind::Conflict,
        _ => Kind::Failed,
    }
}

/// The hint of a refusal (42501) where no role is known that would help.
pub const NO_PRIVILEGE: &str = "connect as the owner of the tables, or have the privilege granted";

fn hint_for(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        sqlstate::INVALID_PASSWORD | sqlstate::INVALID_AUTHORIZATION_SPECIFICATION => {
            "check the user and the password: PGPASSWORD, ~/.pgpass, or the URL"
        }
        sqlstate::INVALID_CATALOG_NAME => "create it with `createdb NAME`, or name another database",
        sqlstate::TOO_MANY_CONNECTIONS => "the server has no connection left: try again, or raise max_connections",
        sqlstate::CANNOT_CONNECT_NOW => "the server is starting or stopping: try again in a moment",
        sqlstate::INSUFFICIENT_PRIVILEGE => NO_PRIVILEGE,
        sqlstate::READ_ONLY_SQL_TRANSACTION => {
            "the transaction is read-only: the server is a standby, or default_transaction_read_only is on for it"
        }
        sqlstate::QUERY_CANCELED => "a statement was cancelled: by a timeout, by another session, or by Ctrl-C",
        _ => return None,
    })
}

/// As much of a server's text as is shown, in characters.
const SHOWN: usize = 2_000;

/// A server's text, cut where it is long: it may be of any length, and is shown on a terminal.
/// Its lines are indented, so that none of them looks like one of bursar's own.
pub fn cut(text: &str) -> Cow<'_, str> {
    let text = if text.contains('\n') { Cow::Owned(text.replace('\n', "\n    ")) } else { Cow::Borrowed(text) };
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => Cow::Owned(format!("{}… ({} bytes more)", &text[..at], text.len() - at)),
        None => text,
    }
}

fn not_understood(why: &str) -> Error {
    Error::new(Kind::Connection, format!("the server's answer was not understood: {}", cut(why)))
}

pub(super) fn no_tls(why: &dyn std::error::Error) -> Error {
    let why = why.to_string();
    // OpenSSL made such certificates for long where nobody asked for extensions, and libpq takes them.
    if why.contains("UnsupportedCertVersion") {
        return Error::new(Kind::Connection, "TLS: the certificate of the server has X.509 version 1, which cannot be verified")
            .hint("give the server one of version 3: openssl req -x509 -new -nodes -newkey rsa:2048 -subj /CN=HOST -addext subjectAltName=DNS:HOST -keyout server.key -out server.crt; `sslmode=require` in the URL, without sslrootcert, connects and verifies nothing");
    }
    Error::new(Kind::Connection, format!("TLS: {}", cut(&why)))
        .hint("check sslmode and sslrootcert in the URL; `sslmode=verify-full` needs a certificate that names the host")
}

/// A row of bursar's own that is there already: somebody wrote it at the same time, or past bursar.
fn taken(e: &PgDatabaseError) -> Error {
    let (what, next) = match e.constraint().unwrap_or_default() {
        "refunds_gateway_ref_key" => ("another refund has this id of the gateway", "bursar refund show ID"),
        "refunds_one_open_per_payment" => ("another refund of the payment is open", "bursar refund resume"),
        "adjustments_one_open_per_balance" => {
            ("another adjustment of the balance awaits approval", "bursar wallet adjustments")
        }
        "acknowledgements_app_fingerprint_key" => {
            ("this is acknowledged already; the operator log may not know it", "bursar operations verify")
        }
        _ => ("somebody else wrote the same just now", "run the same command again"),
    };
    let table = e.table().unwrap_or_default();
    let row = e.detail().map(|detail| format!("; {}", cut(detail))).unwrap_or_default();
    let mut error = Error::new(Kind::Conflict, format!("{what}: bursar.{table} holds it (SQLSTATE {}){row}", e.code()));
    error.sqlstate = Some(e.code().to_owned());
    error.hint(next)
}

/// An error that the server sent.
fn said(e: &PgDatabaseError) -> Error {
    let message = match e.message() {
        "" => Cow::Borrowed("an error without a message"),
        message => cut(message),
    };
    // Five digits and capitals; without them it is no error of PostgreSQL's.
    if e.code().len() != 5 || !e.code().bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return not_understood(&format!("{message}, without an SQLSTATE"));
    }
    let of_pooler = e.message().contains("statement pooling mode");
    if let (sqlstate::UNIQUE_VIOLATION, Some("bursar")) = (e.code(), e.schema()) {
        return taken(e);
    }
    let mut message = format!("{message} (SQLSTATE {})", e.code());
    let waited = matches!(e.code(), sqlstate::LOCK_NOT_AVAILABLE | sqlstate::QUERY_CANCELED).then(holder).flatten();
    if let Some(holder) = &waited {
        message.push_str(&format!(": it waited for {}", holder.lock()));
    }
    if let Some(detail) = e.detail() {
        message.push_str(&format!("; {}", cut(detail)));
    }
    let mut classified = Error::new(kind_of(e.code()), message);
    classified.sqlstate = Some(e.code().to_owned());
    let hint = e.hint().map(|hint| cut(hint).into_owned()).or_else(|| hint_for(e.code()).map(str::to_owned));
    classified.hint = waited.map(|holder| holder.remedy).or(hint);
    if of_pooler {
        classified.hint = Some(
            "the pooler has pool_mode = statement, where no transaction can be had: name the server's own address, or a pool in the \
             mode transaction or session"
                .to_owned(),
        );
    }
    classified
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let Some(e) = error.as_database_error().and_then(|e| e.try_downcast_ref::<PgDatabaseError>()) {
            return said(e);
        }
        match error {
            sqlx::Error::Configuration(e) => {
                Error::usage(format!("wrong connection settings: {}", cut(&e.to_string())))
            }
            // So a handshake ends that did not come to an agreement, as about a certificate.
            sqlx::Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => no_tls(&e),
            sqlx::Error::Io(e) => Error::new(Kind::Connection, e),
            sqlx::Error::Tls(e) => no_tls(&*e),
            sqlx::Error::Protocol(e) => not_understood(&e),
            // An answer, but not to what was asked.
            e @ (sqlx::Error::RowNotFound
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::Decode(_)) => not_understood(&e.to_string()),
            other => Error::new(Kind::Failed, cut(&other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, SHOWN, cut, kind_of};

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(cut("é"), "é");
        assert_eq!(cut(&"é".repeat(SHOWN)).chars().count(), SHOWN);
        let long = cut(&"é".repeat(3_000_000)).into_owned();
        assert!(long.ends_with("é… (5996000 bytes more)"), "{}", &long[long.len() - 60..]);
    }

    #[test]
    fn a_certificate_that_is_too_old_is_named() {
        let why = std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "invalid peer certificate: Other(OtherError(UnsupportedCertVersion))",
        );
        let error = crate::error::Error::from(sqlx::Error::Io(why));
        assert!(error.message().contains("X.509 version 1"), "{}", error.message());
        assert!(error.hint.is_some_and(|hint| hint.contains("sslmode=require")));
    }

    #[test]
    fn each_class_of_sqlstate_has_its_kind() {
        for (code, kind) in [
            ("28P01", Kind::Connection),
            ("3D000", Kind::Connection),
            ("08006", Kind::Connection),
            ("57P01", Kind::Connection),
            ("42501", Kind::Refused),
            ("25006", Kind::Refused),
            ("55P03", Kind::Conflict),
            ("40P01", Kind::Conflict),
            ("BR002", Kind::Usage),
            ("BR004", Kind::Refused),
            ("BR007", Kind::Conflict),
            ("57014", Kind::Failed),
            ("42P01", Kind::Failed),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }
}
