//! A Redis that is not there, does not let us in, does not answer, or answers something else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Server, command, id, queue, streams};
use crate::support::{bursar, file, run};

/// A socket in front of a Redis.
pub(super) struct Proxy {
    directory: tempfile::TempDir,
}

impl Proxy {
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.directory.path().join("proxy.sock").display())
    }
}

/// Looks at bytes before they are passed on, and says whether they are.
type Each = Box<dyn Fn(&[u8]) -> bool + Send>;

/// A socket that passes everything on, but for the answer to a request that holds this word.
pub(super) fn loses_the_answer_to(word: &'static str, redis: &Server) -> Proxy {
    let proxy = Proxy { directory: tempfile::tempdir().unwrap() };
    let listener = UnixListener::bind(proxy.directory.path().join("proxy.sock")).unwrap();
    let behind = redis.socket();
    std::thread::spawn(move || {
        let (client, server) = (listener.accept().unwrap().0, UnixStream::connect(behind).unwrap());
        let lost = Arc::new(AtomicBool::new(false));
        let loses = Arc::clone(&lost);
        let pass = |mut from: UnixStream, mut to: UnixStream, each: Each| {
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(read @ 1..) = from.read(&mut buffer) {
                    if !each(&buffer[..read]) || to.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(std::net::Shutdown::Both);
            })
        };
        let held = |bytes: &[u8]| bytes.windows(word.len()).any(|w| w == word.as_bytes());
        let request = move |bytes: &[u8]| {
            loses.fetch_or(held(bytes), Ordering::SeqCst);
            true
        };
        let (to, from) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        pass(client, to, Box::new(request));
        pass(server, from, Box::new(move |_: &[u8]| !lost.load(Ordering::SeqCst)));
    });
    proxy
}

#[test]
fn a_redis_that_is_not_there_or_does_not_let_us_in_is_told_in_plain_words_and_no_password_is_shown() {
    let db = queue(&[(1, "queued", 0, "")]);
    let ends = |url: &str, code: i32, says: &str| {
        let ran = run(&mut command(&db, url, &["--connect-timeout", "1s"])).exits(code);
        assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
        assert!(ran.stderr.contains(says) && ran.stdout.is_empty(), "'{says}' is not in {ran:?}");
    };
    ends("redis+unix:///nowhere/redis.sock", 5, "cannot reach Redis at redis+unix://[/nowhere/redis.sock]/0");
    ends("redis://ada:s3cret@127.0.0.1:1", 5, "start Redis, or name another one in REDIS_URL");
    ends("redis://ada:s3cret@nowhere.invalid", 5, "cannot reach Redis at redis://ada@nowhere.invalid:6379/0");
    ends("redis://ada:s3cret/x@127.0.0.1", 2, "REDIS_URL is no usable URL of a Redis");
    ends("", 2, "no Redis was named");
    // One that listens and says nothing, and one that speaks another language.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    ends(&format!("redis://{}", silent.local_addr().unwrap()), 5, "did not answer within 1s");
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = web.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut client, _)) = web.accept() {
            let _ = client.read(&mut [0; 100]).and_then(|_| client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        }
    });
    ends(&format!("redis://{address}"), 5, "is not Redis");

    // A password, and a user who may not do everything.
    let redis = Server::with(|_| ["--requirepass", "s3cret"].map(str::to_owned).to_vec());
    let url = |user: &str, password: &str| format!("{}?user={user}&pass={password}", redis.url());
    ends(&redis.url(), 5, "wants us to sign in");
    ends(&url("default", "wrong"), 5, "set REDIS_URL with USER:PASSWORD@ before the host");
    let (default, ada) = (url("default", "s3cret"), url("ada", "s3cret-too"));
    let mut admin = redis::Client::open(default.clone()).unwrap().get_connection().unwrap();
    for words in [
        "XGROUP CREATE jobs workers 0 MKSTREAM",
        "SET other text",
        "ACL SETUSER ada on >s3cret-too ~jobs +exists +time +xinfo +xpending",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        redis::cmd(words[0]).arg(&words[1..]).exec(&mut admin).unwrap();
    }
    run(&mut command(&db, &default, &[])).exits(3).tells("✗ 1 lost");
    ends(&default.replace("default", "nobody"), 5, "does not let us sign in");
    redis::cmd("XADD").arg(&["jobs", "*", "job_id", &id(1)]).exec(&mut admin).unwrap();
    ends(&ada, 4, "reading needs the commands");
    run(&mut command(&db, &default, &[])).exits(0).tells("✓ the streams and the jobs agree");
    run(&mut command(&db, &default, &["--stream", "other"])).exits(1).says("the stream other").says("WRONGTYPE");
    run(&mut command(&db, &default, &["--group", "others"])).exits(3).tells("the stream jobs has no group others");
}

