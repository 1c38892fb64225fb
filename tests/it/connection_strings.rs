//! Connection strings and environments as hosters, psql and service files have them: each leads where it leads psql.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bursar::db::{Database, Limits, resolve_url};
use bursar::sandbox::{Binaries, Ephemeral, Options};
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::{bursar, connect, run, sample, until, wait};

/// A certificate of the first version, as `openssl x509 -req` makes it where nothing else is said, and its key.
const FIRST_VERSION: [(&str, &str); 2] = [
    (
        "server.crt",
        "-----BEGIN CERTIFICATE-----\n\
         MIIBJDCBywIUNV+vDydkPrHOXM9I3EBdJRW4ltAwCgYIKoZIzj0EAwIwFDESMBAG\n\
         A1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDAwMjY0NloYDzIxMDkwMTE5MDAyNjQ2\n\
         WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n\
         AARlJjiljFIAQ1L3xKeHDpkAg/cPLZIATKyaV9aHzWVLwcOpgFE00XzVh/L7gVOA\n\
         ptoO2o799HYgzkJRXS5UijadMAoGCCqGSM49BAMCA0gAMEUCIQChQ8aHIH39s2RF\n\
         YrB10ZeFluzOLdmwOAwofp3MMZr+3AIgIjPv8hpoyci4kZ8GQD48vdIuZznoWTwi\n\
         KjzUJVCCw2w=\n\
         -----END CERTIFICATE-----\n",
    ),
    (
        "server.key",
        "-----BEGIN EC PRIVATE KEY-----\n\
         MHcCAQEEIBwPXk0n+Wh4osqm8nyNGqXqS5/WOvxz/ZGk5p9Hq+ksoAoGCCqGSM49\n\
         AwEHoUQDQgAEZSY4pYxSAENS98Snhw6ZAIP3Dy2SAEysmlfWh81lS8HDqYBRNNF8\n\
         1Yfy+4FTgKbaDtqO/fR2IM5CUV0uVIo2nQ==\n\
         -----END EC PRIVATE KEY-----\n",
    ),
];

/// What a connection shows of itself.
const WHERE: &str = "SELECT current_database() || ' ' || current_user || ' ' || coalesce(inet_server_port()::text, 'socket') || ' '
    || (SELECT ssl::text || coalesce(' ' || version, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()) || ' ' || current_setting('work_mem')";

/// What bursar does.
enum Expected {
    /// The same as psql: it connects to the same, or fails.
    Same,
    /// It connects to what shows itself so. psql of this age does not know the parameter.
    Shows(&'static str),
    /// It refuses, and says this. psql does not matter.
    Refuses(&'static str),
}
use Expected::{Refuses, Same, Shows};

fn place(data: &Path, files: &[(&str, &str)]) {
    let owner = std::os::unix::fs::MetadataExt::uid(&data.metadata().unwrap());
    for (name, text) in files {
        let path = data.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        chown(&path, Some(owner), None).unwrap();
    }
}

/// Leads what comes over one stream to a port, and back.
macro_rules! lead {
    ($near:expr, $to:expr) => {{
        let (mut near, mut far) = ($near, std::net::TcpStream::connect(("127.0.0.1", $to)).unwrap());
        let (mut near_again, mut far_again) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut near, &mut far);
            let _ = far.shutdown(std::net::Shutdown::Write);
        });
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut far_again, &mut near_again);
            let _ = near_again.shutdown(std::net::Shutdown::Write);
        });
    }};
}

/// A port that leads to another one.
fn tunnel(to: u16) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().for_each(|near| lead!(near.unwrap(), to)));
    port
}

/// A Unix socket in a folder that leads to a port.
fn socket_tunnel(folder: &Path, to: u16) {
    let path = folder.join(format!(".s.PGSQL.{to}"));
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
    std::thread::spawn(move || listener.incoming().for_each(|near| lead!(near.unwrap(), to)));
}

