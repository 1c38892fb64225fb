//! Signing in: only in a way that is allowed.
//!
//! sqlx signs in by itself, in whatever way the server asks for, also with the password in clear text. So
//! where that matters, the connection leads through this process: sqlx connects to a socket of ours, what
//! the server sends until it is ready is read on its way, and the connection is cut before a request that
//! is not allowed reaches sqlx. It is the very connection that is used afterwards, so that nobody in
//! between can ask one thing first and another thing then.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use super::Target;
use super::connection::{Task, open as open_directly};
use super::require_auth::{Method, RequireAuth};
use crate::error::{Error, Kind, Result};

/// The check of the server's messages on the way to a target.
pub(super) struct Gate {
    allowed: RequireAuth,
    /// True where the user named them.
    is_required: bool,
}

impl Gate {
    /// The gate that the way to a target leads through: where the ways to sign in were named, and where a password
    /// could go over the network in clear text.
    pub fn of(target: &Target) -> Option<Self> {
        if let Some(allowed) = target.require_auth.clone() {
            return Some(Gate { allowed, is_required: true });
        }
        let may_be_plain =
            matches!(target.options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer);
        let without_password = Method::ALL.into_iter().filter(|m| *m != Method::Password).collect();
        (may_be_plain && !target.is_local())
            .then_some(Gate { allowed: RequireAuth(without_password), is_required: false })
    }

    /// The error of a way to sign in that is not taken.
    fn refusal(&self, method: Method) -> Error {
        let error = match method {
            Method::Password if !self.is_required => Error::new(
                Kind::Connection,
                "the server asks for the password in clear text, and the connection is not encrypted; nothing was sent",
            )
            .hint(
                "connect with sslmode=verify-full, or have the server ask for scram-sha-256; where the network is \
                 trusted, require_auth=password in the URL allows it",
            ),
            Method::None => {
                Error::new(Kind::Connection, "the server does not ask who signs in, and require_auth wants it to")
            }
            method => Error::new(
                Kind::Connection,
                format!("the server asks for {}, which require_auth does not allow; nothing was sent", method.name()),
            ),
        };
        if error.hint.is_some() {
            return error;
        }
        let allowed: Vec<&str> = self.allowed.0.iter().map(|m| m.name()).collect();
        error.hint(format!("require_auth allows {}; is it the right server?", allowed.join(", ")))
    }
}

/// Opens a connection, through the gate.
///
/// # Errors
/// As the server says; where it asks for what the gate does not let through.
pub(super) async fn open(options: PgConnectOptions, gate: Option<Gate>) -> Result<PgConnection> {
    let Some(gate) = gate else { return Ok(open_directly(options).await?) };
    let port = options.get_port();
    let socket = options.get_socket().cloned().or_else(|| {
        let host = options.get_host();
        host.starts_with('/').then(|| host.into())
    });
    let server: Box<dyn Stream> = match socket {
        Some(folder) => {
            Box::new(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await.map_err(sqlx::Error::Io)?)
        }
        None => Box::new(TcpStream::connect((options.get_host(), port)).await.map_err(sqlx::Error::Io)?),
    };
    let unusable = |e: std::io::Error| Error::failed(format!("cannot watch how the server lets us sign in: {e}"));
    let folder = tempfile::Builder::new()
        .prefix("bursar-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()
        .map_err(unusable)?;
    let listener = UnixListener::bind(folder.path().join(format!(".s.PGSQL.{port}"))).map_err(unusable)?;
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
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl Stream for TcpStream {}
impl Stream for UnixStream {}

/// Takes one connection of this process's and leads it to the server, as long as either side keeps it open.
async fn relay(listener: UnixListener, server: Box<dyn Stream>, gate: Gate, refused: Arc<Mutex<Option<Error>>>) {
    // The error of a side that is gone is seen by the other one.
    let _ = relayed(listener, server, gate, &refused).await;
}

async fn relayed(
    listener: UnixListener,
    mut server: Box<dyn Stream>,
    gate: Gate,
    refused: &Mutex<Option<Error>>,
) -> io::Result<()> {
    let (mut client, _) = listener.accept().await?;
    drop(listener);
    // Only our user can open the directory; another process of our user's is turned away.
    if client.peer_cred()?.pid() != i32::try_from(std::process::id()).ok() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let refuse = |error| *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    let is_plain = start(&mut client, &mut *server).await?;
    if !is_plain {
        if gate.is_required {
            refuse(
                Error::usage("require_auth cannot be looked after inside TLS, where bursar does not see how the server lets it sign in")
                    .hint("with sslmode=verify-full the server proves who it is by its certificate; leave require_auth out there"),
            );
            return Ok(());
        }
        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
        return Ok(());
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let up = async {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    let down = async {
        if let Err(method) = watched(&mut from_server, &mut to_client, &gate.allowed).await? {
            refuse(gate.refusal(method));
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        tokio::io::copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(up, down).map(|_| ())
}

/// Leads the start of a connection to the server. Returns whether it is not encrypted.
async fn start(client: &mut UnixStream, server: &mut dyn Stream) -> io::Result<bool> {
    const TLS: u32 = 80_877_103;
    loop {
        let (length, code) = (client.read_u32().await?, client.read_u32().await?);
        let rest = length.checked_sub(8).filter(|rest| *rest <= LONGEST).ok_or(io::ErrorKind::InvalidData)?;
        let mut body = vec![0; rest as usize];
        client.read_exact(&mut body).await?;
        server.write_all(&[&length.to_be_bytes()[..], &code.to_be_bytes(), &body].concat()).await?;
        if code != TLS {
            return Ok(true);
        }
        let answer = server.read_u8().await?;
        client.write_all(&[answer]).await?;
        // What is neither yes nor no, sqlx says.
        if answer != b'N' {
            return Ok(false);
        }
    }
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
