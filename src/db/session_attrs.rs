//! libpq's `target_session_attrs`: which of several servers is wanted.

use sqlx::{Executor as _, Row as _};

use super::Connection;
use crate::error::Result;

/// The kind of server that is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum SessionAttrs {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl SessionAttrs {
    /// Its name in libpq.
    pub fn name(self) -> &'static str {
        match self {
            SessionAttrs::Any => "any",
            SessionAttrs::ReadWrite => "read-write",
            SessionAttrs::ReadOnly => "read-only",
            SessionAttrs::Primary => "primary",
            SessionAttrs::Standby => "standby",
            SessionAttrs::PreferStandby => "prefer-standby",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        use SessionAttrs::{Any, PreferStandby, Primary, ReadOnly, ReadWrite, Standby};
        [Any, ReadWrite, ReadOnly, Primary, Standby, PreferStandby].into_iter().find(|attrs| attrs.name() == name)
    }

    /// The reason that this server is not the one that is wanted; none where it is.
    pub async fn unmet(self, connection: &mut Connection) -> Result<Option<&'static str>> {
        if self == SessionAttrs::Any {
            return Ok(None);
        }
        let sql = "SHOW transaction_read_only; SELECT pg_catalog.pg_is_in_recovery()";
        let rows = connection.fetch_all(sqlx::raw_sql(sql)).await?;
        let [read_only, standby] = rows.as_slice() else { return Ok(Some("it does not say what it is")) };
        let (read_only, standby): (String, bool) = (read_only.try_get(0)?, standby.try_get(0)?);
        let read_only = standby || read_only == "on";
        Ok(match self {
            SessionAttrs::ReadWrite if read_only => Some("its sessions are read-only"),
            SessionAttrs::ReadOnly if !read_only => Some("its sessions are not read-only"),
            SessionAttrs::Primary if standby => Some("it is a standby"),
            SessionAttrs::Standby | SessionAttrs::PreferStandby if !standby => Some("it is a primary"),
            _ => None,
        })
    }
}
