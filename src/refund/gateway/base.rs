//! Where a gateway is called, and where its key may go.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{Error, Result};

/// The address to call: the gateway's `own`, or the one that the variable `name` holds.
///
/// # Errors
/// A usage error where a live key would leave the gateway, a key would go over a network in plain
/// text, or the address is none.
pub(super) fn base(name: &str, given: Option<&str>, own: &str, live: bool) -> Result<Url> {
    let own = parse(name, own)?;
    let Some(given) = given else { return Ok(own) };
    let url = parse(name, given)?;
    if live && url != own {
        return Err(Error::usage(format!("{name} names another address than {own}, and the key is a live one"))
            .hint(format!("unset {name}, or use a test key: a live key goes to the gateway itself only")));
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && is_local(&url)) {
        return Err(Error::usage(format!("{name} is neither https nor on this machine"))
            .hint("use https; plain http is for 127.0.0.1, ::1 and localhost only, since the key travels with it"));
    }
    Ok(url)
}

fn parse(name: &str, text: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| {
        let bare = url.username().is_empty() && url.password().is_none();
        url.has_host() && bare && url.query().is_none() && url.fragment().is_none()
    });
    // The text is not repeated: there may be a password in it.
    url.ok_or_else(|| {
        Error::usage(format!("{name} is not the address of a server"))
            .hint(format!("write it as `{name}=https://host` or `{name}=http://127.0.0.1:8000`"))
    })
}

/// True where the address is of this machine.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::base;
    use crate::error::Kind;

    const OWN: &str = "https://gateway.example";

    #[test]
    fn a_key_goes_to_the_gateway_or_over_tls_or_stays_on_this_machine() {
        for (given, live) in [
            (None, true),
            (Some("https://gateway.example/"), true),
            (Some("https://gateway.example:443"), true),
            (Some("https://elsewhere.example"), false),
            (Some("http://127.0.0.1:8000"), false),
            (Some("http://[::1]:8000/prefix"), false),
            (Some("http://localhost:8000"), false),
        ] {
            assert!(base("X_API_BASE", given, OWN, live).is_ok(), "{given:?}");
        }
    }

    #[test]
    fn every_other_address_is_a_usage_error_with_a_hint() {
        for (given, live, why) in [
            ("https://elsewhere.example", true, "live"),
            ("http://127.0.0.1:8000", true, "live"),
            ("https://gateway.example:8443", true, "live"),
            ("http://gateway.example", true, "live"),
            ("http://elsewhere.example", false, "neither https"),
            ("http://127.0.0.1.example", false, "neither https"),
            ("http://localhost.example", false, "neither https"),
            ("http://0.0.0.0:8000", false, "neither https"),
            ("ftp://127.0.0.1", false, "neither https"),
            ("https://user:s3cr3t@host", false, "not the address"),
            ("https://host?x=1", false, "not the address"),
            ("unix:/x", false, "not the address"),
            ("s3cr3t", false, "not the address"),
        ] {
            let error = base("X_API_BASE", Some(given), OWN, live).expect_err(given);
            assert_eq!(error.kind, Kind::Usage);
            assert!(error.message().contains(why) && error.hint.is_some(), "{given}: {error:?}");
            assert!(!error.message().contains("s3cr3t"));
        }
    }
}
