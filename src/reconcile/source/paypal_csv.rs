//! PayPal's exports.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;

use super::decimal::{minor, time};
use super::kinds::{self, Line};
use super::seen::Seen;
use super::table::Table;
use super::unknown::Unknown;
use crate::error::Result;
use crate::money;
use crate::reconcile::model::{Movement, MovementKind, MovementStatus, Range, Settled, Sink, Source, SourceEnd};

const NAME: &str = "paypal";

/// The sentence about payments that nothing names but their captures.
const NO_ORDERS: &str = "The export names captures only, so payments that are kept by their order cannot be compared: \
                         leave out `--export`, and let bursar ask PayPal.";

/// The settlement report and the transaction detail report: rows that begin with their type, of which `CH` has the
/// headings and `SB` is a line of the account.
/// <https://developer.paypal.com/docs/reports/sftp-reports/settlement-report/>: amounts have no sign and no decimal
/// point, and a column beside them says whether they are a debit (`DR`) or a credit (`CR`).
pub(super) struct Report {
    table: Table,
    /// False where the first row has the headings, and no row has a type.
    is_typed: bool,
    /// Objects that somebody answers for.
    left: HashSet<String>,
}

/// The columns of a section.
struct Columns {
    id: usize,
    code: usize,
    created: usize,
    side: usize,
    amount: usize,
    currency: usize,
    fee: Option<usize>,
    fee_side: Option<usize>,
    fee_currency: Option<usize>,
    reference: Option<usize>,
    reference_kind: Option<usize>,
    invoice: Option<usize>,
    custom: Option<usize>,
    status: Option<usize>,
}

impl Report {
    /// True where the file begins as such a report.
    pub fn fits(table: &Table) -> bool {
        matches!(table.headings().next(), Some("RH" | "FH" | "SH" | "CH"))
            || table.has(&["transaction_event_code"]) && table.has(&["gross_transaction_amount"])
    }

    /// Finds the columns, where the first row has them.
    ///
    /// # Errors
    /// A usage error where one is missing, or there twice.
    pub fn new(table: Table) -> Result<Self> {
        let is_typed = matches!(table.headings().next(), Some("RH" | "FH" | "SH" | "CH"));
        if !is_typed {
            columns(&table)?;
        }
        Ok(Report { table, is_typed, left: HashSet::new() })
    }

    async fn read_all(&mut self, range: Range, sink: &mut Sink<'_>) -> Result<SourceEnd> {
        let has_headings = !self.is_typed || self.table.headings().next() == Some("CH");
        let mut of = if has_headings { Some(columns(&self.table)?) } else { None };
        let (mut unknown, mut seen) = (Unknown::leaving(&self.left), Seen::default());
        while self.table.next()? {
            if self.is_typed {
                match self.table.cell(Some(0)) {
                    "SB" => {}
                    "CH" => {
                        self.table.take_headings();
                        of = Some(columns(&self.table)?);
                        continue;
                    }
                    "RH" | "FH" | "SH" | "SF" | "SC" | "RF" | "RC" | "FF" => continue,
                    other => return Err(self.table.wrong(&format!("a row of the type '{other}' is not known"))),
                }
            }
            let columns = of.as_ref().ok_or_else(|| self.table.wrong("there are no headings (CH) before it"))?;
            seen.row().await;
            let movement = match movement(&self.table, columns, &mut unknown) {
                Err(_) if unknown.leaves([self.table.some(Some(columns.id))]) => continue,
                movement => movement?,
            };
            if let Some(movement) = movement {
                seen.take(movement, range, sink)?;
            }
        }
        Ok(end(&unknown, &seen))
    }
}

/// What is missing of a file of PayPal's.
fn end(unknown: &Unknown, seen: &Seen) -> SourceEnd {
    let orders = (seen.one_id > 0 && seen.more_ids == 0).then(|| NO_ORDERS.to_owned());
    let missing = unknown.sentences("PayPal").chain(orders).chain(seen.outside()).collect();
    SourceEnd { missing, ..SourceEnd::default() }
}

impl Source for Report {
    fn gateway(&self) -> &'static str {
        NAME
    }

    fn leave(&mut self, objects: HashSet<String>) {
        self.left = objects;
    }

    fn read<'a>(&'a mut self, range: Range, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<SourceEnd>> {
        Box::pin(self.read_all(range, sink))
    }
}

