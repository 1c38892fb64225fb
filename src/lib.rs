//! bursar: the admin command line for applications that keep wallets, payments and jobs in
//! PostgreSQL.
//!
//! # The layering rule
//!
//! Data comes down from the terminal through a command to a capability; the capability asks a pack
//! for SQL and the connection module for a connection; values come back up to one door that writes them.
//!
//! ```text
//! commands   one place for each command: its clap types, resolve, plan, confirm, apply, its view
//! output     the one door: formats, tables, progress, prompts; only this module prints
//! audit inspect jobs migrate payments reconcile refund seed sandbox stats wallet      capabilities: they return values and emit events
//! packs      the mapping of an application's schema: loads the TOML and SQL of packs/NAME, or of a folder
//! store      every statement on bursar's own tables, typed
//! db         the one connection module: where, as whom, how safely
//! text money moment ids cursor pace …      leaves that know nothing of the rest
//! ```
//!
//! No one below `commands` knows that a terminal exists. No code but `seed::systems` knows an
//! application's name. Only `db` opens connections to a target database, and only `db`
//! hands out the permit that a write needs.

#![cfg_attr(
    not(all(
        feature = "charts",
        feature = "gateways",
        feature = "lint",
        feature = "redis",
        feature = "screen",
        feature = "seed"
    )),
    allow(dead_code, unused_imports, unused_variables, reason = "what only a feature uses is there without it, too")
)]

pub mod audit;
pub(crate) mod backoff;
pub mod commands;
pub mod config;
pub mod cursor;
pub mod db;
pub mod error;
pub mod files;
pub mod ids;
pub mod inspect;
pub mod jobs;
pub mod migrate;
pub mod moment;
pub mod money;
pub mod operations;
pub mod output;
pub(crate) mod pace;
pub mod packs;
pub mod payments;
pub mod reconcile;
pub mod refund;
pub mod sandbox;
#[cfg(feature = "seed")]
pub mod seed;
pub mod settings;
mod sql_header;
pub mod stats;
pub mod store;
pub mod text;
pub(crate) mod units;
pub mod vocabulary;
pub mod wallet;
