//! `require_auth`, and a password that does not go over the network in clear text.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::connection::{PASSWORD, SECURED};
use crate::support::nonsense::{Fake, auth, columns, message, row, startup};
use crate::support::{Ran, bursar, lock, run};

/// A server that asks for a way to sign in and keeps what it is told. It never lets anybody in.
struct Asks {
    fake: Fake,
    told: Arc<Mutex<Vec<u8>>>,
}

impl Asks {
    fn with(address: &str, requests: Vec<u8>) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let play = move |client: &mut TcpStream| {
            startup(client, b'N')?;
            client.write_all(&requests)?;
            client.set_read_timeout(Some(Duration::from_secs(1)))?;
            let mut bytes = [0; 1000];
            while let Ok(n @ 1..) = std::io::Read::read(client, &mut bytes) {
                lock(&heard).extend(&bytes[..n]);
            }
            Ok(())
        };
        Asks { fake: Fake::start_at(address, Arc::new(play)), told }
    }

    /// An audit of the server, as a host of this name.
    fn audit(&self, host: &str, query: &str, var: &[(&str, &str)]) -> Ran {
        let url = self.fake.url().replace("127.0.0.1", host);
        let limits = ["--connect-timeout", "1s"];
        run(bursar().args(["audit", "-d", &format!("{url}{query}")]).args(limits).envs(var.iter().copied()))
    }

    fn heard(&self, text: &str) -> bool {
        lock(&self.told).windows(text.len()).any(|w| w == text.as_bytes())
    }
}

/// A name of this machine that does not look like one, as that of another machine.
const ELSEWHERE: &str = "127.1";

#[test]
fn a_password_goes_in_clear_text_only_to_this_machine_or_where_that_is_asked_for() {
    let clear = || Asks::with("127.0.0.1", auth(3, b""));
    for query in ["", "?sslmode=prefer", "?sslmode=disable", "?sslmode=allow"] {
        let server = clear();
        let ran = server.audit(ELSEWHERE, query, &[]).exits(5).says("the server asks for the password in clear text");
        ran.says("nothing was sent").says("sslmode=verify-full").says("require_auth=password");
        assert!(!server.heard("secret"), "{query}");
    }
    for (host, query, var) in [
        ("127.0.0.1", "", &[][..]),
        ("localhost", "", &[]),
        (ELSEWHERE, "?require_auth=password", &[]),
        (ELSEWHERE, "?require_auth=!md5", &[]),
        (ELSEWHERE, "", &[("PGREQUIREAUTH", "md5,password")]),
    ] {
        let server = clear();
        server.audit(host, query, var).exits(5);
        assert!(server.heard("secret"), "{host}{query}");
    }
    // A hash of it is another thing.
    let server = Asks::with("127.0.0.1", auth(5, b"salt"));
    server.audit(ELSEWHERE, "", &[]).exits(5);
    assert!(server.heard("md5"));
}

#[test]
fn a_server_is_told_nothing_that_require_auth_does_not_allow() {
    let (clear, md5, scram, gss) = (auth(3, b""), auth(5, b"salt"), auth(10, b"SCRAM-SHA-256\0\0"), auth(7, b""));
    for (query, requests, name) in [
        ("scram-sha-256", &clear, "password"),
        ("scram-sha-256", &md5, "md5"),
        ("scram-sha-256", &gss, "gss"),
        ("md5", &scram, "scram-sha-256"),
        ("!md5,!password", &md5, "md5"),
        ("none", &clear, "password"),
        // What is asked second counts too, and what is asked after the consent.
        ("scram-sha-256,none", &[auth(0, b""), clear.clone()].concat(), "password"),
        ("md5", &[md5.clone(), clear.clone()].concat(), "password"),
    ] {
        for host in ["127.0.0.1", ELSEWHERE] {
            let server = Asks::with("127.0.0.1", requests.clone());
            let ran = server.audit(host, &format!("?require_auth={query}"), &[]).exits(5);
            ran.says(&format!("the server asks for {name}, which require_auth does not allow"));
            assert!(!server.heard("secret"), "{query}");
        }
    }
    // A server that asks for nothing proves nothing.
    for query in ["scram-sha-256", "!none"] {
        let server = Asks::with("127.0.0.1", auth(0, b""));
        server.audit("127.0.0.1", &format!("?require_auth={query}"), &[]).exits(5).says("does not ask who signs in");
    }
    for (query, var) in
        [("?require_auth=scram", &[][..]), ("?require_auth=md5,!none", &[]), ("", &[("PGREQUIREAUTH", "x")])]
    {
        let server = Asks::with("127.0.0.1", clear.clone());
        server.audit("127.0.0.1", query, var).exits(2).says("require_auth");
        assert!(!server.heard("secret"));
    }
}

#[test]
fn what_is_allowed_works() {
    let status = |host: &str, parameters: &str| {
        let url = SECURED.url(host, parameters);
        run(bursar().args(["migrate", "status", "--app", "mimivibe", "-d", &url]).env("PGPASSWORD", PASSWORD))
    };
    for list in ["scram-sha-256", "md5,scram-sha-256", "!none,!password,!md5"] {
        status("127.0.0.1", &format!("sslmode=disable&require_auth={list}")).ok();
        status(ELSEWHERE, &format!("sslmode=disable&require_auth={list}")).ok();
    }
    // To another machine the way leads through the gate, in clear text as in TLS that the server offers.
    for mode in ["disable", "prefer", "require"] {
        // A certificate has a name of letters.
        status("LOCALHOST", &format!("sslmode={mode}")).ok();
    }
    // Inside TLS too.
    for mode in ["prefer", "require"] {
        status("localhost", &format!("sslmode={mode}&require_auth=scram-sha-256")).ok();
        let ran = status("localhost", &format!("sslmode={mode}&require_auth=md5")).exits(5);
        ran.says("the server asks for scram-sha-256, which require_auth does not allow");
    }
}

#[test]
fn a_server_that_sends_nonsense_is_bounded_behind_the_gate_too() {
    for requests in [
        vec![b'R', 0, 0, 0, 0],
        vec![b'R', 0xff, 0xff, 0xff, 0xff],
        auth(99, b""),
        auth(5, b""),
        row(&[b"1"]),
        [auth(0, b""), message(b'Z', b"?"), auth(3, b"")].concat(),
        [auth(0, b""), message(b'Z', b"I"), columns(&[23; 3])].concat(),
    ] {
        let server = Asks::with("127.0.0.1", requests.clone());
        let ran = server.audit(ELSEWHERE, "?require_auth=none,scram-sha-256,md5", &[]);
        assert!(ran.code == 5 && !ran.stderr.contains("panicked"), "{requests:?}: {ran:?}");
        assert!(!server.heard("secret"), "{requests:?}");
    }
}
