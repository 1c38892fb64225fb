//! Stripe's exports.
//!
//! <https://docs.stripe.com/reports/report-types/balance> and
//! <https://docs.stripe.com/reports/report-types/payout-reconciliation> name the columns. Amounts are in major units of
//! their currency. Columns that end in `_utc` are in UTC; the others are in the zone that the report was asked for.

use std::collections::HashSet;

use futures_util::future::BoxFuture;

use super::decimal::{minor, time};
use super::kinds;
use super::seen::Seen;
use super::table::Table;
use super::unknown::Unknown;
use crate::error::Result;
use crate::reconcile::model::{Movement, MovementKind, MovementStatus, Range, Settled, Sink, Source, SourceEnd};

const NAME: &str = "stripe";

/// The itemized reports of the balance, of payouts and of the ending balance, and the dashboard's list of balance
/// transactions. Every row is one change of the balance.
pub(super) struct Balance {
    table: Table,
    line: usize,
    created: usize,
    is_utc: bool,
    available: Option<usize>,
    currency: usize,
    gross: usize,
    fee: usize,
    net: usize,
    category: usize,
    source: Option<usize>,
    charge: Option<usize>,
    intent: Option<usize>,
    refund: Option<usize>,
    dispute: Option<usize>,
    payout: Option<usize>,
    shown: Option<usize>,
    shown_in: Option<usize>,
    ours: Option<usize>,
    /// Objects that somebody answers for.
    left: HashSet<String>,
}

const CATEGORY: [&str; 2] = ["reporting_category", "type"];
const LINE: [&str; 2] = ["balance_transaction_id", "id"];
const INTENT: [&str; 3] = ["payment_intent_id", "paymentintent_id", "payment_intent"];

impl Balance {
    /// True where the headings are of such a report.
    pub fn fits(table: &Table) -> bool {
        table.has(&LINE) && table.has(&CATEGORY) && table.has(&["net"]) && table.has(&["fee", "fees"])
    }

    /// Finds the columns.
    ///
    /// # Errors
    /// A usage error where one is missing, or there twice.
    pub fn new(table: Table) -> Result<Self> {
        let utc = table.find(&["created_utc", "created_date_utc"])?;
        Ok(Balance {
            line: table.need(&LINE)?,
            created: utc.map_or_else(|| table.need(&["created_utc", "created"]), Ok)?,
            is_utc: utc.is_some(),
            available: table.find(&["available_on_utc", "available_on"])?,
            currency: table.need(&["currency"])?,
            gross: table.need(&["gross", "amount"])?,
            fee: table.need(&["fee", "fees"])?,
            net: table.need(&["net"])?,
            category: table.need(&CATEGORY)?,
            source: table.find(&["source_id", "source"])?,
            charge: table.find(&["charge_id"])?,
            intent: table.find(&INTENT)?,
            refund: table.find(&["refund_id"])?,
            dispute: table.find(&["dispute_id"])?,
            payout: table.find(&["automatic_payout_id", "payout_id", "transfer"])?,
            shown: table.find(&["customer_facing_amount"])?,
            shown_in: table.find(&["customer_facing_currency"])?,
            ours: table.find(&["refund_metadata_bursar_refund_id", "bursar_refund_id_metadata"])?,
            left: HashSet::new(),
            table,
        })
    }

    /// True where a refund or a dispute names its payment.
    fn names_payments(&self) -> bool {
        self.charge.is_some() || self.intent.is_some()
    }

    fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.intent.is_none() {
            missing.push(
                "The column payment_intent_id is not there, so payments that are kept by their intent (pi_) only cannot \
                 be compared: export it again with this column."
                    .to_owned(),
            );
        }
        if !self.names_payments() {
            missing.push(
                "Neither charge_id nor payment_intent_id is there, so refunds and disputes cannot be compared: export the \
                 itemized balance report."
                    .to_owned(),
            );
        }
        if self.source.is_none() && (self.charge.is_none() || self.refund.is_none()) {
            missing.push(
                "The column source_id is not there, so objects have no ids of their own: export it again with this \
                 column."
                    .to_owned(),
            );
        }
        if !self.is_utc {
            missing.push(
                "The column created_utc is not there, and the times are taken as UTC, so the ends of the range are not \
                 exact: export it again with this column."
                    .to_owned(),
            );
        }
        missing
    }

    /// The movement of the row that was read last.
    fn movement(&self, unknown: &mut Unknown) -> Result<Movement> {
        let table = &self.table;
        let cell = |at: usize| table.cell(Some(at));
        let line = table.some(Some(self.line)).ok_or_else(|| table.wrong("it has no id"))?;
        let word = cell(self.category);
        let source = table.some(self.source);
        let to_us = !cell(self.gross).starts_with(['-', '\u{2212}']);
        let kind = kinds::stripe_of(word, source.as_deref(), to_us).unwrap_or_else(|| {
            let whose = source.as_deref().unwrap_or(&line);
            unknown.add(format!("the category '{word}' is not known, and taken for an adjustment"), whose);
            MovementKind::Adjustment
        });
        let amount = |at: usize, currency: &str| {
            let text = cell(at);
            minor(text, currency).ok_or_else(|| table.wrong(&format!("'{text}' is no amount of {currency}")))
        };
        let currency = cell(self.currency).to_uppercase();
        let settled = Settled {
            gross: amount(self.gross, &currency)?,
            fee: amount(self.fee, &currency)?,
            net: amount(self.net, &currency)?,
            currency,
        };
        if settled.gross.checked_sub(settled.fee) != Some(settled.net) {
            return Err(table.wrong("gross less fee is not net"));
        }
        let at = |column: usize| {
            let text = cell(column);
            time(text).ok_or_else(|| table.wrong(&format!("'{text}' is no time like 2025-06-15 15:06:40")))
        };
        let (charge, intent) = (table.some(self.charge), table.some(self.intent));
        let own = |column| source.clone().or_else(|| table.some(column)).unwrap_or_else(|| line.clone());
        let id = match kind {
            MovementKind::Payment => own(self.charge),
            MovementKind::Refund | MovementKind::RefundFailure => own(self.refund),
            MovementKind::Dispute | MovementKind::DisputeReversal => own(self.dispute),
            MovementKind::Payout => own(self.payout),
            MovementKind::Fee | MovementKind::Adjustment => line.clone(),
        };
        let own_id = (kind == MovementKind::Payment).then(|| id.clone());
        let mut payment_ids: Vec<String> = own_id.into_iter().chain(charge).chain(intent).collect();
        payment_ids.dedup();
        // What the customer saw is without a sign, or with one: the kind says in which direction it went.
        let sign = match kind {
            MovementKind::Payment | MovementKind::RefundFailure | MovementKind::DisputeReversal => Some(1),
            MovementKind::Refund | MovementKind::Dispute => Some(-1),
            _ => None,
        };
        let shown =
            self.shown.zip(self.shown_in).zip(sign).filter(|((a, c), _)| !cell(*a).is_empty() && !cell(*c).is_empty());
        let (amount, currency) = match shown {
            Some(((column, currency), sign)) => {
                let currency = cell(currency).to_uppercase();
                (amount(column, &currency)?.saturating_abs() * sign, currency)
            }
            None => (settled.gross, settled.currency.clone()),
        };
        Ok(Movement {
            payout: if kind == MovementKind::Payout { Some(id.clone()) } else { table.some(self.payout) },
            id,
            kind,
            payment_ids,
            refund: table.cell(self.ours).parse().ok(),
            amount,
            currency,
            settled: Some(settled),
            status: MovementStatus::Succeeded,
            created: at(self.created)?,
            available: table.some(self.available).map(|_| at(self.available.unwrap_or_default())).transpose()?,
        })
    }

    async fn read_all(&mut self, range: Range, sink: &mut Sink<'_>) -> Result<SourceEnd> {
        let (mut unknown, mut seen) = (Unknown::leaving(&self.left), Seen::default());
        let whose = [Some(self.line), self.source, self.refund, self.dispute];
        while self.table.next_whole()? {
            seen.row().await;
            let movement = match self.movement(&mut unknown) {
                Err(_) if unknown.leaves(whose.map(|column| self.table.some(column))) => continue,
                movement => movement?,
            };
            seen.take(movement, range, sink)?;
        }
        let mut missing = self.missing();
        missing.extend(unknown.sentences(NAME));
        missing.extend(seen.outside());
        Ok(SourceEnd { missing, ..SourceEnd::default() })
    }
}

impl Source for Balance {
    fn gateway(&self) -> &'static str {
        NAME
    }

    fn tells(&self) -> &'static [MovementKind] {
        if self.names_payments() { &MovementKind::ALL } else { &[MovementKind::Payment, MovementKind::Payout] }
    }

    fn leave(&mut self, objects: HashSet<String>) {
        self.left = objects;
    }

    fn read<'a>(&'a mut self, range: Range, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<SourceEnd>> {
        Box::pin(self.read_all(range, sink))
    }
}

/// The payments export of the dashboard. A row is a payment with what was refunded of it in all, so it tells of no
/// single refund or dispute.
pub(super) struct Payments {
    table: Table,
    id: usize,
    created: usize,
    amount: usize,
    currency: usize,
    status: usize,
    intent: Option<usize>,
    captured: Option<usize>,
    refunded: Option<usize>,
    disputed: Option<usize>,
    settled: Option<[usize; 3]>,
    tax: Option<usize>,
    transfer: Option<usize>,
}

const CREATED: [&str; 3] = ["created_utc", "created_date_utc", "created"];

impl Payments {
    /// True where the headings are of that export.
    pub fn fits(table: &Table) -> bool {
        let whole = [&["id"][..], &["amount"], &["currency"], &["status"], &CREATED];
        whole.iter().all(|names| table.has(names)) && table.has(&["amount_refunded", "captured", INTENT[1], INTENT[0]])
    }