#[test]
fn tls_is_only_for_a_server_that_proves_which_it_is_and_a_file_of_a_folder_is_not_believed() {
    let db = queue(&[]);
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let redis = Server::with(|directory| {
        let file = |name: &str, text: String| {
            let path = directory.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (chain, key) =
            (file("cert.pem", certificate.cert.pem()), file("key.pem", certificate.signing_key.serialize_pem()));
        let port = port.to_string();
        ["--tls-port", &port, "--tls-cert-file", &chain, "--tls-key-file", &key, "--tls-auth-clients", "no"]
            .map(str::to_owned)
            .to_vec()
    });
    redis.tell::<()>("XGROUP CREATE jobs workers 0 MKSTREAM");
    let url = format!("rediss://localhost:{port}");
    run(&mut command(&db, &url, &[])).exits(5).says("cannot reach Redis at rediss://localhost:");
    let trusted = redis.socket().with_file_name("cert.pem");
    run(command(&db, &url, &[]).env("SSL_CERT_FILE", &trusted)).ok();
    run(command(&db, &url.replace("localhost", "127.0.0.1"), &[]).env("SSL_CERT_FILE", &trusted)).exits(5);
    run(&mut command(&db, &format!("{url}#insecure"), &[])).exits(2).says("it has no fragment");

    let folder = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let with_file = |text: &str| {
        std::fs::write(folder.path().join("bursar.toml"), text).unwrap();
        let mut command = bursar();
        command.args(["jobs", "streams"]).env("DATABASE_URL", db.url()).env("HOME", home.path());
        run(command.current_dir(folder.path()))
    };
    with_file(&format!("[redis]\nurl = '{}'\n", redis.url())).ok();
    with_file("[redis]\nurl_command = 'echo redis://localhost'\n")
        .exits(4)
        .says("[redis] runs a command")
        .says("bursar config trust");
    with_file("[redis]\nurl_env = 'HOME'\n").exits(4);
    with_file("[redis]\nurl = 'redis://db.example'\n").exits(4).says("is not on this machine");
    with_file("[redis]\nurl = 'redis://localhost'\nurl_env = 'X'\n").exits(2).says("[redis] needs exactly one of");
    with_file("").exits(2).says("no Redis was named");
    streams(&db, &redis, &["--dry-run"]).exits(2).says("add --requeue");
}

#[test]
fn a_pack_may_have_streams_of_kinds_and_what_makes_no_sense_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(file("packs/mimivibe")).arg(folder.path()).status();
    assert!(copied.unwrap().success());
    let pack = folder.path().join("mimivibe");
    let text = std::fs::read_to_string(pack.join("pack.toml")).unwrap();
    let (before, rest) = text.split_once("[[jobs.streams]]").unwrap();
    let after = rest.split_once("\n\n").unwrap().1;
    let with = |streams: &str| std::fs::write(pack.join("pack.toml"), format!("{before}{streams}\n{after}")).unwrap();
    let (mails, others) = (
        "[[jobs.streams]]\nstream = 'mails'\ngroup = 'senders'\nkinds = ['mail']\nfields = { tries = 'attempts', of = 'kind' }\n",
        "[[jobs.streams]]\nstream = 'others'\ngroup = 'workers'\njob = 'id'\n",
    );
    for (streams, why) in [
        (format!("{mails}{mails}"), "gives the kind 'mail' two streams"),
        (format!("{others}{others}"), "has two streams without kinds"),
        (mails.replace("'attempts'", "'payload; DROP'"), "copies the column 'payload; DROP'"),
        (mails.replace("tries", "job_id"), "names the field 'job_id' twice"),
        (mails.replace("'mails'", "''"), "has a name that is empty"),
        (mails.replace("kinds", "types"), "unknown field"),
    ] {
        with(&streams);
        run(bursar().args(["pack", "show", &pack.display().to_string()])).exits(2).says(why);
    }
    with(&format!("{others}{mails}"));
    let db = queue(&[(1, "queued", 2, ""), (2, "queued", 0, "")]);
    db.sql("UPDATE jobs SET job_type = 'report' WHERE attempts = 0");
    let redis = Server::start();
    redis.tell::<()>("XGROUP CREATE mails senders 0 MKSTREAM");
    redis.tell::<()>("XGROUP CREATE others workers 0 MKSTREAM");
    let with_pack = ["--app", &pack.display().to_string(), "--trust-pack", "--requeue", "--yes"];
    streams(&db, &redis, &with_pack).ok().tells("✓ 2 done");
    let of = |key: &str| redis.tell::<Vec<(String, Vec<String>)>>(&format!("XRANGE {key} - +")).remove(0).1.join(" ");
    assert_eq!(of("others"), format!("id {}", id(2)));
    assert_eq!(of("mails"), format!("job_id {} of mail tries 2", id(1)));
}
