//! A private Postgres from the server binaries that the machine already has.
//!
//! The ground rule: nothing outside one directory is touched, and nobody but the user who started
//! the server can reach it. It listens on a Unix socket in a directory of mode 0700 (and on a
//! loopback port with a password, only when asked), sees none of the caller's environment, and is
//! never run as root.
//!
//! [`Sandbox`] is kept until it is stopped; [`Ephemeral`] is gone when its guard is dropped or its
//! process dies, in whatever way. Everything here blocks, so async callers use `spawn_blocking`.

mod account;
mod binaries;
mod cluster;
mod ephemeral;
mod failure;
mod kept;
mod model;
mod postmaster;

pub use binaries::{Binaries, Version};
pub use ephemeral::{Ephemeral, Options};
pub use kept::{Sandbox, Settings, Started, State, Status, default_dir};
pub use model::{Env, SUPERUSER};