/// A name, a certificate, and the files of a server whose certificate its key signed.
type Strange = (&'static str, String, [(&'static str, String); 2]);
/// A change of a certificate before it is made.
type Change<'a> = dyn Fn(&mut rcgen::CertificateParams) + 'a;
/// A URL, variables, and what bursar does.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Expected);

/// Certificates that may not vouch for a server, though webpki lets each, with a server's that its key signed.
fn strange_authorities() -> Vec<Strange> {
    let old = |params: &mut rcgen::CertificateParams| params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let authority = |params: &mut rcgen::CertificateParams| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    };
    let kinds: [(&'static str, &Change); 5] = [
        ("leaf", &|_| {}),
        ("expired", &|params| {
            authority(params);
            old(params);
        }),
        ("early", &|params| {
            authority(params);
            params.not_before = rcgen::date_time_ymd(3000, 1, 1);
        }),
        ("signs nothing", &|params| {
            authority(params);
            params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        }),
        ("for clients", &|params| {
            authority(params);
            params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        }),
    ];
    let made = kinds.map(|(name, change)| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["other.test".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        change(&mut params);
        let root = params.self_signed(&key).unwrap().pem();
        let issuer = rcgen::Issuer::new(params, key);
        let key = rcgen::KeyPair::generate().unwrap();
        let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let server = server.signed_by(&key, &issuer).unwrap().pem();
        (name, root, [("server.crt", server), ("server.key", key.serialize_pem())])
    });
    made.into()
}

