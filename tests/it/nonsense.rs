//! Servers that send nonsense: whatever it is, the command ends in time, within bounded memory, with exit 5 and
//! words that fit on a screen.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::nonsense::{
    Fake, Play, asked, auth, began, claims, columns, error, message, row, signed_in, startup, without_end,
};
use crate::support::{Ran, Starts as _, bursar, sample};

/// What is allowed beyond the time limit: for asking the server to cancel, and for a machine that has other work.
const MARGIN: Duration = Duration::from_secs(20);

/// As much memory as a command may have had, in KiB.
const MEMORY: u64 = 1_700_000;

/// Runs a command to its end, which has to come; and how much memory it had at most, in KiB.
fn bounded(command: &mut Command) -> (Ran, u64) {
    let mut child = command.starts_quietly();
    let started = Instant::now();
    let mut memory = 0;
    // What it writes is drained meanwhile, so that it cannot stand still for that.
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let drain = |mut from: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            from.read_to_end(&mut text).map(|_| text).unwrap()
        })
    };
    let (out, err) = (drain(Box::new(out)), drain(Box::new(err)));
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak =
            status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok());
        memory = memory.max(peak.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > Duration::from_secs(2) + MARGIN {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it still ran: {}", String::from_utf8_lossy(&err.join().unwrap()));
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| String::from_utf8(thread.join().unwrap()).unwrap();
    (Ran { stdout: text(out), stderr: text(err), code: status.code().unwrap_or(-1) }, memory)
}

fn fails(fake: &Fake, what: &str, command: &[&str]) -> Ran {
    let limits = ["--connect-timeout", "1s", "--timeout", "2s"];
    let (ran, memory) = bounded(bursar().args(command).args(limits).args(["-d", &fake.url()]));
    assert_eq!(ran.code, 5, "{what}, {command:?}: {ran:?}");
    assert!(
        ran.stderr.starts_with("error: ")
            || ran.stderr.contains("\"kind\":\"connection\"")
            || ran.stderr.contains("\nerror: "),
        "{what}, {command:?}: {ran:?}"
    );
    assert!(ran.stderr.len() < 10_000, "{what}, {command:?}: {} bytes", ran.stderr.len());
    for never in ["panicked", "RUST_BACKTRACE", "(SQLSTATE )", "error:  ", "/registry/"] {
        assert!(!ran.stderr.contains(never), "{what}, {command:?}: {ran:?}");
    }
    assert!(memory < MEMORY, "{what}, {command:?}: {memory} KiB");
    ran
}

/// Runs each case on some threads, and each command of it.
fn all(cases: Vec<(&'static str, Play)>, commands: &[&[&str]]) {
    let cases: Vec<_> = sample(cases, 3).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((what, play)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fake = Fake::start(Arc::clone(play));
                    for command in commands {
                        fails(&fake, what, command);
                    }
                }
            });
        }
    });
}

