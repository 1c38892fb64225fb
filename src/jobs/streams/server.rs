//! A connection to Redis: each call has a time limit, and an answer that is not what was asked for is an error, not a guess.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};

use super::target::RedisTarget;
use crate::error::{Error, Kind, Result};

/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(10);

/// A connection to Redis.
pub struct Redis {
    connection: MultiplexedConnection,
    shown: String,
    limit: Duration,
}

impl Redis {
    /// Connects, within a time limit. Every later call has one too: `answer`, or ten seconds.
    ///
    /// # Errors
    /// [`Kind::Connection`] where the server cannot be reached or turns us away.
    pub async fn connect(target: &RedisTarget, within: Duration, answer: Option<Duration>) -> Result<Self> {
        let shown = target.to_string();
        let limit = answer.map_or(ANSWER, |limit| limit.min(ANSWER));
        let client = Client::open(target.info.clone()).map_err(|e| told(&shown, limit, e))?;
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(within)).set_response_timeout(Some(limit));
        // The library's limit ends with the connection; signing in comes after it.
        let connecting = tokio::time::timeout(within, client.get_multiplexed_async_connection_with_config(&config));
        let connection = match connecting.await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) if error.is_timeout() => return Err(late(&shown, within)),
            Ok(Err(error)) => return Err(told(&shown, limit, error)),
            Err(_) => return Err(late(&shown, within)),
        };
        Ok(Redis { connection, shown, limit })
    }

    /// The answer to a command.
    ///
    /// # Errors
    /// As the server says; [`Kind::Connection`] where there is no answer.
    pub(super) async fn ask(&mut self, command: &Cmd) -> Result<Value> {
        let answer: Result<Value, RedisError> = command.query_async(&mut self.connection).await;
        answer.map_err(|e| told(&self.shown, self.limit, e))
    }

    /// The answers to several commands, in one round trip.
    ///
    /// # Errors
    /// As [`Redis::ask`].
    pub(super) async fn ask_all(&mut self, commands: &Pipeline) -> Result<Vec<Value>> {
        let answers: Result<Vec<Value>, RedisError> = commands.query_async(&mut self.connection).await;
        answers.map_err(|e| told(&self.shown, self.limit, e))
    }
}

fn late(shown: &str, within: Duration) -> Error {
    Error::new(Kind::Connection, format!("{shown} did not answer within {}", humantime::format_duration(within)))
        .hint("check the address, or allow more time with --connect-timeout")
}

/// The error in the words of a person. The server's own words come last.
fn told(shown: &str, limit: Duration, error: RedisError) -> Error {
    let said = match (error.code(), error.detail()) {
        (Some(code), Some(detail)) if !detail.starts_with(code) => format!("{code} {detail}"),
        (_, Some(detail)) => detail.to_owned(),
        (Some(code), None) => code.to_owned(),
        (None, None) => error.to_string(),
    };
    let sign_in = "set REDIS_URL with USER:PASSWORD@ before the host; docs/configuration.md has its form";
    match error.kind() {
        _ if error.is_timeout() => Error::new(
            Kind::Connection,
            format!("{shown} did not answer a command within {}", humantime::format_duration(limit)),
        )
        .hint("what was asked for may have been done: the same command looks again before it does anything"),
        ErrorKind::AuthenticationFailed => {
            Error::new(Kind::Connection, format!("{shown} does not let us sign in: {said}")).hint(sign_in)
        }
        _ if matches!(error.code(), Some("NOAUTH" | "WRONGPASS")) => {
            Error::new(Kind::Connection, format!("{shown} wants us to sign in: {said}")).hint(sign_in)
        }
        ErrorKind::Server(ServerErrorKind::NoPerm) => Error::refused(format!("{shown} does not allow it: {said}"))
            .hint("reading needs the commands time, xinfo, xpending and xrange on the streams; docs/jobs.md names those of a change"),
        ErrorKind::Server(ServerErrorKind::ReadOnly) => {
            Error::refused(format!("{shown} is a replica: {said}")).hint("name the primary")
        }
        ErrorKind::Server(ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown) => {
            Error::new(Kind::Connection, format!("{shown} is not ready: {said}"))
        }
        ErrorKind::Parse => Error::new(Kind::Connection, format!("what answers at {shown} is not Redis: {said}"))
            .hint("check the host and the port, and whether the server wants TLS: rediss://"),
        ErrorKind::Io => Error::new(Kind::Connection, format!("cannot reach Redis at {shown}: {error}"))
            .hint("start Redis, or name another one in REDIS_URL; every other command works without Redis"),
        _ => Error::failed(format!("{shown} answered: {said}")),
    }
}
