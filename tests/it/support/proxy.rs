//! A socket between the binary and its server that knows where one batch of messages ends, so that the
//! binary can be killed at every boundary: before its batch reaches the server, and after the server has
//! answered it, when the answer is lost.

use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::postgres::PgConnectOptions;

use super::{Db, Ran, lock};
use super::{Running, Starts as _};

/// The places where a run can be killed, counted over all its connections and the gateway's requests.
#[derive(Default)]
pub struct Boundaries {
    run: Mutex<Run>,
}

/// Says how things stand.
pub type Look = Box<dyn Fn() -> String + Send>;

#[derive(Default)]
struct Run {
    /// None between two runs; a boundary that is passed then is nobody's.
    child: Option<Running>,
    /// Where to kill it, counted from 0; never, where it is past the last.
    at: usize,
    look: Option<Look>,
    passed: Vec<Passed>,
}

/// A boundary that a run came past.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Which one, in words.
    pub what: String,
    /// How things stood there, where somebody looked.
    pub state: String,
}

impl Boundaries {
    /// One boundary. `false` where the process was killed here, or before: nothing goes on then.
    pub fn pass(&self, what: impl FnOnce() -> String) -> bool {
        let mut run = lock(&self.run);
        let here = run.passed.len();
        if run.child.is_none() || here > run.at {
            return false;
        }
        let state = run.look.as_ref().map(|look| look()).unwrap_or_default();
        run.passed.push(Passed { what: what(), state });
        let here = here == run.at;
        match &mut run.child {
            Some(child) if here => {
                child.kill().and_then(|()| child.wait()).expect("it is killed");
                false
            }
            _ => true,
        }
    }

    /// Runs a command, and kills it at a boundary. Returns what came of it, and what it passed.
    pub fn run(&self, command: &mut Command, at: usize, look: Option<Look>) -> (Ran, Vec<Passed>) {
        let (mut out, mut err) = {
            // Whoever passes a boundary waits until there is a process to kill.
            let mut run = lock(&self.run);
            let mut child = command.starts_quietly();
            let pipes = (child.stdout.take().expect("its output"), child.stderr.take().expect("its errors"));
            *run = Run { child: Some(child), at, look, passed: Vec::new() };
            pipes
        };
        let (mut stdout, mut stderr) = (String::new(), String::new());
        out.read_to_string(&mut stdout).and_then(|_| err.read_to_string(&mut stderr)).expect("UTF-8");
        let run = std::mem::take(&mut *lock(&self.run));
        let status = run.child.expect("the process").wait().expect("its end");
        let code = status.code().or_else(|| status.signal().map(|s| -s)).unwrap_or(i32::MIN);
        (Ran { stdout, stderr, code }, run.passed)
    }
}

/// The socket. It stops when it is dropped.
pub struct Proxy {
    /// The database behind it.
    pub url: String,
    path: std::path::PathBuf,
    stopped: Arc<AtomicBool>,
    _directory: tempfile::TempDir,
}

impl Proxy {
    /// A socket in front of a database.
    pub fn start(db: &Db, boundaries: &Arc<Boundaries>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".s.PGSQL.5432");
        let listener = UnixListener::bind(&path).expect("a socket");
        let options: PgConnectOptions = db.url().parse().expect("a URL");
        let mut url = url::Url::parse(&format!("postgres:///{}", db.name)).expect("a URL");
        url.query_pairs_mut()
            .append_pair("host", &directory.path().display().to_string())
            .append_pair("port", "5432")
            .append_pair("user", options.get_username());
        let stopped = Arc::new(AtomicBool::new(false));
        let (boundaries, over) = (Arc::clone(boundaries), Arc::clone(&stopped));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (boundaries, options) = (Arc::clone(&boundaries), options.clone());
                std::thread::spawn(move || serve(client, &options, &boundaries).ok());
            }
        });
        Proxy { url: url.to_string(), path, stopped, _directory: directory }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // This wakes the thread that accepts.
        let _ = UnixStream::connect(&self.path);
    }
}

