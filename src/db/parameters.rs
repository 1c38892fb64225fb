//! libpq's parameters: which bursar acts on, which change nothing for it, and which it has to refuse.
//!
//! Source of the names and the variables: PostgreSQL manual, "Database Connection Control Functions" and "Environment
//! Variables". One that would be ignored silently could make a connection less safe than its owner believes.

use std::collections::BTreeMap;

use nix::unistd::{User, geteuid};

use crate::error::{Error, Result};

/// What bursar does with a parameter.
enum Use {
    /// It acts on it.
    Acts,
    /// It changes nothing about which data is read or how safely.
    Harmless,
    /// It takes these values, which ask for nothing that it does not do; the reason that it takes no others.
    Only(&'static [&'static str], &'static str),
}
use Use::{Acts, Harmless, Only};

const ON_SWITCH: &[&str] = &["0", "1"];

/// Each parameter, its variable, and what is done with it.
const ALL: &[(&str, Option<&str>, Use)] = &[
    ("host", Some("PGHOST"), Acts),
    ("hostaddr", Some("PGHOSTADDR"), Acts),
    ("port", Some("PGPORT"), Acts),
    ("user", Some("PGUSER"), Acts),
    ("password", Some("PGPASSWORD"), Acts),
    ("passfile", None, Acts),
    ("dbname", Some("PGDATABASE"), Acts),
    ("options", Some("PGOPTIONS"), Acts),
    ("application_name", Some("PGAPPNAME"), Acts),
    ("service", Some("PGSERVICE"), Acts),
    ("servicefile", Some("PGSERVICEFILE"), Acts),
    ("sslmode", Some("PGSSLMODE"), Acts),
    ("sslnegotiation", Some("PGSSLNEGOTIATION"), Acts),
    ("sslrootcert", Some("PGSSLROOTCERT"), Acts),
    ("sslcert", Some("PGSSLCERT"), Acts),
    ("sslkey", Some("PGSSLKEY"), Acts),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION"), Acts),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION"), Acts),
    ("channel_binding", Some("PGCHANNELBINDING"), Acts),
    ("require_auth", Some("PGREQUIREAUTH"), Acts),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS"), Acts),
    ("gssencmode", Some("PGGSSENCMODE"), Only(&["disable", "prefer"], "it does not encrypt by GSSAPI")),
    ("sslcertmode", Some("PGSSLCERTMODE"), Only(&["allow"], "it sends a certificate where the server asks for one")),
    ("sslsni", Some("PGSSLSNI"), Only(&["1"], "it always tells the server the host's name")),
    ("sslcrl", Some("PGSSLCRL"), Only(&[], "it reads no lists of revoked certificates")),
    ("sslcrldir", Some("PGSSLCRLDIR"), Only(&[], "it reads no lists of revoked certificates")),
    ("sslpassword", None, Only(&[], "it reads no key with a passphrase")),
    ("sslkeylogfile", None, Only(&[], "it writes no keys of TLS")),
    ("requirepeer", Some("PGREQUIREPEER"), Only(&[], "it does not look which user runs the server")),
    ("replication", None, Only(&["0", "false", "off", "no"], "it does not replicate")),
    ("min_protocol_version", Some("PGMINPROTOCOLVERSION"), Only(&["3.0"], "it speaks version 3.0 of the protocol")),
    ("gssdelegation", Some("PGGSSDELEGATION"), Only(&["0"], "it does not sign in by GSSAPI")),
    ("scram_client_key", None, Only(&[], "it signs in by a password")),
    ("scram_server_key", None, Only(&[], "it signs in by a password")),
    ("oauth_issuer", None, Only(&[], "it does not sign in by OAuth")),
    ("oauth_client_id", None, Only(&[], "it does not sign in by OAuth")),
    ("max_protocol_version", Some("PGMAXPROTOCOLVERSION"), Harmless),
    ("sslcompression", Some("PGSSLCOMPRESSION"), Only(ON_SWITCH, "it is a switch")),
    ("client_encoding", Some("PGCLIENTENCODING"), Harmless),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT"), Harmless),
    ("fallback_application_name", None, Harmless),
    ("keepalives", None, Acts),
    ("keepalives_idle", None, Acts),
    ("keepalives_interval", None, Acts),
    ("keepalives_count", None, Acts),
    ("tcp_user_timeout", None, Acts),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS"), Harmless),
    ("krbsrvname", Some("PGKRBSRVNAME"), Harmless),
    ("gsslib", Some("PGGSSLIB"), Harmless),
    ("pgbouncer", None, Harmless),
];