fn columns(table: &Table) -> Result<Columns> {
    Ok(Columns {
        id: table.need(&["transaction_id"])?,
        code: table.need(&["transaction_event_code"])?,
        created: table.need(&["transaction_initiation_date", "transaction_completion_date"])?,
        side: table.need(&["transaction_debit_or_credit"])?,
        amount: table.need(&["gross_transaction_amount"])?,
        currency: table.need(&["gross_transaction_currency"])?,
        fee: table.find(&["fee_amount"])?,
        fee_side: table.find(&["fee_debit_or_credit"])?,
        fee_currency: table.find(&["fee_currency"])?,
        reference: table.find(&["paypal_reference_id"])?,
        reference_kind: table.find(&["paypal_reference_id_type"])?,
        invoice: table.find(&["invoice_id"])?,
        custom: table.find(&["custom_field"])?,
        status: table.find(&["transactional_status", "transaction_status"])?,
    })
}

/// The movement of a line; none where it moved nothing.
fn movement(table: &Table, of: &Columns, unknown: &mut Unknown) -> Result<Option<Movement>> {
    let cell = |at: usize| table.cell(Some(at));
    let currency = cell(of.currency).to_uppercase();
    let side = |text: &str| match text {
        "CR" => Ok(1),
        "DR" => Ok(-1),
        other => Err(table.wrong(&format!("'{other}' is neither DR nor CR"))),
    };
    let units = |text: &str, currency: &str| {
        units(text, currency).map_err(|why| table.wrong(&format!("'{text}' is no amount of {currency}{why}")))
    };
    let amount = units(cell(of.amount), &currency)? * side(cell(of.side))?;
    let fee = match table.some(of.fee).filter(|fee| fee.bytes().any(|b| b != b'0')) {
        None => 0,
        Some(fee) => {
            let theirs = table.some(of.fee_currency).unwrap_or_else(|| currency.clone());
            if !theirs.eq_ignore_ascii_case(&currency) {
                return Err(table.wrong("the fee is in another currency than the amount"));
            }
            -units(&fee, &currency)? * of.fee_side.map_or(Ok(-1), |at| side(cell(at)))?
        }
    };
    let (id, code) = (cell(of.id).to_owned(), cell(of.code));
    let kind = match kinds::paypal(code, amount >= 0) {
        Line::Moved(kind) => kind,
        Line::Nothing => return Ok(None),
        Line::Unknown => {
            unknown.add(format!("the event code '{code}' is not known, and taken for an adjustment"), &id);
            MovementKind::Adjustment
        }
    };
    let status = kinds::paypal_status(table.cell(of.status)).map_err(|why| table.wrong(&why))?;
    let at = cell(of.created);
    let custom = table.some(of.custom);
    let known = !matches!(table.cell(of.reference_kind), "SUB" | "PAP");
    let own = (kind == MovementKind::Payment).then(|| id.clone());
    let ids = [own, table.some(of.reference).filter(|_| known), table.some(of.invoice), custom.clone()];
    Ok(Some(Movement {
        id,
        kind,
        payment_ids: ids.into_iter().flatten().collect(),
        refund: custom.filter(|_| kind == MovementKind::Refund).and_then(|id| id.parse().ok()),
        amount,
        currency: currency.clone(),
        settled: settled(status, amount, fee, currency),
        status,
        created: time(at).ok_or_else(|| table.wrong(&format!("'{at}' is no time like 2025/06/15 15:06:40 +0000")))?,
        available: None,
        payout: None,
    }))
}

fn settled(status: MovementStatus, gross: i64, fee: i64, currency: String) -> Option<Settled> {
    let moved = status == MovementStatus::Succeeded;
    moved.then(|| Settled { gross, fee, net: gross.saturating_sub(fee), currency })
}

/// Our minor units of an amount in the smallest units of PayPal's currency; or why there are none.
fn units(text: &str, currency: &str) -> Result<i64, &'static str> {
    if text.contains(['.', ',']) {
        return minor(text, currency).ok_or("");
    }
    // PayPal takes no decimals of these, and ISO 4217 gives them two.
    if matches!(currency, "HUF" | "TWD") {
        return Err(", whose decimals the report does not tell: leave out `--export`, and let bursar ask PayPal");
    }
    money::digits(currency).ok_or("")?;
    text.parse().ok().filter(|units| *units >= 0).ok_or("")
}

