//! The integration suite: the real binary against a real Postgres.
//!
//! The cluster is one that the suite starts itself, or the one of `BURSAR_TEST_DATABASE_URL`.
//! `DATABASE_URL` is never used: it may be somebody's production.

#![allow(clippy::disallowed_methods, reason = "a test decides what the ambient world is")]

mod support;

mod accounts;
mod aethercrown;
mod audit;
mod avolve;
mod baseline;
mod campaign;
mod completion;
mod connection;
mod doctor;
mod documents;
mod down;
mod drift;
mod examples;
mod flags;
mod formats;
mod fuzz;
mod gateways;
mod grants;
mod guided;
mod harness;
mod inspect;
mod job_changes;
mod jobs;
mod lint;
mod locks;
mod migrate;
mod migrate_commands;
mod operations;
mod organic_os;
mod packs;
mod payments;
mod pooler;
mod refund_audit;
mod refunds;
mod repair;
mod roles;
mod sandbox;
mod seals;
mod seed;
mod settings;
mod stats;
mod systems;
mod terminal;
mod trouble;
mod unchecked;
mod wallet;
mod watch;
mod words;
