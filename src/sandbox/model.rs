//! The terms that the parts of a sandbox share.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::ffi::OsString;
use std::path::Path;

/// Looks up an environment variable. Passed in, so that a test decides what there is to find.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The superuser that `initdb` creates.
pub const SUPERUSER: &str = "postgres";

/// The URL of a database behind a Unix socket.
///
/// The host and the user are query parameters because this is the one form that both libpq and the
/// `url` crate accept: the crate refuses `user@` before an empty host.
pub(super) fn socket_url(socket_dir: &Path, port: u16, database: &str) -> String {
    let host = percent_encode(socket_dir.as_os_str().as_encoded_bytes(), RESERVED);
    let database = percent_encode(database.as_bytes(), RESERVED);
    format!("postgres:///{database}?host={host}&port={port}&user={SUPERUSER}")
}

/// Everything but RFC 3986's unreserved characters is escaped. Form encoding will not do: it writes
/// a space as `+`, which libpq takes literally.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_escape_what_libpq_and_the_url_crate_would_misread() {
        assert_eq!(
            socket_url(Path::new("/tmp/a b+c&d"), 5433, "my/db?"),
            "postgres:///my%2Fdb%3F?host=%2Ftmp%2Fa%20b%2Bc%26d&port=5433&user=postgres"
        );
        assert_eq!(percent_encode("é".as_bytes(), RESERVED).to_string(), "%C3%A9");
    }

    #[test]
    fn sqlx_reads_the_url_as_it_was_meant() {
        let url = socket_url(Path::new("/tmp/a b\"'%&+é"), 5433, "my db");
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        assert_eq!(options.get_socket().map(|p| p.as_path()), Some(Path::new("/tmp/a b\"'%&+é")));
        assert_eq!((options.get_port(), options.get_username()), (5433, SUPERUSER));
        assert_eq!(options.get_database(), Some("my db"));
    }
}