/// The activity download of the website, with English headings.
pub(super) struct Activity {
    table: Table,
    date: usize,
    clock: Option<usize>,
    zone: Option<usize>,
    kind: usize,
    status: Option<usize>,
    currency: usize,
    gross: usize,
    fee: usize,
    net: usize,
    id: usize,
    reference: Option<usize>,
    invoice: Option<usize>,
    custom: Option<usize>,
    impact: Option<usize>,
    code: Option<usize>,
    /// True where the day is before the month.
    day_first: Option<bool>,
    /// Objects that somebody answers for.
    left: HashSet<String>,
}

impl Activity {
    /// True where the headings are of that download.
    pub fn fits(table: &Table) -> bool {
        ["date", "gross", "transaction_id", "currency"].iter().all(|name| table.has(&[name]))
    }

    /// Finds the columns, and the order of day and month.
    ///
    /// # Errors
    /// A usage error where a column is missing, or there twice.
    pub fn new(table: Table) -> Result<Self> {
        let date = table.need(&["date"])?;
        let parts = |row: &csv::StringRecord| -> Option<[u32; 2]> {
            let mut parts = row.get(date)?.trim().split('/').map(|part| part.parse().ok());
            Some([parts.next()??, parts.next()??])
        };
        let order = |[first, second]: [u32; 2]| match (first > 12, second > 12) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        let day_first = table.preview().find_map(|row| parts(&row).and_then(order));
        Ok(Activity {
            date,
            clock: table.find(&["time"])?,
            zone: table.find(&["timezone", "time_zone"])?,
            kind: table.need(&["type", "description"])?,
            status: table.find(&["status"])?,
            currency: table.need(&["currency"])?,
            gross: table.need(&["gross"])?,
            fee: table.need(&["fee"])?,
            net: table.need(&["net"])?,
            id: table.need(&["transaction_id"])?,
            reference: table.find(&["reference_txn_id"])?,
            invoice: table.find(&["invoice_number", "invoice_id"])?,
            custom: table.find(&["custom_number", "custom"])?,
            impact: table.find(&["balance_impact"])?,
            code: table.find(&["transaction_event_code", "transaction_code"])?,
            day_first,
            left: HashSet::new(),
            table,
        })
    }

    /// The movement of the row that was read last; none where it moved nothing.
    fn movement(&self, unknown: &mut Unknown) -> Result<Option<Movement>> {
        let table = &self.table;
        let cell = |at: usize| table.cell(Some(at));
        if table.cell(self.impact).eq_ignore_ascii_case("memo") {
            return Ok(None);
        }
        let currency = cell(self.currency).to_uppercase();
        let amount = |at: usize| {
            let text = cell(at);
            minor(text, &currency).ok_or_else(|| table.wrong(&format!("'{text}' is no amount of {currency}")))
        };
        let (gross, net) = (amount(self.gross)?, amount(self.net)?);
        // The file has the fee as what it takes away.
        let fee = amount(self.fee)?.checked_neg().filter(|fee| gross.checked_sub(*fee) == Some(net));
        let fee = fee.ok_or_else(|| table.wrong("gross and fee do not make net"))?;
        let (id, word) = (cell(self.id).to_owned(), cell(self.kind));
        let line = match self.code {
            Some(at) => kinds::paypal(cell(at), gross >= 0),
            None => kinds::activity(&word.to_lowercase(), gross >= 0),
        };
        let kind = match line {
            Line::Moved(kind) => kind,
            Line::Nothing => return Ok(None),
            Line::Unknown => {
                unknown.add(format!("the type '{word}' is not known, and taken for an adjustment"), &id);
                MovementKind::Adjustment
            }
        };
        let status = match table.cell(self.status).to_lowercase().as_str() {
            "" | "completed" | "refunded" | "partially refunded" | "reversed" | "partially reversed" | "cleared"
            | "placed" | "removed" | "returned" | "paid" => MovementStatus::Succeeded,
            "pending" | "uncleared" | "held" | "processing" | "temporary hold" | "unclaimed" | "created" | "active" => {
                MovementStatus::Pending
            }
            "denied" | "canceled" | "cancelled" | "failed" | "voided" | "expired" => MovementStatus::Failed,
            word => return Err(table.wrong(&format!("the status '{word}' is not known"))),
        };
        let custom = table.some(self.custom);
        let own = (kind == MovementKind::Payment).then(|| id.clone());
        let ids = [own, table.some(self.reference), table.some(self.invoice), custom.clone()];
        Ok(Some(Movement {
            id,
            kind,
            payment_ids: ids.into_iter().flatten().collect(),
            refund: custom.filter(|_| kind == MovementKind::Refund).and_then(|id| id.parse().ok()),
            amount: gross,
            currency: currency.clone(),
            settled: settled(status, gross, fee, currency),
            status,
            created: self.created(unknown)?,
            available: None,
            payout: None,
        }))
    }

