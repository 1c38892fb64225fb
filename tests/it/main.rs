//! The integration suite: the real binary against a real Postgres.
//!
//! The cluster is one that the suite starts itself, or the one of `BURSAR_TEST_DATABASE_URL`.
//! `DATABASE_URL` is never used: it may be somebody's production.

#![allow(clippy::disallowed_methods, reason = "a test decides what the ambient world is")]

mod support;

mod accounts;
mod adjustments;
mod aethercrown;
mod audit;
mod avolve;
mod baseline;
mod brake;
mod campaign;
mod completion;
mod config;
mod connection;
mod doctor;
mod documents;
mod down;
mod drafts;
mod drift;
mod ending;
mod examples;
mod files;
mod first_audit;
mod flags;
mod floors;
mod foreign;
mod foreign_ledgers;
mod formats;
mod formats_of_tools;
mod fuzz;
mod gateways;
mod grants;
mod guided;
mod harness;
mod holds;
mod hostile_settings;
mod inspect;
mod job_changes;
mod jobs;
mod layers;
mod lint;
mod locks;
mod migrate;
mod migrate_commands;
mod naming;
mod nesting;
mod nonsense;
mod operations;
mod organic_os;
mod owner_names;
mod packs;
mod pages;
mod payment_checks;
mod payments;
mod planted;
mod pooler;
mod questions;
mod queue_packs;
mod queue_workers;
mod queues;
mod reconcile;
mod refund_audit;
mod refunds;
mod repair;
mod require_auth;
mod roles;
mod running;
mod sandbox;
mod seals;
mod seed;
mod settings;
mod several_ledgers;
mod several_packs;
mod shadowing;
mod shipped_packs;
mod sources;
mod stats;
mod store;
mod strange_packs;
#[cfg(feature = "redis")]
mod streams;
mod systems;
mod tenants;
mod terminal;
mod trigger_paths;
mod trigger_rights;
mod trouble;
mod unchecked;
mod wallet;
mod watch;
mod widths;
mod words;