#[test]
fn each_leads_where_it_leads_psql() {
    let var = |name: &str| std::env::var_os(name);
    let mut options = Options::from_env(&var);
    let six = std::net::TcpListener::bind("[::1]:0").is_ok();
    let listens = if six { "127.0.0.1,::1" } else { "127.0.0.1" };
    options.settings.push(("listen_addresses".to_owned(), listens.to_owned()));
    let server = Ephemeral::start(&Binaries::find(&var).unwrap(), &options).unwrap();
    let home = tempfile::tempdir().unwrap();
    let data = server.socket_dir().parent().unwrap().join("data");
    // As `openssl req -x509` makes it: an authority's, and the server's own.
    let own = rcgen::KeyPair::generate().unwrap();
    let mut certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    certificate.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = certificate.self_signed(&own).unwrap().pem();
    let root = home.path().join("own.crt");
    std::fs::write(&root, &certificate).unwrap();
    let hba = "local all all trust\nhostnossl all plain 127.0.0.1/32 scram-sha-256\nhostssl all plain all reject\n\
               hostssl all crypt all scram-sha-256\nhostnossl all crypt all reject\nhost all free,boss all trust\n\
               host all all all scram-sha-256\n";
    place(&data, &[("server.crt", &certificate), ("server.key", &own.serialize_pem()), ("pg_hba.conf", hba)]);
    let asks = |sql: &str| {
        let sql = sql.to_owned();
        wait(async { sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connect(&server.url("postgres")).await).await })
            .unwrap();
    };
    asks(
        "CREATE ROLE me LOGIN PASSWORD 'p@ss:w/rd'; CREATE ROLE plain LOGIN PASSWORD 'x'; CREATE ROLE crypt LOGIN PASSWORD 'x'; CREATE ROLE free LOGIN; CREATE ROLE boss LOGIN SUPERUSER",
    );
    for sql in
        ["CREATE DATABASE shop", "CREATE DATABASE \"far away\"", "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"]
    {
        asks(sql);
    }
    let (port, socket) = (server.port(), server.socket_dir().display().to_string());
    let (file, services) = (home.path().join("passwords"), home.path().join("services.conf"));
    std::fs::write(&file, format!("localhost:{port}:shop:me:p@ss\\:w/rd\n*:1:*:*:wrong\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(
        &services,
        format!("# ours\n[one]\nhost=localhost\nport={port}\nuser=free\ndbname=shop\n[list]\nhost=127.0.0.1,localhost\nport=1,{port}\nuser=free\n\
                 target_session_attrs=read-write\ndbname=shop\n[comment]\nhost=localhost\nport={port} # main\nuser=free\n\
                 [mode]\nhost=localhost\nport={port}\nsslmode=require # always\n"),
    )
    .unwrap();
    let filled = |text: &str| {
        let text = text.replace("{port}", &port.to_string()).replace("{socket}", &socket.replace('/', "%2F"));
        let text = text.replace("{root}", &root.display().to_string()).replace("{file}", &file.display().to_string());
        text.replace("{me}", "me:p%40ss%3Aw%2Frd").replace("{dead}", "127.0.0.1:1")
    };
    let clean = |command: &mut Command| {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PG")) {
            command.env_remove(name);
        }
        command.env("HOME", home.path()).env("PGSERVICEFILE", &services);
    };
    let psql = |url: &str, vars: &[(&str, String)]| {
        let mut command = Command::new("psql");
        clean(&mut command);
        let ran = run(command.args(["-X", "-A", "-t", "-w", "-d", url, "-c", WHERE]).envs(vars.iter().cloned()));
        (ran.code == 0).then(|| ran.stdout.trim().to_owned()).ok_or(ran.stderr)
    };
    let ours = |url: &str, vars: &[(&str, String)]| -> Result<String, (bursar::error::Kind, String)> {
        let var = |name: &str| {
            let given = vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            given.or_else(|| match name {
                "HOME" => Some(home.path().display().to_string()),
                "PGSERVICEFILE" => Some(services.display().to_string()),
                _ => None,
            })
        };
        let limits = Limits { connect: Duration::from_secs(10), statement: None };
        let shown = wait(async {
            let database = Database::new(resolve_url(url, "the URL", &var)?, "test", limits);
            let mut tx = database.read().await?;
            let row = sqlx::query(WHERE).fetch_one(&mut *tx).await?;
            let shown: String = row.try_get(0)?;
            tx.rollback().await?;
            Ok::<_, bursar::error::Error>(shown)
        });
        shown.map_err(|e| (e.kind, format!("{} {}", e.message(), e.hint.unwrap_or_default())))
    };
    let cases: &[Case] = &[
        ("postgres://{me}@localhost:{port}/shop", &[], Same),
        ("postgresql://{me}@127.0.0.1:{port}/shop?sslmode=disable", &[], Same),
        ("postgres://{me}@[::1]:{port}/shop", &[], if six { Same } else { Refuses("cannot connect") }),
        ("postgres://free@[::1]:{port},localhost:{port}/shop", &[], Same),
        ("postgres://free@{dead},localhost:{port}/shop", &[], Same),
        ("postgres://free@127.0.0.1,localhost:{port}/shop?connect_timeout=3", &[], Same),
        ("postgres://free@127.0.0.1,localhost/shop?port={port}", &[], Same),
        ("postgres://free@127.0.0.1,localhost/shop?port=1,{port},2", &[], Same),
        ("postgres://free@{dead},127.0.0.1:2/shop", &[], Same),
        ("postgres://me:wrong@localhost:{port},localhost:{port}/shop", &[], Same),
        (
            "postgres:///shop?host=localhost&port={port}&user=free&keepalives=1&keepalives_idle=9&tcp_user_timeout=9",
            &[],
            Same,
        ),
        ("postgres://free@{socket}/shop?port={port}", &[], Same),
        ("postgres://free@/shop?host={socket}&port={port}&sslmode=require", &[], Same),
        ("postgres://free@nowhere.invalid:{port}/shop?hostaddr=127.0.0.1", &[], Same),
        ("postgres://free@localhost:{port}/shop?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={root}", &[], Same),
        (
            "postgres://free@nowhere.invalid:{port}/shop?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={root}",
            &[],
            Same,
        ),
        ("postgres://free@127.0.0.1:{port}/shop?sslmode=verify-ca&sslrootcert={root}", &[], Same),
        ("postgres://free@127.0.0.1:{port}/shop?sslmode=verify-full&sslrootcert={root}", &[], Same),
        (
            "postgres://free@localhost:{port}/shop?sslmode=verify-full&sslrootcert=/nope.crt",
            &[],
            Refuses("sslrootcert names /nope.crt: No such file"),
        ),
        ("postgres://free@localhost:{port}/shop?sslmode=require&sslrootcert=/nope.crt", &[], Same),
        ("postgres://free@localhost:{port}/shop?sslrootcert=system", &[], Refuses("certificate")),
        ("postgres://free@localhost:{port}/shop?sslmode=require&sslrootcert=system", &[], Refuses("verify-full only")),
        ("postgres://{me}@localhost:{port}/shop?sslmode=require&channel_binding=prefer", &[], Same),
        ("postgres://{me}@localhost:{port}/shop?sslmode=require&channel_binding=require&sslrootcert={root}", &[], Same),
        ("postgres://{me}@localhost:{port}/shop?sslmode=require&channel_binding=require", &[], Refuses("TLS")),
        ("postgres://free@localhost:{port}/shop?channel_binding=require&sslrootcert={root}", &[], Same),
        ("postgres://{me}@localhost:{port}/shop?sslmode=disable&channel_binding=require", &[], Same),
        ("postgres://free@{socket}:{port}/shop?channel_binding=require", &[], Same),
        ("postgres://free@localhost:{port}/shop?target_session_attrs=read-write", &[], Same),
        ("postgres://free@localhost:{port}/shop?target_session_attrs=read-only", &[], Same),
        (
            "postgres://free@localhost:{port}/shop?target_session_attrs=standby",
            &[],
            Refuses("it is a primary, and target_session_attrs=standby"),
        ),
        ("postgres://free@localhost:{port},127.0.0.1:{port}/shop?target_session_attrs=prefer-standby", &[], Same),
        ("postgres://free@localhost:{port}/shop?target_session_attrs=primary&options=-c%20work_mem%3D7MB", &[], Same),
        (
            "postgres://free@localhost:{port}/shop?target_session_attrs=read-only&options=-c%20default_transaction_read_only%3Don",
            &[],
            Same,
        ),
        ("postgres://free@localhost:{port}/shop?target_session_attrs=any%20", &[], Same),
        ("postgres://free@localhost:{port}/shop?ssl_min_protocol_version=TLSv1.3&sslmode=require", &[], Same),
        ("postgres://free@localhost:{port}/shop?ssl_max_protocol_version=TLSv1.2&sslmode=require", &[], Same),
        (
            "postgres://free@localhost:{port}/shop?ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2",
            &[],
            Same,
        ),
        (
            "postgres://free@localhost:{port}/shop?fallback_application_name=x&gssencmode=disable&load_balance_hosts=disable",
            &[],
            Shows("shop free {port} true TLSv1.3 4MB"),
        ),
        (
            "postgres://free@localhost:{port}/shop?sslnegotiation=postgres&sslmode=require",
            &[],
            Shows("shop free {port} true TLSv1.3 4MB"),
        ),
        (
            "postgres://free@localhost:{port}/shop?sslnegotiation=direct",
            &[],
            Refuses("direct goes with sslmode=require"),
        ),
        ("postgres://free@localhost:{port}/shop?gssencmode=require", &[], Refuses("it does not encrypt by GSSAPI")),
        ("postgres://free@localhost:{port}/shop?sslcrl=/x", &[], Refuses("revoked")),
        ("postgres://plain:x@127.0.0.1:{port}/shop", &[], Same),
        ("postgres://plain:x@127.0.0.1:{port}/shop?sslmode=require", &[], Same),
        ("postgres://crypt:x@127.0.0.1:{port}/shop?sslmode=allow", &[], Same),
        ("postgres://me@localhost:{port}/shop?passfile={file}", &[], Same),
        ("postgres://me@127.0.0.1:{port}/shop?passfile={file}", &[], Same),
        ("postgres://free@:{port}/shop", &[("PGHOST", "localhost")], Same),
        (
            "postgres://",
            &[("PGHOST", "127.0.0.1,localhost"), ("PGPORT", "1,{port}"), ("PGUSER", "free"), ("PGDATABASE", "shop")],
            Same,
        ),
        ("postgres://", &[("PGHOST", "127.0.0.1,localhost"), ("PGPORT", "1,{port},3"), ("PGUSER", "free")], Same),
        ("postgres://free@localhost:{port}/shop", &[("PGTARGETSESSIONATTRS", "read-only")], Same),
        ("postgres://free@localhost:{port}/shop", &[("PGCHANNELBINDING", "require")], Same),
        ("postgres://free@localhost:{port}/shop", &[("PGSSLMAXPROTOCOLVERSION", "TLSv1.2")], Same),
        ("postgres://free@nowhere.invalid:{port}/shop", &[("PGHOSTADDR", "127.0.0.1")], Same),
        (
            "postgres://free@localhost:{port}/shop",
            &[("PGSSLNEGOTIATION", "often")],
            Refuses("PGSSLNEGOTIATION is 'often'"),
        ),
        ("postgres://", &[("PGSERVICE", "one")], Same),
        ("postgres:///postgres?service=list", &[], Same),
        ("postgres://?service=comment", &[], Refuses("a comment stands on a line of its own")),
        ("postgres://?service=mode", &[], Refuses("a comment stands on a line of its own")),
    ];
    let some = |each: usize, cases: &[Case]| {
        let mut wrong = Vec::new();
        for (url, vars, expected) in sample(cases, each) {
            let url = filled(url);
            let vars: Vec<(&str, String)> = vars.iter().map(|(name, value)| (*name, filled(value))).collect();
            let ours = ours(&url, &vars);
            let fits = match expected {
                Same => {
                    let theirs = psql(&url, &vars);
                    let fits = ours.as_ref().ok() == theirs.as_ref().ok();
                    if !fits {
                        wrong.push(format!("{url} {vars:?}\n  psql: {theirs:?}"));
                    }
                    fits
                }
                Shows(shown) => ours.as_ref().ok() == Some(&filled(shown)),
                Refuses(why) => ours.as_ref().is_err_and(|(_, said)| said.contains(why)),
            };
            if !fits {
                wrong.push(format!("{url} {vars:?}\n  ours: {ours:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    };
    let compare = |cases: &[Case]| some(1, cases);
    some(4, cases);

    // Whom nobody verifies may have a certificate of the first version.
    place(&data, &FIRST_VERSION);
    asks("SELECT pg_reload_conf()");
    let plain = filled("postgres://free@localhost:{port}/shop?sslmode=verify-ca&sslrootcert={root}");
    until("the other certificate", || psql(&plain, &[]).is_err());
    compare(&[
        ("postgres://free@localhost:{port}/shop", &[], Same),
        ("postgres://free@localhost:{port}/shop?sslmode=require", &[], Same),
        ("postgres://free@localhost:{port}/shop?sslmode=verify-ca&sslrootcert={root}", &[], Same),
    ]);

    // Who is let in afterwards has the new files.
    let loaded = || -> String {
        wait(async {
            let sql = "SELECT pg_conf_load_time()::text";
            sqlx::query_scalar(sql).fetch_one(&mut connect(&server.url("postgres")).await).await
        })
        .unwrap()
    };
    let reload = || {
        let before = loaded();
        asks("SELECT pg_reload_conf()");
        until("the new configuration", || loaded() != before);
    };

    // Nobody vouches who may not, whether alone or in a bundle.
    for (name, strange, pair) in sample(strange_authorities(), 2) {
        place(&data, &pair.each_ref().map(|(name, text)| (*name, text.as_str())));
        reload();
        let bundle = format!("{strange}{certificate}");
        for text in [&strange, &bundle] {
            std::fs::write(&root, text).unwrap();
            for mode in ["verify-ca", "verify-full"] {
                let url =
                    filled(&format!("postgres://free@localhost:{{port}}/shop?sslmode={mode}&sslrootcert={{root}}"));
                let (theirs, ours) = (psql(&url, &[]), ours(&url, &[]));
                let refused = ours.as_ref().is_err_and(|(_, said)| said.contains("TLS: "));
                assert!(theirs.is_err() && refused, "{name} {mode}: {theirs:?} {ours:?}");
            }
        }
        std::fs::write(&root, &strange).unwrap();
        let said = ours(&filled("postgres://free@localhost:{port}/shop?sslmode=verify-full&sslrootcert={root}"), &[]);
        let why = match name {
            "leaf" => "UnknownIssuer",
            "expired" | "early" => "whose certificates have expired or are not valid yet",
            _ => "certificate",
        };
        assert!(said.as_ref().is_err_and(|(_, said)| said.contains(why)), "{name}: {said:?}");
    }
    std::fs::write(&root, &certificate).unwrap();
    // Its own certificate is taken from the server that it is of, and no authority's.
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
    place(&data, &[("server.crt", &leaf), ("server.key", &key.serialize_pem())]);
    reload();
    std::fs::write(&root, &leaf).unwrap();
    let plain = filled("postgres://free@localhost:{port}/shop?sslmode=verify-full&sslrootcert={root}");
    compare(&[
        ("postgres://free@localhost:{port}/shop?sslmode=verify-full&sslrootcert={root}", &[], Same),
        ("postgres://free@127.0.0.1:{port}/shop?sslmode=verify-full&sslrootcert={root}", &[], Same),
        ("postgres://free@127.0.0.1:{port}/shop?sslmode=verify-ca&sslrootcert={root}", &[], Same),
    ]);

    // A key that others may read signs nobody in.
    let own_key = home.path().join("own.key");
    std::fs::write(&own_key, key.serialize_pem()).unwrap();
    let with_key = format!("{plain}&sslcert={}&sslkey={}", root.display(), own_key.display());
    for (mode, is_taken) in [(0o644, false), (0o600, true)] {
        std::fs::set_permissions(&own_key, std::fs::Permissions::from_mode(mode)).unwrap();
        let (theirs, ours) = (psql(&with_key, &[]), ours(&with_key, &[]));
        assert!(theirs.is_ok() == is_taken && ours.is_ok() == is_taken, "{mode:o}: {theirs:?} {ours:?}");
        assert!(is_taken || ours.is_err_and(|(_, said)| said.contains("chmod 600 ")));
    }

    // Passwords of the folder of a socket, and none at all.
    let hba = "local all me scram-sha-256\nlocal all all trust\nhost all free,boss all trust\nhost all all all scram-sha-256\n";
    place(&data, &[("pg_hba.conf", hba)]);
    reload();
    let by_socket = filled("postgres://me@{socket}:{port}/shop?passfile={file}");
    for (line, is_taken) in [("localhost", false), (socket.as_str(), true)] {
        std::fs::write(&file, format!("{line}:{port}:shop:me:p@ss\\:w/rd\n")).unwrap();
        let (theirs, ours) = (psql(&by_socket, &[]), ours(&by_socket, &[]));
        let fits = theirs.is_ok() == is_taken
            && match &ours {
                Ok(_) => is_taken,
                Err((_, said)) => {
                    !is_taken
                        && said.contains("none was supplied")
                        && said.contains(&format!("{socket}:{port}:shop:me:PASSWORD"))
                }
            };
        assert!(fits, "{line}: {theirs:?} {ours:?}");
    }
    std::fs::copy(&file, home.path().join(".pgpass")).unwrap();
    let usual = filled("postgres://me@{socket}:{port}/shop");
    for (mode, is_taken) in [(0o640, false), (0o600, true)] {
        std::fs::set_permissions(home.path().join(".pgpass"), std::fs::Permissions::from_mode(mode)).unwrap();
        let (theirs, ours) = (psql(&usual, &[]), ours(&usual, &[]));
        assert!(theirs.is_ok() == is_taken && ours.is_ok() == is_taken, "{mode:o}: {theirs:?} {ours:?}");
        assert!(is_taken || ours.is_err_and(|(_, said)| said.contains("chmod 600 ")));
    }

    // A list of what is revoked counts where libpq looks at it.
    std::fs::create_dir(home.path().join(".postgresql")).unwrap();
    std::fs::write(home.path().join(".postgresql/root.crl"), "revoked").unwrap();
    compare(&[
        (
            "postgres://free@localhost:{port}/shop?sslmode=verify-full&sslrootcert={root}",
            &[],
            Refuses("root.crl lists revoked"),
        ),
        ("postgres://free@localhost:{port}/shop?sslrootcert={root}", &[], Refuses("root.crl lists revoked")),
        ("postgres://free@localhost:{port}/shop?sslmode=disable&sslrootcert={root}", &[], Same),
        ("postgres://free@localhost:{port}/shop?sslmode=require", &[], Same),
        ("postgres://free@{socket}:{port}/shop?sslrootcert={root}", &[], Same),
    ]);

    // A socket may lead elsewhere too: the server sees a port.
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    socket_tunnel(folder.path(), port);
    for (host, is_here) in [(folder.path().display().to_string(), false), (socket.clone(), true)] {
        let url = format!("postgres://boss@{}:{port}/far%20away", host.replace('/', "%2F"));
        let doctor = run(bursar().args(["doctor", "-o", "json", "-d", &url])).stdout;
        let expected =
            if is_here { "the server is on this machine" } else { "is behind a port or a socket of this machine" };
        assert!(doctor.contains(expected), "{host}: {doctor}");
    }

    // Through a tunnel it is not known to be here. A title that does not tell the database stands for a server whose
    // processes this machine does not have.
    let far = |port: u16, arguments: &[&str]| {
        run(bursar()
            .args(arguments)
            .args(["-d", &format!("postgres://boss@127.0.0.1:{port}/far%20away?sslmode=disable")]))
    };
    let tunnel = tunnel(port);
    far(tunnel, &["migrate", "up", "--only", "bursar", "--yes"])
        .exits(4)
        .says("behind a port or a socket of this machine");
    let doctor = far(tunnel, &["doctor", "-o", "json"]).stdout;
    assert!(
        doctor.contains("is behind a port or a socket of this machine: a tunnel")
            && doctor.contains(&format!("127.0.0.1:{port}")),
        "{doctor}"
    );
    let doctor = far(port, &["doctor", "-o", "json"]).stdout;
    assert!(
        doctor.contains("none is needed: the server is on this machine") && doctor.contains("it is not protected"),
        "{doctor}"
    );
    assert!(doctor.contains("none: the server sees the connection of this process"), "{doctor}");

    // A hoster is told by its roles.
    asks("CREATE ROLE rds_superuser");
    let doctor = far(port, &["doctor", "-o", "json"]).stdout;
    assert!(doctor.contains("Amazon RDS, as the role rds_superuser tells"), "{doctor}");

    // What an error says of several servers.
    let url = filled("postgres://free@{dead},127.0.0.1:2/shop");
    let ran = run(bursar().args(["audit", "-d", &url])).exits(5);
    ran.says("cannot connect to postgres://free@127.0.0.1:1,127.0.0.1:2/shop: 127.0.0.1:1: Connection refused");
}
