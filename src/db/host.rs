//! One of the servers that a target names, and the opening of a connection to it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use super::auth::{self, Gate, Stream};
use super::classify::no_tls;
use super::connection::{Waiting, open as open_directly};
use super::keepalive::Keepalive;
use super::sqlstate;
use super::tls::Tls;
use crate::error::{Error, Kind, Result};

/// A server, and how to get there.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub options: PgConnectOptions,
    /// Where its name leads, if that was said.
    pub address: Option<IpAddr>,
    pub tls: Tls,
    pub keepalive: Keepalive,
    /// What to do where the server asks for a password; none where there is one.
    pub no_password: Option<String>,
}

/// Whether an attempt is encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Without,
    Offered,
    Required,
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = self.options.get_host();
        match self.socket() {
            Some(path) => write!(f, "[{}]", path.display())?,
            None if host.contains(':') => write!(f, "[{host}]")?,
            None => write!(f, "{host}")?,
        }
        write!(f, ":{}", self.options.get_port())
    }
}

impl Host {
    pub fn socket(&self) -> Option<PathBuf> {
        let by_host = || self.options.get_host().starts_with('/').then(|| PathBuf::from(self.options.get_host()));
        self.options.get_socket().cloned().or_else(by_host)
    }

    /// True where the address is one of this machine: a Unix socket or a loopback address.
    pub fn is_local(&self) -> bool {
        let host = self.options.get_host();
        match self.address {
            Some(address) => address.is_loopback(),
            None => {
                self.socket().is_some()
                    || host == "localhost"
                    || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }

    /// Opens a connection. Returns it, and our end of it where it goes over TCP.
    ///
    /// # Errors
    /// As the server says; where it asks for what the gate does not let through.
    pub async fn open(
        &self,
        options: PgConnectOptions,
        gate: impl Fn(bool) -> Option<Gate>,
    ) -> Result<(PgConnection, Option<SocketAddr>)> {
        let options = options.ssl_mode(PgSslMode::Disable);
        if let Some(folder) = self.socket() {
            return Ok((
                match gate(false) {
                    None => open_directly(options).await?,
                    Some(gate) => {
                        let path = folder.join(format!(".s.PGSQL.{}", options.get_port()));
                        let server = UnixStream::connect(path).await.map_err(sqlx::Error::Io)?;
                        auth::open(options, Box::new(server), Some(gate)).await?
                    }
                },
                None,
            ));
        }
        let (first, then) = match self.tls.mode {
            PgSslMode::Disable => (Encryption::Without, None),
            PgSslMode::Allow => (Encryption::Without, Some(Encryption::Required)),
            PgSslMode::Prefer => (Encryption::Offered, Some(Encryption::Without)),
            _ => (Encryption::Required, None),
        };
        let _waiting = Waiting::begin();
        let mut was_encrypted = false;
        let failed = match self.attempt(first, &options, &gate, &mut was_encrypted).await {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        // The server has a rule for one of the two only, or the two do not agree about TLS.
        let is_refused = failed.sqlstate.as_deref() == Some(sqlstate::INVALID_AUTHORIZATION_SPECIFICATION);
        let is_no_agreement = was_encrypted && failed.sqlstate.is_none() && failed.kind == Kind::Connection;
        match then {
            Some(other) if (other == Encryption::Required) != was_encrypted && (is_refused || is_no_agreement) => {
                self.attempt(other, &options, &gate, &mut was_encrypted).await.map_err(|_| failed)
            }
            _ => Err(failed),
        }
    }

    async fn attempt(
        &self,
        encryption: Encryption,
        options: &PgConnectOptions,
        gate: &impl Fn(bool) -> Option<Gate>,
        was_encrypted: &mut bool,
    ) -> Result<(PgConnection, Option<SocketAddr>)> {
        let io = sqlx::Error::Io;
        let port = options.get_port();
        let mut stream = match self.address {
            Some(address) => TcpStream::connect((address, port)).await,
            None => TcpStream::connect((options.get_host(), port)).await,
        }
        .map_err(io)?;
        stream.set_nodelay(true).map_err(io)?;
        self.keepalive.set(&stream).map_err(io)?;
        let ours = stream.local_addr().ok();
        *was_encrypted = encryption != Encryption::Without && (self.tls.direct || asked_for_tls(&mut stream).await?);
        if !*was_encrypted && encryption == Encryption::Required {
            return Err(no_tls(&std::io::Error::other("server does not support TLS")));
        }
        let server: Box<dyn Stream> = match *was_encrypted {
            true => Box::new(self.tls.handshake(stream, options.get_host()).await?),
            false => Box::new(stream),
        };
        Ok((auth::open(options.clone(), server, gate(*was_encrypted)).await?, ours))
    }
}

/// Asks a server for TLS. Returns whether it does it.
async fn asked_for_tls(stream: &mut TcpStream) -> Result<bool> {
    const REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    stream.write_all(&REQUEST).await.map_err(sqlx::Error::Io)?;
    match stream.read_u8().await.map_err(sqlx::Error::Io)? {
        b'S' => Ok(true),
        b'N' => Ok(false),
        other => Err(Error::new(
            Kind::Connection,
            format!("the server's answer was not understood: 0x{other:02x} to the request for TLS; is it PostgreSQL?"),
        )),
    }
}
