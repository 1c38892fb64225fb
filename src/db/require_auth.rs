//! Which ways to sign in a server may ask for: libpq's `require_auth`.

use std::collections::BTreeSet;

use crate::error::{Error, Result};

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Method {
    None,
    Password,
    Md5,
    Gss,
    Sspi,
    Scram,
}

impl Method {
    pub const ALL: [Method; 6] =
        [Method::None, Method::Password, Method::Md5, Method::Gss, Method::Sspi, Method::Scram];

    /// Its name in libpq.
    pub fn name(self) -> &'static str {
        match self {
            Method::None => "none",
            Method::Password => "password",
            Method::Md5 => "md5",
            Method::Gss => "gss",
            Method::Sspi => "sspi",
            Method::Scram => "scram-sha-256",
        }
    }

    /// The way that a request of the server's is about.
    pub fn asked_by(code: u32) -> Option<Self> {
        Some(match code {
            3 => Method::Password,
            5 => Method::Md5,
            7 => Method::Gss,
            9 => Method::Sspi,
            10 => Method::Scram,
            _ => return None,
        })
    }
}

/// The ways that are allowed, where that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequireAuth(pub(super) BTreeSet<Method>);

impl RequireAuth {
    /// Reads a list as libpq does: the ways that are allowed, or each with a `!` those that are not.
    ///
    /// # Errors
    /// A usage error.
    pub fn parse(text: &str) -> Result<Self> {
        let known = || Method::ALL.map(Method::name).join(", ");
        let (mut named, mut negated) = (BTreeSet::new(), BTreeSet::new());
        for word in text.split(',') {
            let (set, name) = match word.trim().strip_prefix('!') {
                Some(name) => (&mut negated, name),
                None => (&mut named, word.trim()),
            };
            let Some(method) = Method::ALL.into_iter().find(|m| m.name() == name) else {
                return Err(Error::usage(format!("require_auth has no method '{name}'"))
                    .hint(format!("the methods are {}; with a ! before each, all others are allowed", known())));
            };
            if !set.insert(method) {
                return Err(Error::usage(format!("require_auth names {name} twice")));
            }
        }
        match (named.is_empty(), negated.is_empty()) {
            (false, false) => Err(Error::usage("require_auth has methods with a ! and methods without one")
                .hint("name those that are allowed, or each with a ! those that are not")),
            (true, _) => Ok(RequireAuth(Method::ALL.into_iter().filter(|m| !negated.contains(m)).collect())),
            (false, true) => Ok(RequireAuth(named)),
        }
    }

    /// The ways that are allowed, as a list that libpq reads.
    pub fn listed(&self) -> String {
        self.0.iter().map(|method| method.name()).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::{Method, RequireAuth};

    #[test]
    fn the_list_is_read_as_libpq_reads_it() {
        let read = |text: &str| RequireAuth::parse(text).map(|r| r.0.into_iter().collect::<Vec<_>>());
        assert_eq!(read("scram-sha-256").unwrap(), [Method::Scram]);
        assert_eq!(read("md5, scram-sha-256,none").unwrap(), [Method::None, Method::Md5, Method::Scram]);
        assert_eq!(read("!password,!md5,!none").unwrap(), [Method::Gss, Method::Sspi, Method::Scram]);
        for (wrong, why) in [
            ("", "no method ''"),
            ("scram", "no method 'scram'"),
            ("md5,", "no method ''"),
            ("md5,!password", "methods with a ! and methods without one"),
            ("md5,md5", "names md5 twice"),
            ("!md5,!md5", "names md5 twice"),
            ("SCRAM-SHA-256", "no method 'SCRAM-SHA-256'"),
        ] {
            assert!(read(wrong).unwrap_err().message().contains(why), "{wrong}");
        }
    }
}
