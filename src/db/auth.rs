//! Signing in: only in a way that is allowed.
//!
//! sqlx signs in by itself, in whatever way the server asks for, also with the password in clear text. So
//! a connection over TCP leads through this process, which does TLS: sqlx connects to a socket of ours, and
//! where the way to sign in matters, what the server sends until it is ready is read on its way, and the connection
//! is cut before a request that is not allowed reaches sqlx. It is the very connection that is used afterwards, so that nobody in
//! between can ask one thing first and another thing then.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio_rustls::client::TlsStream;

use super::connection::{Task, open as open_directly};
use super::require_auth::{Method, RequireAuth};
use crate::error::{Error, Kind, Result};

/// The check of the server's messages on the way to a target.
pub(super) struct Gate {
    pub allowed: RequireAuth,
    /// The parameter by which the user named them; none where nobody did.
    pub by: Option<&'static str>,
}

impl Gate {
    /// The gate that nothing but a password in clear text is kept back by.
    pub fn of_network() -> Self {
        let without_password = Method::ALL.into_iter().filter(|m| *m != Method::Password).collect();
        Gate { allowed: RequireAuth(without_password), by: None }
    }

    /// The error of a way to sign in that is not taken.
    fn refusal(&self, method: Method) -> Error {
        let by = self.by.unwrap_or("require_auth");
        let error = match method {
            Method::Password if self.by.is_none() => Error::new(
                Kind::Connection,
                "the server asks for the password in clear text, and the connection is not encrypted; nothing was sent",
            )
            .hint(
                "connect with sslmode=verify-full, or have the server ask for scram-sha-256; where the network is \
                 trusted, require_auth=password in the URL allows it",
            ),
            Method::None => {
                Error::new(Kind::Connection, format!("the server does not ask who signs in, and {by} wants it to"))
            }
            method => Error::new(
                Kind::Connection,
                format!("the server asks for {}, which {by} does not allow; nothing was sent", method.name()),
            ),
        };
        if error.hint.is_some() {
            return error;
        }
        let allowed: Vec<&str> = self.allowed.0.iter().map(|m| m.name()).collect();
        error.hint(format!("{by} allows {}; is it the right server?", allowed.join(", ")))
    }
}

/// Opens a connection over a stream to a server, through the gate.
///
/// # Errors
/// As the server says; where it asks for what the gate does not let through.
pub(super) async fn open(
    options: PgConnectOptions,
    server: Box<dyn Stream>,
    gate: Option<Gate>,
) -> Result<PgConnection> {
    let unusable = |e: std::io::Error| Error::failed(format!("cannot watch how the server lets us sign in: {e}"));
    let folder = tempfile::Builder::new()
        .prefix("bursar-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()
        .map_err(unusable)?;
    let listener =
        UnixListener::bind(folder.path().join(format!(".s.PGSQL.{}", options.get_port()))).map_err(unusable)?;
    let refused = Arc::new(Mutex::new(None));
    let relay = Task::spawn(relay(listener, server, gate, Arc::clone(&refused)));
    let opened = open_directly(options.socket(folder.path())).await;
    let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (opened, refused) {
        (Ok(connection), None) => {
            // It ends with the connection.
            relay.detach();
            Ok(connection)
        }
        (_, Some(refused)) => Err(refused),
        (Err(error), None) => Err(error.into()),
    }
}

/// A connection to a server.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl Stream for TcpStream {}
impl Stream for UnixStream {}
impl Stream for TlsStream<TcpStream> {}

/// Takes one connection of this process's and leads it to the server, as long as either side keeps it open.
async fn relay(
    listener: UnixListener,
    server: Box<dyn Stream>,
    gate: Option<Gate>,
    refused: Arc<Mutex<Option<Error>>>,
) {
    // The error of a side that is gone is seen by the other one.
    let _ = relayed(listener, server, gate, &refused).await;
}

/// The bytes that are led through at once: results may be long.
const BUFFER: usize = 64 * 1024;

async fn relayed(
    listener: UnixListener,
    mut server: Box<dyn Stream>,
    gate: Option<Gate>,
    refused: &Mutex<Option<Error>>,
) -> io::Result<()> {
    let (mut client, _) = listener.accept().await?;
    drop(listener);
    // Only our user can open the directory; another process of our user's is turned away.
    if client.peer_cred()?.pid() != i32::try_from(std::process::id()).ok() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let Some(gate) = gate else {
        return tokio::io::copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await.map(|_| ());
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let up = async {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    let down = async {
        if let Err(method) = watched(&mut from_server, &mut to_client, &gate.allowed).await? {
            *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(gate.refusal(method));
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        tokio::io::copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(up, down).map(|_| ())
}

/// As long as a message about signing in may be.
const LONGEST: u32 = 1 << 16;

/// Leads what the server sends to the client until it is ready, up to a request that is not allowed: that one is
/// not passed on.
async fn watched(
    server: &mut (impl AsyncRead + Unpin),
    client: &mut (impl AsyncWrite + Unpin),
    allowed: &RequireAuth,
) -> io::Result<Result<(), Method>> {
    let mut is_asked = false;
    loop {
        let (kind, length) = (server.read_u8().await?, server.read_u32().await?);
        let rest = length.checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
        if kind != b'R' {
            client.write_all(&[&[kind][..], &length.to_be_bytes()].concat()).await?;
            let sent = tokio::io::copy(&mut (&mut *server).take(u64::from(rest)), client).await?;
            if sent < u64::from(rest) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // sqlx answers requests until then.
            if kind == b'Z' {
                return Ok(Ok(()));
            }
            continue;
        }
        if !(4..=LONGEST).contains(&rest) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; rest as usize];
        server.read_exact(&mut body).await?;
        let code = u32::from_be_bytes([body[0], body[1], body[2], body[3]]);
        let method = if code == 0 && !is_asked { Some(Method::None) } else { Method::asked_by(code) };
        if let Some(method) = method.filter(|method| !allowed.0.contains(method)) {
            return Ok(Err(method));
        }
        is_asked |= code != 0;
        client.write_all(&[&[kind][..], &length.to_be_bytes(), &body].concat()).await?;
    }
}