    /// Finds the columns.
    ///
    /// # Errors
    /// A usage error where one is missing, or there twice.
    pub fn new(table: Table) -> Result<Self> {
        let converted =
            [table.find(&["converted_amount"])?, table.find(&["fee"])?, table.find(&["converted_currency"])?];
        Ok(Payments {
            id: table.need(&["id"])?,
            created: table.need(&CREATED)?,
            amount: table.need(&["amount"])?,
            currency: table.need(&["currency"])?,
            status: table.need(&["status"])?,
            intent: table.find(&INTENT)?,
            captured: table.find(&["captured"])?,
            refunded: table.find(&["amount_refunded"])?,
            disputed: table.find(&["disputed_amount"])?,
            settled: match converted {
                [Some(amount), Some(fee), Some(currency)] => Some([amount, fee, currency]),
                _ => None,
            },
            tax: table.find(&["taxes_on_fee", "tax"])?,
            transfer: table.find(&["transfer"])?,
            table,
        })
    }

    /// The movement of the row that was read last, and whether some of it went back.
    fn movement(&self) -> Result<(Movement, bool)> {
        let table = &self.table;
        let cell = |at: usize| table.cell(Some(at));
        let amount = |text: &str, currency: &str| {
            minor(text, currency).ok_or_else(|| table.wrong(&format!("'{text}' is no amount of {currency}")))
        };
        let id = table.some(Some(self.id)).ok_or_else(|| table.wrong("it has no id"))?;
        let currency = cell(self.currency).to_uppercase();
        let status = match cell(self.status).to_lowercase().as_str() {
            "failed" | "canceled" | "cancelled" | "blocked" | "expired" => MovementStatus::Failed,
            "paid" | "succeeded" | "refunded" | "partially refunded" | "partial refund" | "disputed" => {
                MovementStatus::Succeeded
            }
            "pending" | "processing" | "uncaptured" | "incomplete" => MovementStatus::Pending,
            word if word.starts_with("requires_") => MovementStatus::Pending,
            word => return Err(table.wrong(&format!("the status '{word}' is not known"))),
        };
        let taken = !table.cell(self.captured).eq_ignore_ascii_case("false");
        let status = if status == MovementStatus::Succeeded && !taken { MovementStatus::Pending } else { status };
        let settled = match self.settled {
            Some([gross, fee, currency]) if status == MovementStatus::Succeeded && !cell(gross).is_empty() => {
                let currency = cell(currency).to_uppercase();
                let gross = amount(cell(gross), &currency)?;
                let tax = table.some(self.tax).map_or(Ok(0), |tax| amount(&tax, &currency))?;
                let fee = amount(cell(fee), &currency)?.saturating_add(tax);
                Some(Settled { gross, fee, net: gross.saturating_sub(fee), currency })
            }
            _ => None,
        };
        let back = |column| match table.some(column) {
            Some(text) => amount(&text, &currency).map(|back| back != 0),
            None => Ok(false),
        };
        let went_back = back(self.refunded)? || back(self.disputed)?;
        let text = cell(self.created);
        let created =
            time(text).ok_or_else(|| table.wrong(&format!("'{text}' is no time like 2025-06-15 15:06:40")))?;
        let mut payment_ids: Vec<String> = std::iter::once(id.clone()).chain(table.some(self.intent)).collect();
        payment_ids.dedup();
        let movement = Movement {
            id,
            kind: MovementKind::Payment,
            payment_ids,
            refund: None,
            amount: amount(cell(self.amount), &currency)?,
            currency,
            settled,
            status,
            created,
            available: None,
            payout: table.some(self.transfer),
        };
        Ok((movement, went_back))
    }

    async fn read_all(&mut self, range: Range, sink: &mut Sink<'_>) -> Result<SourceEnd> {
        let (mut seen, mut backs) = (Seen::default(), 0_u64);
        while self.table.next_whole()? {
            seen.row().await;
            let (movement, went_back) = self.movement()?;
            backs += u64::from(seen.take(movement, range, sink)? && went_back);
        }
        let mut missing = vec![format!(
            "This export has payments only, and {backs} of them went back, all or in part: for single refunds, disputes, \
             fees and payouts, export the itemized report \"balance change from activity\"."
        )];
        if self.intent.is_none() {
            missing.push(
                "The column PaymentIntent ID is not there, so payments that are kept by their intent (pi_) only cannot be \
                 compared: export it again with this column."
                    .to_owned(),
            );
        }
        missing.extend(seen.outside());
        Ok(SourceEnd { missing, ..SourceEnd::default() })
    }
}

impl Source for Payments {
    fn gateway(&self) -> &'static str {
        NAME
    }

    fn tells(&self) -> &'static [MovementKind] {
        &[MovementKind::Payment]
    }

    fn read<'a>(&'a mut self, range: Range, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<SourceEnd>> {
        Box::pin(self.read_all(range, sink))
    }
}
