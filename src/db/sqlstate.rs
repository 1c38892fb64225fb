//! The SQLSTATEs that bursar acts on, by the names that the PostgreSQL manual gives them in appendix A, and those of
//! bursar's own functions.

use crate::error::Error;

/// A regular expression that cannot be read.
pub const INVALID_REGULAR_EXPRESSION: &str = "2201B";
/// A number is too large for its type.
pub const NUMERIC_VALUE_OUT_OF_RANGE: &str = "22003";
/// A value or a setting that is not allowed.
pub const INVALID_PARAMETER_VALUE: &str = "22023";
/// A text that is no value of its type.
pub const INVALID_TEXT_REPRESENTATION: &str = "22P02";
/// A key is there already.
pub const UNIQUE_VIOLATION: &str = "23505";
/// A check constraint does not hold.
pub const CHECK_VIOLATION: &str = "23514";
/// A statement that cannot run in a transaction.
pub const ACTIVE_SQL_TRANSACTION: &str = "25001";
/// A COMMIT or a ROLLBACK where a procedure or a block may not have one.
pub const INVALID_TRANSACTION_TERMINATION: &str = "2D000";
/// A write in a transaction that is read-only, as on a standby.
pub const READ_ONLY_SQL_TRANSACTION: &str = "25006";
/// The role may not log in so.
pub const INVALID_AUTHORIZATION_SPECIFICATION: &str = "28000";
/// The password is wrong.
pub const INVALID_PASSWORD: &str = "28P01";
/// There is no such database.
pub const INVALID_CATALOG_NAME: &str = "3D000";
/// There is no such schema.
pub const INVALID_SCHEMA_NAME: &str = "3F000";
/// Another transaction came first.
pub const SERIALIZATION_FAILURE: &str = "40001";
/// Two transactions waited for each other.
pub const DEADLOCK_DETECTED: &str = "40P01";
/// A right is missing.
pub const INSUFFICIENT_PRIVILEGE: &str = "42501";
/// There is no such object of another kind than those that have a code of their own.
pub const UNDEFINED_OBJECT: &str = "42704";
/// There is no such function.
pub const UNDEFINED_FUNCTION: &str = "42883";
/// There is no such table.
pub const UNDEFINED_TABLE: &str = "42P01";
/// A prepared statement of this name is there already.
pub const DUPLICATE_PREPARED_STATEMENT: &str = "42P05";
/// No connection is left.
pub const TOO_MANY_CONNECTIONS: &str = "53300";
/// The object is not in the state that this needs.
pub const OBJECT_NOT_IN_PREREQUISITE_STATE: &str = "55000";
/// Somebody uses the object.
pub const OBJECT_IN_USE: &str = "55006";
/// A lock was not to be had in time.
pub const LOCK_NOT_AVAILABLE: &str = "55P03";
/// A statement was cancelled.
pub const QUERY_CANCELED: &str = "57014";
/// The server ended the session.
pub const ADMIN_SHUTDOWN: &str = "57P01";
/// The server restarts after a crash.
pub const CRASH_SHUTDOWN: &str = "57P02";
/// The server starts or stops.
pub const CANNOT_CONNECT_NOW: &str = "57P03";
/// The session was idle for too long.
pub const IDLE_SESSION_TIMEOUT: &str = "57P05";
/// A function of PL/pgSQL found no row.
pub const NO_DATA_FOUND: &str = "P0002";

/// Raised by bursar's own functions: `BR0` and the exit code. There is no such thing.
pub const BURSAR_USAGE: &str = "BR002";
/// Raised by bursar's own functions: refused.
pub const BURSAR_REFUSED: &str = "BR004";
/// Raised by bursar's own functions: somebody else was there first.
pub const BURSAR_CONFLICT: &str = "BR007";

/// True where a transaction lost to another one: it left nothing behind, and may be tried again.
pub fn is_lost_race(error: &Error) -> bool {
    matches!(error.sqlstate.as_deref(), Some(DEADLOCK_DETECTED | SERIALIZATION_FAILURE))
}
