//! What a server says beside its answers. sqlx hands it to the log alone, so this listens there, and to nothing else.

use std::sync::{Mutex, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};

/// What sqlx calls the notices of a server.
const TARGET: &str = "sqlx::postgres::notice";

/// The most that is kept between two looks: a loop may say something of each row.
const MOST: usize = 1000;

/// One notice of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// True if it warns.
    pub is_warning: bool,
    /// Its words.
    pub text: String,
}

static HEARD: Mutex<Vec<Notice>> = Mutex::new(Vec::new());

struct Listener;

impl Log for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && metadata.level() <= Level::Info
    }

    fn log(&self, record: &Record<'_>) {
        let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
        if self.enabled(record.metadata()) && heard.len() < MOST {
            heard.push(Notice { is_warning: record.level() <= Level::Warn, text: record.args().to_string() });
        }
    }

    fn flush(&self) {}
}

/// Takes what was said since the last look. The first look begins to listen.
pub fn notices() -> Vec<Notice> {
    // Where somebody else listens already, as in a program that uses this library, nothing is heard here.
    if log::max_level() == LevelFilter::Off && log::set_logger(&Listener).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
    std::mem::take(&mut *HEARD.lock().unwrap_or_else(PoisonError::into_inner))
}