    /// The time of the row that was read last.
    fn created(&self, unknown: &mut Unknown) -> Result<DateTime<Utc>> {
        let table = &self.table;
        let date = table.cell(Some(self.date));
        let form = match (date.contains('/'), date.contains('.'), self.day_first) {
            (true, _, None) => {
                return Err(
                    table.wrong(&format!("'{date}' has its day or its month first, and the file does not tell"))
                );
            }
            (true, _, Some(true)) => "%d/%m/%Y",
            (true, _, Some(false)) => "%m/%d/%Y",
            (_, true, _) => "%d.%m.%Y",
            _ => "%Y-%m-%d",
        };
        let day = NaiveDate::parse_from_str(date, form).map_err(|_| table.wrong(&format!("'{date}' is no date")))?;
        let clock = match table.cell(self.clock) {
            "" => NaiveTime::MIN,
            text => NaiveTime::parse_from_str(text, "%H:%M:%S")
                .map_err(|_| table.wrong(&format!("'{text}' is no time like 15:06:40")))?,
        };
        let zone = table.cell(self.zone);
        let offset = minutes_of(zone).unwrap_or_else(|| {
            let reason =
                format!("the time zone '{zone}' is not known, and taken for UTC, so the range's ends are not exact");
            unknown.add(reason, table.cell(Some(self.id)));
            0
        });
        let at = day.and_time(clock).and_utc().checked_sub_signed(TimeDelta::minutes(offset));
        at.ok_or_else(|| table.wrong(&format!("'{date}' is no date")))
    }

    async fn read_all(&mut self, range: Range, sink: &mut Sink<'_>) -> Result<SourceEnd> {
        let (mut unknown, mut seen) = (Unknown::leaving(&self.left), Seen::default());
        while self.table.next_whole()? {
            seen.row().await;
            let movement = match self.movement(&mut unknown) {
                Err(_) if unknown.leaves([self.table.some(Some(self.id))]) => continue,
                movement => movement?,
            };
            if let Some(movement) = movement {
                seen.take(movement, range, sink)?;
            }
        }
        Ok(end(&unknown, &seen))
    }
}

impl Source for Activity {
    fn gateway(&self) -> &'static str {
        NAME
    }

    fn leave(&mut self, objects: HashSet<String>) {
        self.left = objects;
    }

    fn read<'a>(&'a mut self, range: Range, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<SourceEnd>> {
        Box::pin(self.read_all(range, sink))
    }
}

/// The minutes by which a zone is ahead of UTC: by its abbreviation where that is of one zone only, its offset, or its name
/// where its clocks never change.
fn minutes_of(zone: &str) -> Option<i64> {
    let hours = match zone {
        "" | "UTC" | "GMT" | "Z" | "WET" => 0,
        "PST" => -8,
        "PDT" | "MST" => -7,
        "MDT" => -6,
        "EST" => -5,
        "EDT" => -4,
        "CET" | "BST" | "WEST" => 1,
        "CEST" | "EET" => 2,
        "EEST" => 3,
        "ICT" | "Asia/Bangkok" | "Asia/Jakarta" | "Asia/Ho_Chi_Minh" => 7,
        "SGT" | "HKT" | "Asia/Singapore" | "Asia/Hong_Kong" | "Asia/Manila" | "Asia/Taipei" => 8,
        "JST" | "Asia/Tokyo" | "Asia/Seoul" => 9,
        "Asia/Kolkata" | "Asia/Calcutta" => return Some(330),
        _ => {
            let offset = zone.strip_prefix("GMT").or_else(|| zone.strip_prefix("UTC")).unwrap_or(zone);
            let (sign, rest) = match offset.strip_prefix('-') {
                Some(rest) => (-1, rest),
                None => (1, offset.strip_prefix('+')?),
            };
            let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
            // Without a sign of its own, which `+-5` would have.
            let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
            let (hours, minutes): (i64, i64) = (number(hours)?, number(minutes)?);
            return (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes));
        }
    };
    Some(hours * 60)
}
