//! A file of movements as bursar itself writes them, one JSON object a line: for a gateway whose export is turned into
//! them by a program of one's own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use futures_util::future::BoxFuture;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::model::{Balance, Movement, Range, Sink, Source, SourceEnd};
use super::object::with_moment;
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
        let mut left_out = LeftOut::new();
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
                    Line::Movement(m) => {
                        end.whole = with_moment(end.whole, m.created);
                        match range.holds(m.created) {
                            true => sink(*m)?,
                            false => leave_out(&mut left_out, &m, range),
                        }
                    }
                    Line::Balance(balance) if end.balances.iter().any(|b| b.currency == balance.currency) => {
                        let words = format!("{}:{number}: it has a balance of {} before", self.name, balance.currency);
                        return Err(Error::usage(words).hint("leave one balance of each currency"));
                    }
                    Line::Balance(balance) => end.balances.push(balance),
                    Line::Missing(missing) => end.missing.push(missing),
                }
            }
            text.clear();
        }
        for balance in &mut end.balances {
            let (before, after) = left_out.get(&balance.currency).copied().unwrap_or_default();
            let moved = |minor: i64, by: i128| i64::try_from(i128::from(minor) + by);
            match (moved(balance.opening, before), moved(balance.closing, -after)) {
                (Ok(opening), Ok(closing)) => (balance.opening, balance.closing) = (opening, closing),
                _ => {
                    return Err(Error::usage(format!(
                        "{}: the balance of {} is too large",
                        self.name, balance.currency
                    )));
                }
            }
        }
        Ok(end)
    }
}

/// The changes of the balance before and after the range, by currency. A balance is of all that the file holds.
type LeftOut = BTreeMap<String, (i128, i128)>;

fn leave_out(left_out: &mut LeftOut, movement: &Movement, range: Range) {
    let Some((net, currency)) = movement.change() else { return };
    let (before, after) = left_out.entry(currency.to_owned()).or_default();
    *if movement.created < range.since { before } else { after } += net;
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

/// A line with its currencies as ISO 4217 has them; none where its change of the balance contradicts itself.
fn checked(mut line: Line) -> Option<Line> {
    let code = |currency: &mut String| *currency = currency.trim().to_uppercase();
    match &mut line {
        Line::Movement(movement) => {
            code(&mut movement.currency);
            if let Some(settled) = &mut movement.settled {
                code(&mut settled.currency);
                settled.gross.checked_sub(settled.fee).filter(|net| *net == settled.net)?;
            }
        }
        Line::Balance(balance) => code(&mut balance.currency),
        Line::Missing(_) => {}
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