/// Both kinds of a socket.
trait Stream: Read + Write + Send {}
impl Stream for UnixStream {}
impl Stream for TcpStream {}

fn upstream(options: &PgConnectOptions) -> Result<Box<dyn Stream>> {
    Ok(match options.get_socket() {
        Some(directory) => Box::new(UnixStream::connect(directory.join(format!(".s.PGSQL.{}", options.get_port())))?),
        None => Box::new(TcpStream::connect((options.get_host(), options.get_port()))?),
    })
}

/// One connection: a batch to the server, the whole answer back, and so on.
fn serve(mut client: UnixStream, options: &PgConnectOptions, boundaries: &Boundaries) -> Result<()> {
    let mut server = upstream(options)?;
    loop {
        let first = startup(&mut client)?;
        // A request for TLS is answered by one byte, and then the startup comes.
        if first[4..8] == 80_877_103_i32.to_be_bytes() {
            client.write_all(b"N")?;
            continue;
        }
        // So is one to cancel, which has no answer.
        if first[4..8] == 80_877_102_i32.to_be_bytes() {
            return server.write_all(&first);
        }
        if !exchange(&mut client, &mut *server, &first, "startup", boundaries)? {
            return Ok(());
        }
        break;
    }
    loop {
        let Some((batch, what)) = batch(&mut client)? else { return Ok(()) };
        if !exchange(&mut client, &mut *server, &batch, &what, boundaries)? {
            return Ok(());
        }
    }
}

/// One batch and its answer. `false` where the process was killed.
fn exchange(
    client: &mut UnixStream,
    server: &mut dyn Stream,
    batch: &[u8],
    what: &str,
    boundaries: &Boundaries,
) -> Result<bool> {
    if !boundaries.pass(|| format!("before {what}")) {
        return Ok(false);
    }
    server.write_all(batch)?;
    let mut answer = Vec::new();
    while answer.last().is_none_or(|(kind, _): &(u8, Vec<u8>)| *kind != b'Z') {
        let message = message(server)?;
        // What asks for a password has to be answered before there is more.
        let asks = message.0 == b'R' && message.1[5..9] != [0; 4] && message.1[5..9] != 12_i32.to_be_bytes();
        answer.push(message);
        if asks {
            for (_, bytes) in answer.drain(..) {
                client.write_all(&bytes)?;
            }
            server.write_all(&self::message(client)?.1)?;
        }
    }
    if !boundaries.pass(|| format!("after {what}")) {
        return Ok(false);
    }
    let bytes: Vec<u8> = answer.into_iter().flat_map(|(_, bytes)| bytes).collect();
    client.write_all(&bytes).map(|()| true)
}

/// The first message, which has no kind.
fn startup(client: &mut impl Read) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut whole = length.to_vec();
    whole.resize(u32::from_be_bytes(length) as usize, 0);
    client.read_exact(&mut whole[4..])?;
    Ok(whole)
}

/// A message with its kind.
fn message(from: &mut (impl Read + ?Sized)) -> Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut whole = head.to_vec();
    whole.resize(length + 1, 0);
    from.read_exact(&mut whole[5..])?;
    Ok((head[0], whole))
}

/// Messages up to one that the server answers, and the statement that is in them. None at the end.
fn batch(client: &mut UnixStream) -> Result<Option<(Vec<u8>, String)>> {
    let (mut bytes, mut what) = (Vec::new(), String::new());
    loop {
        let (kind, message) = message(client)?;
        if kind == b'X' {
            return Ok(None);
        }
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes.split(|b| *b == 0).next().unwrap_or_default()).into_owned();
        match kind {
            b'Q' => what.push_str(&text(&message[5..])),
            // The statement's name stands before its text.
            b'P' => what.push_str(&text(message[5..].splitn(2, |b| *b == 0).nth(1).unwrap_or_default())),
            b'E' => what.push_str(" (executed)"),
            _ => {}
        }
        bytes.extend(message);
        if matches!(kind, b'S' | b'Q') {
            return Ok(Some((bytes, what.split_whitespace().collect::<Vec<_>>().join(" "))));
        }
    }
}
