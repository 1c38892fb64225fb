//! A server that speaks PostgreSQL's protocol as far as a test lets it, and then something else.

use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What one connection is told.
pub type Play = Arc<dyn Fn(&mut TcpStream) -> Result<()> + Send + Sync>;

/// The server. It stops when it is dropped.
pub struct Fake {
    address: std::net::SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Fake {
    /// A server on a port of the loopback.
    pub fn start(play: Play) -> Self {
        Fake::start_at("127.0.0.1", play)
    }

    /// A server on an address of this machine.
    pub fn start_at(address: &str, play: Play) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("a port");
        let address = listener.local_addr().expect("its address");
        let stopped = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&stopped);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(mut client), play) = (client, Arc::clone(&play)) else { continue };
                std::thread::spawn(move || {
                    // Nobody waits for a client for ever, nor fills a socket that nobody reads.
                    let patience = Some(std::time::Duration::from_secs(30));
                    let _ = client.set_read_timeout(patience).and_then(|()| client.set_write_timeout(patience));
                    let _ = play(&mut client);
                });
            }
        });
        Fake { address, stopped }
    }

    /// The URL of a database of it.
    pub fn url(&self) -> String {
        format!("postgres://user:secret@{}/nonsense", self.address)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // This wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

/// A message: its kind, its length and its body.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a length");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

/// A message that claims a length.
pub fn claims(kind: u8, length: u32, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

/// A request to authenticate, or that it is done (0).
pub fn auth(code: u32, body: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes()[..], body].concat())
}

/// An error with these fields.
pub fn error(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut body: Vec<u8> = fields.iter().flat_map(|(kind, text)| [&[*kind][..], text, &[0]].concat()).collect();
    body.push(0);
    message(b'E', &body)
}

/// Reads the start of a connection; a request for TLS is answered by this byte, and by no byte where it is 0.
pub fn startup(client: &mut TcpStream, tls: u8) -> Result<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; (u32::from_be_bytes(length) as usize).clamp(8, 10_000) - 4];
        client.read_exact(&mut body)?;
        if body[..4] != 80_877_103_i32.to_be_bytes() {
            return Ok(());
        }
        client.write_all(&[tls])?;
        if tls != b'N' {
            return Ok(());
        }
    }
}

/// Signs a client in, whoever it is.
pub fn signed_in(client: &mut TcpStream) -> Result<()> {
    startup(client, b'N')?;
    let ready =
        [auth(0, b""), message(b'S', b"server_version\x0015.0\x00"), message(b'K', &[0; 8]), message(b'Z', b"I")];
    client.write_all(&ready.concat())
}

/// Reads what a client asks, up to where an answer is due. None at its end.
pub fn asked(client: &mut TcpStream) -> Result<()> {
    loop {
        let mut head = [0; 5];
        client.read_exact(&mut head)?;
        let mut body = vec![0; (u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize).saturating_sub(4)];
        client.read_exact(&mut body)?;
        if matches!(head[0], b'Q' | b'S') {
            return Ok(());
        }
    }
}

/// The description of columns of these types.
pub fn columns(types: &[u32]) -> Vec<u8> {
    let mut body = u16::try_from(types.len()).expect("few").to_be_bytes().to_vec();
    for oid in types {
        body.extend(b"c\0");
        body.extend([0; 6]);
        body.extend(oid.to_be_bytes());
        body.extend([0, 8, 0, 0, 0, 0, 0, 0]);
    }
    message(b'T', &body)
}

/// A row of these values.
pub fn row(values: &[&[u8]]) -> Vec<u8> {
    let mut body = u16::try_from(values.len()).expect("few").to_be_bytes().to_vec();
    for value in values {
        body.extend(u32::try_from(value.len()).expect("short").to_be_bytes());
        body.extend(*value);
    }
    message(b'D', &body)
}

/// The answer to how a transaction begins: who works for it, and since when.
pub fn began() -> Vec<u8> {
    [columns(&[23, 20]), row(&[b"1", b"1"]), message(b'C', b"SELECT 1\0"), message(b'Z', b"T")].concat()
}

/// Sends the same without end, or until the client has gone.
pub fn without_end(client: &mut TcpStream, messages: &[u8]) -> Result<()> {
    let many = messages.repeat((1 << 16) / messages.len().max(1) + 1);
    loop {
        client.write_all(&many)?;
    }
}
