//! Whether the server itself is on this machine.
//!
//! An address of this machine does not say so, be it a port or a socket: a tunnel, a port-forward, a container and a pooler
//! have one too, and what lies behind them may be production. What says so is the server: it sees the very end of the connection that this process
//! holds, or its process is one of this machine's. Where neither is so, nobody knows, and the server counts as elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::Connection;
use super::database::Database;
use crate::error::Result;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    Here,
    /// At an address of another machine.
    Elsewhere,
    /// Behind a port or a socket of this machine; with the address that the server has for itself, where it told one.
    Behind(Option<String>),
}

/// The columns that [`Database::place_in`] reads.
pub(super) const COLUMNS: &str =
    "pg_catalog.host(pg_catalog.inet_client_addr()) AS client, pg_catalog.inet_client_port() AS client_port,
    pg_catalog.host(pg_catalog.inet_server_addr()) AS server, pg_catalog.inet_server_port() AS server_port,
    pg_catalog.pg_backend_pid() AS process";

impl Database {
    /// Where the server is that a transaction is open at.
    ///
    /// # Errors
    /// Only if the server cannot be asked.
    pub async fn place(&self, connection: &mut Connection) -> Result<Place> {
        let row = connection.ends().await?;
        self.place_in(connection.ours, &row)
    }

    /// The same, of what the server answered.
    pub(super) fn place_in(&self, ours: Option<SocketAddr>, row: &PgRow) -> Result<Place> {
        if !self.target().is_local() {
            return Ok(Place::Elsewhere);
        }
        let (client, process): (Option<String>, i32) = (row.try_get("client")?, row.try_get("process")?);
        // Behind a socket may be a tunnel too: to a port, which the server sees, or to a socket, with a process elsewhere.
        let by_socket = ours.is_none() && client.is_none() && may_be_here(process);
        if by_socket || sees(ours, row)? || works_here(process, self.target().database()) {
            return Ok(Place::Here);
        }
        let (server, port): (Option<String>, Option<i32>) = (row.try_get("server")?, row.try_get("server_port")?);
        Ok(Place::Behind(server.zip(port).map(|(server, port)| match server.contains(':') {
            true => format!("[{server}]:{port}"),
            false => format!("{server}:{port}"),
        })))
    }
}

impl Connection {
    /// True where nobody stands in between: the server sees the very end of this connection.
    ///
    /// # Errors
    /// Only if the server cannot be asked.
    pub async fn is_direct(&mut self) -> Result<bool> {
        let row = self.ends().await?;
        sees(self.ours, &row)
    }

    async fn ends(&mut self) -> Result<PgRow> {
        Ok(sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS}"))).fetch_one(self).await?)
    }
}

/// True where the server sees this end of a connection over TCP.
fn sees(ours: Option<SocketAddr>, row: &PgRow) -> Result<bool> {
    let (client, port): (Option<String>, Option<i32>) = (row.try_get("client")?, row.try_get("client_port")?);
    let seen = client.and_then(|client| client.parse::<IpAddr>().ok()).zip(port);
    Ok(ours.zip(seen).is_some_and(|(ours, (ip, port))| {
        ip.to_canonical() == ours.ip().to_canonical() && port == i32::from(ours.port())
    }))
}

/// True where this process of this machine is a server's that works for the database. Behind a pooler on this machine it is.
fn works_here(process: i32, database: &str) -> bool {
    title(process)
        .is_some_and(|title| title.starts_with("postgres: ") && title.split([' ', '\0']).any(|word| word == database))
}

/// False where this process of this machine is known to be no server's. Not every machine shows the processes of others.
fn may_be_here(process: i32) -> bool {
    match title(process) {
        Some(title) => title.starts_with("postgres"),
        None => title(1).is_none(),
    }
}

/// What a process says of itself, where it is one of this machine's.
fn title(process: i32) -> Option<String> {
    let title = crate::files::read(&Path::new("/proc").join(process.to_string()).join("cmdline")).ok()?;
    Some(String::from_utf8_lossy(&title).into_owned())
}