/// The place that a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Url,
    Service(String),
    Variable(&'static str),
    /// The user of this process.
    Machine,
}

/// The parameters of one target, with the place of each.
#[derive(Debug)]
pub(super) struct Parameters {
    source: String,
    values: BTreeMap<String, (String, Origin)>,
}

impl Parameters {
    /// Completes what a URL says by its service and by the environment, as libpq does.
    ///
    /// # Errors
    /// Usage errors: an unknown parameter, one that bursar cannot heed, a service that is not there.
    pub fn collect(
        given: BTreeMap<String, String>,
        source: &str,
        var: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Parameters> {
        let values = given.into_iter().map(|(key, value)| (key, (value, Origin::Url))).collect();
        let mut all = Parameters { source: source.to_owned(), values };
        if let Some(name) = all.get("service").map(str::to_owned).or_else(|| var("PGSERVICE")) {
            let file = all.get("servicefile").map(str::to_owned).or_else(|| var("PGSERVICEFILE"));
            for (key, value) in super::service::read(&name, file, var)? {
                if !value.is_empty() {
                    all.values.entry(key).or_insert((value, Origin::Service(name.clone())));
                }
            }
        }
        for (key, variable, _) in ALL {
            if let Some(variable) = variable
                && let Some(value) = var(variable)
            {
                all.values.entry((*key).to_owned()).or_insert((value, Origin::Variable(variable)));
            }
        }
        all.judge()?;
        // As in libpq, whatever $USER says. sqlx would say "anonymous".
        if all.get("user").is_none() {
            all.values.insert("user".to_owned(), (user()?, Origin::Machine));
        }
        Ok(all)
    }

    fn judge(&self) -> Result<()> {
        for (key, (value, origin)) in &self.values {
            let found = ALL.iter().find(|(name, ..)| name == key);
            match found.map(|(.., used)| used) {
                Some(Acts | Harmless) => {}
                Some(Only(taken, _)) if taken.contains(&value.as_str()) => {}
                Some(Only(_, why)) => return Err(self.wrong(key, &format!("bursar cannot heed it: {why}"))),
                None if key.starts_with("options[") => {}
                None => {
                    return Err(match origin {
                        Origin::Service(name) => {
                            Error::usage(format!("service '{name}' has the unknown parameter '{key}'"))
                        }
                        _ => self.unusable(&format!("it has the unknown parameter '{key}'")),
                    });
                }
            }
        }
        Ok(())
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|(value, _)| value.as_str())
    }

    /// Those that sqlx adds to by itself, where they do not come from the environment.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(|(key, (value, origin))| {
            let is_setting = key == "options" || key.starts_with("options[");
            (is_setting && !matches!(origin, Origin::Variable(_))).then_some((key.as_str(), value.as_str()))
        })
    }

    /// The parts of a list with commas.
    pub fn list(&self, key: &str) -> Vec<&str> {
        self.get(key).map(|value| value.split(',').map(str::trim).collect()).unwrap_or_default()
    }

    /// The error of a URL that is wrong.
    pub fn unusable(&self, why: &str) -> Error {
        unusable(&self.source, why)
    }

    /// The error of a value, with the place that it came from. What a URL says is not repeated, because it may belong to
    /// a password that was not escaped.
    pub fn wrong(&self, key: &str, why: &str) -> Error {
        match self.values.get(key) {
            Some((value, Origin::Variable(variable))) => Error::usage(format!("{variable} is '{value}': {why}")),
            Some((value, Origin::Service(name))) => {
                let error = Error::usage(format!("service '{name}' sets {key} to '{value}': {why}"));
                match value.contains('#') {
                    true => error.hint("in a service file a comment stands on a line of its own"),
                    false => error,
                }
            }
            _ => self.unusable(&format!("{key}: {why}")),
        }
    }
}

/// The name of the user that this process acts as.
fn user() -> Result<String> {
    let id = geteuid();
    User::from_uid(id).ok().flatten().map(|user| user.name).ok_or_else(|| {
        Error::usage(format!("no database user was named, and this machine has no name for its user {id}"))
            .hint("name the user in the URL, or set PGUSER")
    })
}

/// The error of a URL that is wrong.
pub(super) fn unusable(source: &str, why: &str) -> Error {
    Error::usage(format!("{source} is no usable database URL: {why}"))
        .hint("the form is postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full")
}
