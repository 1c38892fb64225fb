//! Signs of life on a TCP connection: the system asks for them where nobody says anything, so that a host that has
//! vanished is noticed.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::parameters::Parameters;
use crate::error::Result;

/// The silence after which the system asks, the time between two questions, and the number of those without an answer that
/// ends the connection. The system's own silence is two hours, which nobody waits for a command.
const USUAL: [u64; 3] = [60, 10, 6];

/// The signs of life of a connection, as libpq's parameters name them.
#[derive(Debug, Clone)]
pub(super) struct Keepalive {
    /// None where the system is not to ask.
    probes: Option<TcpKeepalive>,
    /// The longest time for which what was sent may stay without an acknowledgement; none for the system's own.
    acknowledged: Option<Duration>,
}

impl Keepalive {
    /// The signs of life that the parameters ask for. As in libpq, 0 leaves a value to the system.
    ///
    /// # Errors
    /// A usage error where one is no number.
    pub fn of(parameters: &Parameters) -> Result<Self> {
        let number = |key: &str, usual: u64| match parameters.get(key) {
            None => Ok(usual),
            Some(given) => match given.trim().parse::<i32>() {
                Ok(number) => Ok(u64::try_from(number).unwrap_or(0)),
                Err(_) => Err(parameters.wrong(key, "it is no whole number")),
            },
        };
        let [idle, interval, count] = USUAL;
        let (idle, interval) = (number("keepalives_idle", idle)?, number("keepalives_interval", interval)?);
        let count = number("keepalives_count", count)?;
        let mut probes = TcpKeepalive::new();
        if idle > 0 {
            probes = probes.with_time(Duration::from_secs(idle));
        }
        if interval > 0 {
            probes = probes.with_interval(Duration::from_secs(interval));
        }
        if count > 0 {
            probes = probes.with_retries(u32::try_from(count).unwrap_or(u32::MAX));
        }
        let acknowledged = Some(number("tcp_user_timeout", 0)?).filter(|ms| *ms > 0).map(Duration::from_millis);
        Ok(Keepalive { probes: (number("keepalives", 1)? != 0).then_some(probes), acknowledged })
    }

    /// Sets them on a connection.
    ///
    /// # Errors
    /// The system's own.
    pub fn set(&self, stream: &TcpStream) -> io::Result<()> {
        let socket = SockRef::from(stream);
        if let Some(probes) = &self.probes {
            socket.set_tcp_keepalive(probes)?;
        }
        // As in libpq: other systems have no such limit.
        #[cfg(target_os = "linux")]
        if self.acknowledged.is_some() {
            socket.set_tcp_user_timeout(self.acknowledged)?;
        }
        Ok(())
    }
}
