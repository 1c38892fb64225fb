//! The form of a connection URI, as libpq reads it: several hosts with ports of their own, IPv6 addresses in brackets,
//! parameters. The `url` crate knows none of the first two.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// The parameters that a URI names, by libpq's names; `host` and `port` are lists. The error never repeats a part of the
/// URI, because any part may belong to a password that was not escaped.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let rest = match text.split_once("://") {
        Some(("postgres" | "postgresql", rest)) => rest,
        Some((scheme, _)) if scheme.bytes().all(|b| b.is_ascii_alphabetic()) => {
            return Err(format!("its scheme is '{scheme}', not postgres"));
        }
        _ => return Err("it does not begin with postgres://".to_owned()),
    };
    let mut found = BTreeMap::new();
    let mut rest = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => {
            let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
            set(&mut found, "user", decoded(user)?);
            set(&mut found, "password", decoded(password)?);
            &rest[at + 1..]
        }
        _ => rest,
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let keys = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    // Part of a password, then, which must not be taken for a database and shown as one.
    if place.contains('@') || keys.into_iter().any(|key| key.contains('@')) {
        return Err("a '/' within a password has to be written as %2F, and an '@' as %40".to_owned());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    loop {
        let host;
        if let Some(inner) = rest.strip_prefix('[') {
            let end =
                inner.find(']').filter(|end| *end > 0).ok_or("the '[' of an IPv6 address has no address and ']'")?;
            (host, rest) = (&inner[..end], &inner[end + 1..]);
        } else {
            (host, rest) = rest.split_at(rest.find([':', '/', '?', ',']).unwrap_or(rest.len()));
        }
        let mut port = "";
        if let Some(behind) = rest.strip_prefix(':') {
            (port, rest) = behind.split_at(behind.find(['/', '?', ',']).unwrap_or(behind.len()));
        }
        hosts.push(decoded(host)?);
        ports.push(decoded(port)?);
        let Some(next) = rest.strip_prefix(',') else { break };
        rest = next;
    }
    for (key, list) in [("host", hosts), ("port", ports)] {
        if list.iter().any(|one| !one.is_empty()) {
            set(&mut found, key, list.join(","));
        }
    }
    if let Some(name) = rest.strip_prefix('/') {
        set(&mut found, "dbname", decoded(name.split('?').next().unwrap_or_default())?);
    } else if !rest.is_empty() && !rest.starts_with('?') {
        return Err("behind the ']' of an IPv6 address stands neither ':', '/', ',' nor '?'".to_owned());
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or("a parameter has no '='")?;
        match (decoded(key)?.as_str(), decoded(value)?.as_str()) {
            // JDBC's.
            ("ssl", "true") => set(&mut found, "sslmode", "require".to_owned()),
            (key, value) => set(&mut found, key, value.to_owned()),
        }
    }
    Ok(found)
}

/// Empty counts as not given, as in libpq.
fn set(found: &mut BTreeMap<String, String>, key: &str, value: String) {
    if !value.is_empty() {
        found.insert(key.to_owned(), value);
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let escapes = text.match_indices('%').all(|(at, _)| {
        text.get(at + 1..at + 3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()) && hex != "00")
    });
    let decoded = percent_decode_str(text).decode_utf8().ok().filter(|_| escapes);
    decoded
        .map(String::from)
        .ok_or_else(|| "a '%' is not followed by two digits of an escape; write it as %25".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_uri_is_read_as_libpq_reads_it() {
        for (uri, expected) in [
            ("postgres://", ""),
            ("postgresql:///db", "dbname=db"),
            (
                "postgres://u:p%40+w@[::1]:5/db?sslmode=require",
                "dbname=db host=::1 password=p@+w port=5 sslmode=require user=u",
            ),
            ("postgres://u:a?b#c@h", "host=h password=a?b#c user=u"),
            ("postgres://h1,h2:5/db", "dbname=db host=h1,h2 port=,5"),
            ("postgres://[::1],[fe80::1]:6/", "host=::1,fe80::1 port=,6"),
            ("postgres://%2Ftmp/db", "dbname=db host=/tmp"),
            ("postgres://u@/db?host=/tmp&ssl=true", "dbname=db host=/tmp sslmode=require user=u"),
            ("postgres://u@?port=7&", "port=7 user=u"),
        ] {
            let found: Vec<String> = parse(uri).unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
            assert_eq!(found.join(" "), expected, "{uri}");
        }
        for uri in [
            "postgres://u:a/b@h/x",
            "postgres://[::1",
            "postgres://[::1]x/",
            "h/x",
            "postgres://h/x?a",
            "postgres://h/%0",
        ] {
            assert!(parse(uri).is_err(), "{uri}");
        }
    }
}
