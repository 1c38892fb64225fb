//! A file of movements as bursar itself writes them, one JSON object a line: for a gateway whose export is turned into
//! them by a program of one's own.

use std::io::{BufRead, BufReader, Read};

use futures_util::future::BoxFuture;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::model::{Balance, Movement, Range, Sink, Source, SourceEnd};
use crate::error::{Error, Result};

/// A line: a movement, a balance, or a reason for which the file is incomplete.
enum Line {
    Movement(Box<Movement>),
    Balance(Balance),
    Missing(String),
}

/// A file of movements.
pub struct Rows<R> {
    gateway: &'static str,
    name: String,
    lines: BufReader<R>,
}

impl<R: Read + Send> Rows<R> {
    /// The movements of this gateway in a file of this name.
    pub fn new(gateway: &'static str, name: impl Into<String>, file: R) -> Self {
        Rows { gateway, name: name.into(), lines: BufReader::new(file) }
    }

    fn read_all(&mut self, range: Range, sink: &mut Sink<'_>) -> Result<SourceEnd> {
        let (mut end, mut text, mut number) = (SourceEnd::default(), String::new(), 0_u64);
        loop {
            number += 1;
            let read = self.lines.read_line(&mut text).map_err(|why| {
                Error::usage(format!("{}:{number}: cannot read it: {why}", self.name))
                    .hint("write it as UTF-8, a line for each")
            })?;
            if read == 0 {
                break;
            }
            // The mark with which spreadsheets and Windows begin a file.
            if number == 1 && text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            if !text.trim().is_empty() {
                let line = understood(&text).map_err(|why| {
                    Error::usage(format!("{}:{number}: this is no movement, balance or missing{why}", self.name))
                        .hint("docs/reconcile.md shows a line of each")
                })?;
                match checked(line)
                    .ok_or_else(|| Error::usage(format!("{}:{number}: gross less fee is not net", self.name)))?
                {
                    Line::Movement(m) if range.holds(m.created) => sink(*m)?,
                    Line::Movement(_) => {}
                    Line::Balance(balance) => end.balances.push(balance),
                    Line::Missing(missing) => end.missing.push(missing),
                }
            }
            text.clear();
        }
        Ok(end)
    }
}

/// The line; or the field that is wrong, after a colon.
fn understood(text: &str) -> std::result::Result<Line, String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return Err(String::new()) };
    let single = fields.iter().next().filter(|_| fields.len() == 1);
    match single.map(|(name, value)| (name.as_str(), value)) {
        Some(("balance", value)) => {
            Balance::deserialize(value).map(Line::Balance).map_err(|e| format!(": balance: {e}"))
        }
        Some(("missing", value)) => {
            String::deserialize(value).map(Line::Missing).map_err(|e| format!(": missing: {e}"))
        }
        _ => Movement::deserialize(&Value::Object(fields.clone()))
            .map(|movement| Line::Movement(Box::new(movement)))
            .map_err(|e| wrong_field(&fields).unwrap_or_else(|| format!(": {e}"))),
    }
}

/// The field of a movement that makes it none, with its value: one that makes none of a whole one either.
fn wrong_field(fields: &Map<String, Value>) -> Option<String> {
    let whole = json!({
        "id": "", "kind": "fee", "payment_ids": [], "refund": null, "amount": 0, "currency": "", "settled": null,
        "status": "succeeded", "created": "1970-01-01T00:00:00Z", "available": null, "payout": null,
    });
    fields.iter().find_map(|(name, value)| {
        let mut with = whole.as_object()?.clone();
        with.insert(name.clone(), value.clone());
        let why = Movement::deserialize(&Value::Object(with)).err()?;
        Some(format!(": {}:{value}: {why}", Value::from(name.as_str())))
    })
}

/// A line with its currencies in capitals; none where its change of the balance contradicts itself.
fn checked(mut line: Line) -> Option<Line> {
    if let Line::Movement(movement) = &mut line {
        movement.currency.make_ascii_uppercase();
        if let Some(settled) = &mut movement.settled {
            settled.currency.make_ascii_uppercase();
            settled.gross.checked_sub(settled.fee).filter(|net| *net == settled.net)?;
        }
    }
    Some(line)
}

impl<R: Read + Send> Source for Rows<R> {
    fn gateway(&self) -> &'static str {
        self.gateway
    }

    fn read<'a>(&'a mut self, range: Range, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<SourceEnd>> {
        Box::pin(async move { self.read_all(range, sink) })
    }
}