fn play(play: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Play {
    Arc::new(play)
}

/// Sends this in answer to the start, and waits for what comes.
fn at_first(bytes: Vec<u8>) -> Play {
    play(move |client| {
        startup(client, b'N')?;
        client.write_all(&bytes)?;
        hold(client)
    })
}

/// Keeps the connection until the client closes it.
fn hold(client: &mut TcpStream) -> std::io::Result<()> {
    std::io::copy(client, &mut std::io::sink()).map(|_| ())
}

/// Begins SCRAM, and continues it with this.
fn scram(rest: Vec<u8>) -> Play {
    play(move |client| {
        startup(client, b'N')?;
        client.write_all(&auth(10, b"SCRAM-SHA-256\0\0"))?;
        client.write_all(&rest)?;
        hold(client)
    })
}

/// A text that fills a terminal many times.
fn long() -> Vec<u8> {
    b"all is lost ".repeat(500_000)
}

/// Parameters of ever new names, as many as fit into a buffer, and so on.
fn parameters(client: &mut TcpStream) -> std::io::Result<()> {
    for n in 0_u64.. {
        let many: Vec<u8> = (0..1000).flat_map(|i| message(b'S', format!("p{n}_{i}\0value\0").as_bytes())).collect();
        client.write_all(&many)?;
    }
    Ok(())
}

const NOTICE: &[u8] = b"SNOTICE\0VNOTICE\0C00000\0Mhear this\0\0";

#[test]
fn nonsense_at_the_start_is_a_connection_error() {
    let full = |message: &[u8]| error(&[(b'S', b"FATAL"), (b'V', b"FATAL"), (b'C', b"28P01"), (b'M', message)]);
    let cases: Vec<(&str, Play)> = vec![
        ("bytes at random", at_first(b"\x93\x11\xfe\x00\x01HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())),
        ("a web server", at_first(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec())),
        ("a length of 0", at_first(claims(b'R', 0, b""))),
        ("a length of 1", at_first(claims(b'R', 1, b""))),
        ("a length of 3", at_first(claims(b'R', 3, b"\0\0\0"))),
        ("no body", at_first(message(b'R', b""))),
        ("a length of 2 GiB", at_first(claims(b'R', 0x7fff_ffff, b""))),
        ("a length of -1", at_first(claims(b'R', 0xffff_ffff, b"\0\0\0\0"))),
        ("a length of -2 GiB", at_first(claims(b'R', 0x8000_0000, b"\0\0\0\0"))),
        ("a request of no kind", at_first(auth(99, b""))),
        ("a request for Kerberos", at_first(auth(7, b""))),
        ("MD5 without its salt", at_first(auth(5, b""))),
        ("MD5 with half its salt", at_first(auth(5, b"ab"))),
        ("SASL of nothing", at_first(auth(10, b""))),
        ("SASL without an end", at_first(auth(10, b"SCRAM-SHA-256"))),
        ("SASL of a kind with a long name", at_first(auth(10, &[&long()[..], b"\0\0"].concat()))),
        ("SCRAM without a challenge", scram(auth(11, b""))),
        ("SCRAM with half a challenge", scram(auth(11, b"r"))),
        ("SCRAM with an empty part", scram(auth(11, b"r=a,,i=1"))),
        ("SCRAM with a salt that is none", scram(auth(11, b"r=a,s=!!!,i=1"))),
        ("SCRAM of many rounds", scram(auth(11, b"r=a,s=AAAA,i=4294967295"))),
        ("SCRAM of less than no rounds", scram(auth(11, b"r=a,s=AAAA,i=-1"))),
        ("SCRAM that is not UTF-8", scram(auth(11, b"r=\xff,s=AAAA,i=1"))),
        ("SCRAM that ends at once", scram(auth(0, b""))),
        ("SCRAM without a proof", scram([auth(11, b"r=a,s=AAAA,i=1"), auth(12, b"")].concat())),
        ("SCRAM with a wrong proof", scram([auth(11, b"r=a,s=AAAA,i=1"), auth(12, b"v=AAAA")].concat())),
        ("ready before anything", at_first(message(b'X', b""))),
        ("half a key", at_first([auth(0, b""), message(b'K', b"ab")].concat())),
        ("half a readiness", at_first([auth(0, b""), message(b'Z', b"")].concat())),
        ("a readiness of no kind", at_first([auth(0, b""), message(b'Z', b"?")].concat())),
        ("a parameter without an end", at_first([auth(0, b""), message(b'S', b"server_version")].concat())),
        ("a row", at_first(row(&[b"1"]))),
        ("an error of 6 MB", at_first(full(&long()))),
        ("an error with a code of 6 MB", at_first(error(&[(b'S', b"FATAL"), (b'C', &long()), (b'M', b"no")]))),
        ("an error of a severity of 6 MB", at_first(error(&[(b'V', &long()), (b'C', b"28P01"), (b'M', b"no")]))),
        ("an error without fields", at_first(error(&[]))),
        ("an error without a body", at_first(message(b'E', b""))),
        ("an error without a message", at_first(error(&[(b'S', b"FATAL"), (b'V', b"FATAL"), (b'C', b"28P01")]))),
        ("an error without an end", at_first(message(b'E', b"SFATAL\0Mall is lo"))),
        ("an error that is not UTF-8", at_first(full(b"\xe4\xf6\xfc"))),
        ("an end", play(|client| startup(client, b'N'))),
        ("no answer", play(hold)),
        ("an end before anything", play(|_| Ok(()))),
        ("TLS of no kind", play(|client| startup(client, b'?').and_then(|()| hold(client)))),
        ("TLS that ends", play(|client| startup(client, b'S'))),
        (
            "TLS that is none",
            play(|client| {
                startup(client, b'S')?;
                client.write_all(b"SSH-2.0-OpenSSH_9.2\r\n")?;
                hold(client)
            }),
        ),
        (
            "notices without end",
            play(|client| {
                startup(client, b'N')?;
                without_end(client, &message(b'N', NOTICE))
            }),
        ),
        (
            "parameters without end",
            play(|client| {
                startup(client, b'N')?;
                parameters(client)
            }),
        ),
        (
            "consent without end",
            play(|client| {
                startup(client, b'N')?;
                without_end(client, &auth(0, b""))
            }),
        ),
        (
            "a message without end",
            play(|client| {
                startup(client, b'N')?;
                client.write_all(&claims(b'R', 0xffff_fff0, b""))?;
                without_end(client, &[0; 1 << 16])
            }),
        ),
    ];
    all(cases, &[&["audit"], &["migrate", "up", "--only", "bursar", "--yes"]]);
}

#[test]
fn nonsense_after_the_sign_in_is_a_connection_error() {
    let ends = || [message(b'C', b"SELECT 1\0"), message(b'Z', b"T")].concat();
    let answers: Vec<(&str, Vec<u8>)> = vec![
        ("a length of 0", claims(b'T', 0, b"")),
        ("columns that are not there", message(b'T', &[0xff, 0xff])),
        ("columns without a count", message(b'T', b"")),
        ("a column without an end", message(b'T', b"\0\x01name")),
        ("65,535 columns, and no row", [columns(&vec![23; 65_535]), ends()].concat()),
        ("65,535 columns in each row", [columns(&[23, 20]), message(b'D', &[0xff, 0xff]), ends()].concat()),
        ("a row without a count", [columns(&[23, 20]), message(b'D', b""), ends()].concat()),
        ("a short row", [columns(&[23, 20]), message(b'D', b"\0\x02\0\0\0\x09ab"), ends()].concat()),
        ("a row with a length of -2", [columns(&[23, 20]), message(b'D', b"\0\x02\xff\xff\xff\xfe"), ends()].concat()),
        (
            "a row with a length of 2 GiB",
            [columns(&[23, 20]), message(b'D', b"\0\x02\x7f\xff\xff\xff"), ends()].concat(),
        ),
        ("fewer columns than were described", [columns(&[23, 20]), row(&[b"1"]), ends()].concat()),
        ("values of another type", [columns(&[25, 25]), row(&[b"a", b"b"]), ends()].concat()),
        ("numbers that are none", [columns(&[23, 20]), row(&[b"one", b""]), ends()].concat()),
        ("a row that nobody described", [row(&[b"1", b"1"]), ends()].concat()),
        ("no row", ends()),
        ("nothing but readiness", message(b'Z', b"T")),
        ("no readiness", [columns(&[23, 20]), message(b'C', b"SELECT 0\0")].concat()),
        ("a readiness of no kind", message(b'Z', b"?")),
        ("a command's end that is no text", [message(b'C', b"\xff\xff"), message(b'Z', b"T")].concat()),
        ("a wish for rows", message(b'G', b"\0\0\0")),
        ("rows that nobody asked for", [message(b'H', b"\0\0\0"), message(b'd', b"a\n"), message(b'c', b"")].concat()),
        ("both at once", message(b'W', b"\0\0\0")),
        ("a request to sign in", auth(5, b"")),
        ("a message of no kind", message(b'?', b"")),
        ("a long message of no kind", message(b'?', &long())),
        ("parameters of a statement", message(b't', b"\xff\xff")),
        ("a notification without an end", message(b'A', b"\0\0")),
        (
            "an error of 6 MB",
            error(&[
                (b'S', b"FATAL"),
                (b'V', b"FATAL"),
                (b'C', b"08006"),
                (b'M', &long()),
                (b'D', &long()),
                (b'H', &long()),
            ]),
        ),
        ("an error without a code", [error(&[(b'S', b"ERROR"), (b'M', b"no")]), message(b'Z', b"E")].concat()),
        ("an error without fields", [error(&[]), message(b'Z', b"E")].concat()),
        ("no answer", Vec::new()),
        ("a length of 2 GiB", claims(b'T', 0x7fff_ffff, b"")),
    ];
    let mut cases: Vec<(&str, Play)> = Vec::new();
    for (what, answer) in answers {
        for before in [0, 1] {
            let answer = answer.clone();
            cases.push((
                what,
                play(move |client| {
                    signed_in(client)?;
                    for _ in 0..before {
                        asked(client)?;
                        client.write_all(&began())?;
                    }
                    loop {
                        asked(client)?;
                        client.write_all(&answer)?;
                    }
                }),
            ));
        }
    }
    all(cases, &[&["audit"], &["inspect"], &["migrate", "up", "--only", "bursar", "--yes"]]);
}

#[test]
fn what_has_no_end_is_ended() {
    let endless = |before: usize, bytes: Vec<u8>, then: Vec<u8>| {
        play(move |client| {
            signed_in(client)?;
            for _ in 0..before {
                asked(client)?;
                client.write_all(&began())?;
            }
            asked(client)?;
            client.write_all(&bytes)?;
            without_end(client, &then)
        })
    };
    let rows = row(&[b"1", b"1"]);
    let mut cases: Vec<(&str, Play)> = Vec::new();
    for before in [0, 1] {
        cases.push(("notices without end", endless(before, Vec::new(), message(b'N', NOTICE))));
        cases.push(("rows without end", endless(before, columns(&[23, 20]), rows.clone())));
        cases.push(("ends of commands without end", endless(before, Vec::new(), message(b'C', b"SELECT 0\0"))));
        cases.push(("a message without end", endless(before, claims(b'T', 0xffff_fff0, b""), vec![0; 1 << 16])));
        cases.push((
            "a row without end",
            endless(before, [columns(&[23, 20]), claims(b'D', 0xffff_fff0, b"")].concat(), vec![0; 1 << 16]),
        ));
        cases.push(("copied rows without end", endless(before, message(b'H', b"\0\0\0"), message(b'd', b"a\n"))));
        cases.push((
            "parameters without end",
            play(move |client| {
                signed_in(client)?;
                for _ in 0..before {
                    asked(client)?;
                    client.write_all(&began())?;
                }
                asked(client)?;
                parameters(client)
            }),
        ));
        cases.push((
            "one byte a second",
            play(move |client| {
                signed_in(client)?;
                for _ in 0..before {
                    asked(client)?;
                    client.write_all(&began())?;
                }
                asked(client)?;
                for byte in columns(&[23; 100]) {
                    client.write_all(&[byte])?;
                    std::thread::sleep(Duration::from_millis(300));
                }
                Ok(())
            }),
        ));
    }
    all(cases, &[&["audit"], &["migrate", "up", "--only", "bursar", "--yes"]]);
}

#[test]
fn what_a_server_says_is_cut_and_never_empty() {
    let say = |fields: &[(u8, &[u8])]| {
        let bytes = error(fields);
        let fake = Fake::start(at_first(bytes));
        fails(&fake, "an error", &["audit"]).stderr
    };
    let text = say(&[(b'S', b"FATAL"), (b'V', b"FATAL"), (b'C', b"28P01"), (b'M', &long())]);
    assert!(text.contains("all is lost all is lost") && text.contains(" bytes more) (SQLSTATE 28P01)"), "{text}");
    let text = say(&[(b'S', b"FATAL"), (b'V', b"FATAL"), (b'C', b"28P01"), (b'M', b"")]);
    assert!(text.contains("an error without a message (SQLSTATE 28P01)"), "{text}");
    let text = say(&[]);
    assert!(
        text.contains("the server's answer was not understood: an error without a message, without an SQLSTATE"),
        "{text}"
    );
    let fake = Fake::start(at_first(claims(b'R', 0, b"")));
    let text = fails(&fake, "a length of 0", &["audit", "-o", "json"]).stderr;
    assert!(text.contains("the server's answer was not understood"), "{text}");
}
