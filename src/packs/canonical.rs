//! The canonical checks of payments and refunds: the statements of `packs/shared/checks`, which name a pack's queries in
//! braces, filled in for one pack on one database.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use sqlx::{Column as _, TypeInfo as _};

use super::model::Pack;
use super::payments::{Amounts, PaymentState, meaning};
use super::sql::{Source, Sql, asks_for, placed};
use crate::db::{Connection, quote_literal};
use crate::error::Result;
use crate::money;

/// The queries that a statement of a canonical check names.
pub(super) fn sources(text: &str) -> BTreeSet<Source> {
    let names = |places: &[&str]| places.iter().any(|place| asks_for(text, place));
    let sources = [
        (Source::Entries, names(&["{entries}", "{grants}"])),
        (Source::Payments, names(&["{payments}"])),
        (Source::Refunds, names(&["{own_refunds}", "{all_refunds}"])),
    ];
    sources.into_iter().filter(|(_, named)| *named).map(|(source, _)| source).collect()
}

/// The currencies and their decimals: looking for them takes longer than a query.
static CODES: LazyLock<Vec<(String, u32)>> =
    LazyLock::new(|| money::codes().filter_map(|code| money::digits(&code).map(|digits| (code, digits))).collect());

/// The columns that the queries of a pack return.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// The types of the columns of each query.
    types: BTreeMap<Source, BTreeMap<String, String>>,
}

impl Shape {
    /// Looks at the columns of those of these queries that are not known yet.
    ///
    /// # Errors
    /// If a query does not fit the database, or cannot be read.
    pub async fn complete(
        &mut self,
        connection: &mut Connection,
        pack: &Pack,
        sources: &BTreeSet<Source>,
    ) -> Result<()> {
        for source in sources {
            let Some(sql) = pack.source(*source).filter(|_| !self.types.contains_key(source)) else { continue };
            let columns = connection.columns(&sql.text).await?;
            let named = columns.iter().map(|c| (c.name().to_owned(), c.type_info().name().to_owned()));
            self.types.insert(*source, named.collect());
        }
        Ok(())
    }

    /// Takes over what the other knows.
    pub fn learn(&mut self, other: Shape) {
        self.types.extend(other.types);
    }

    fn has(&self, source: Source, column: &str) -> bool {
        self.types.get(&source).is_some_and(|columns| columns.contains_key(column))
    }

    /// The cast that two columns need to be compared: nothing if both have one type. Native integers and UUIDs are
    /// compared several times as fast as text.
    fn compared(&self, one: (Source, &str), other: (Source, &str)) -> &'static str {
        let of = |(source, column): (Source, &str)| self.types.get(&source).and_then(|columns| columns.get(column));
        if of(one) == of(other) { "" } else { "::text" }
    }
}

impl Pack {
    /// The query of a source.
    pub fn source(&self, source: Source) -> Option<&Sql> {
        match source {
            Source::Entries => self.ledger.as_ref().map(|l| &l.entries),
            Source::Balances => self.ledger.as_ref().and_then(|l| l.balances.as_ref()),
            Source::Payments => self.payments.as_ref().map(|p| &p.sql),
            Source::Refunds => self.refunds.as_ref().map(|r| &r.sql),
            Source::Jobs => self.jobs.as_ref().map(|j| &j.jobs),
        }
    }

    /// The statement of a canonical check with this pack's queries in it. Bursar's own tables are still to be filled in.
    pub fn canonical(&self, text: &str, shape: &Shape) -> String {
        let entries = self.entries(shape);
        let name = |reads: Option<&Vec<String>>, none: &str| {
            quote_literal(reads.and_then(|r| r.first()).map_or(none, String::as_str))
        };
        let states = self.payments.iter().flat_map(|p| &p.states);
        // The state of a payment of which that much went back. One without a word for it stays paid.
        let after = |went_back: PaymentState| match states.clone().any(|(_, state)| *state == went_back) {
            true => went_back.name(),
            false => PaymentState::Paid.name(),
        };
        let (partly, refunded) = (after(PaymentState::Partly), after(PaymentState::Refunded));
        let words = |words: &mut dyn Iterator<Item = &String>| {
            quote_literal(&words.map(String::as_str).collect::<Vec<_>>().join(", "))
        };
        let own = self.own_refunds();
        let texts = [
            ("{payments}", self.paid()),
            ("{entries}", format!("({entries})")),
            ("{grants}", self.grants(&entries, shape)),
            ("{own_refunds}", own.clone()),
            ("{all_refunds}", if asks_for(text, "{all_refunds}") { self.all_refunds(&own) } else { String::new() }),
            ("{payments_name}", name(self.payments.as_ref().map(|p| &p.reads), "payments")),
            ("{entries_name}", name(self.ledger.as_ref().map(|l| &l.reads), "entries")),
            ("{refunds_name}", name(self.refunds.as_ref().map(|r| &r.reads), "refunds")),
            ("{payment_words}", words(&mut states.map(|(word, _)| word))),
            ("{refund_words}", words(&mut self.refunds.iter().flat_map(|r| &r.states).map(|(word, _)| word))),
            (
                "{was_paid}",
                self.payments.as_ref().map_or_else(String::new, |p| p.was(|state| state != PaymentState::Unpaid)),
            ),
            (
                "{was_unpaid}",
                self.payments.as_ref().map_or_else(String::new, |p| p.was(|state| state == PaymentState::Unpaid)),
            ),
            ("{scale}", quote_literal(self.payments.as_ref().map_or("", |p| p.amounts.named()))),
            ("{tolerance}", self.thresholds.future_tolerance_secs.to_string()),
            ("{partly}", quote_literal(partly)),
            ("{refunded}", quote_literal(refunded)),
            ("{reversals}", shape.has(Source::Entries, "reverses").to_string()),
            ("{ref}", shape.compared((Source::Entries, "ref"), (Source::Payments, "payment_id")).to_owned()),
            ("{account}", shape.compared((Source::Entries, "account"), (Source::Payments, "account")).to_owned()),
        ];
        placed(text, &texts.each_ref().map(|(place, text)| (*place, text.as_str())))
    }

    /// The payments, with the meaning of their status.
    fn paid(&self) -> String {
        let Some(payments) = &self.payments else { return String::new() };
        let state = meaning("p.status", payments.states.iter().map(|(word, state)| (word.as_str(), state.name())));
        format!(
            "(SELECT p.payment_id, p.account, p.amount, p.currency, p.status, p.refundable, p.provider, p.provider_ids, \
             p.granted, p.unit, p.created_at, {state} AS state FROM ({}\n) AS p)",
            payments.sql.text
        )
    }

    /// The entries; none where the pack has no ledger.
    fn entries(&self, shape: &Shape) -> String {
        let Some(ledger) = &self.ledger else {
            return "SELECT NULL::text AS entry_id, NULL::text AS account, NULL::text AS unit, NULL::numeric AS delta, \
                    NULL::timestamptz AS at, NULL::text AS kind, NULL::text AS ref, NULL::text AS reverses WHERE false"
                .to_owned();
        };
        let reverses = if shape.has(Source::Entries, "reverses") { "e.reverses" } else { "NULL::text" };
        format!(
            "SELECT e.entry_id, e.account, e.unit, e.delta, e.at, e.kind, e.ref, {reverses} AS reverses FROM ({}\n) AS e",
            ledger.entries.text
        )
    }

    /// The entries that credit what was paid for: no reversals, and none that was reversed.
    fn grants(&self, entries: &str, shape: &Shape) -> String {
        let mut sql = format!("(SELECT g.* FROM ({entries}) AS g WHERE g.delta > 0");
        let kinds = self.payments.iter().flat_map(|p| &p.kinds).map(|kind| quote_literal(kind)).collect::<Vec<_>>();
        if !kinds.is_empty() {
            let _ = write!(sql, " AND g.kind IN ({})", kinds.join(", "));
        }
        if shape.has(Source::Entries, "reverses") {
            let cast = shape.compared((Source::Entries, "reverses"), (Source::Entries, "entry_id"));
            let _ = write!(
                sql,
                " AND g.reverses IS NULL \
                 AND NOT EXISTS (SELECT FROM ({entries}) AS r WHERE r.reverses{cast} = g.entry_id{cast})"
            );
        }
        sql + ")"
    }

    /// The application's own refunds, with the meaning of their status; none where it keeps none.
    fn own_refunds(&self) -> String {
        let Some(refunds) = &self.refunds else {
            return "(SELECT NULL::text AS refund_id, NULL::text AS payment_id, NULL::numeric AS amount, \
                    NULL::text AS currency, NULL::text AS status, NULL::text AS provider_id, NULL::text AS ref, \
                    NULL::timestamptz AS created_at, NULL::text AS state WHERE false)"
                .to_owned();
        };
        let state = meaning("r.status", refunds.states.iter().map(|(word, state)| (word.as_str(), state.name())));
        format!(
            "(SELECT r.refund_id, r.payment_id, r.amount, r.currency, r.status, r.provider_id, r.ref, r.created_at, \
             {state} AS state FROM ({}\n) AS r)",
            refunds.sql.text
        )
    }

    /// The application's refunds and bursar's. One that both keep counts once: it has one id at the gateway.
    fn all_refunds(&self, own: &str) -> String {
        let origin = self.refunds.as_ref().and_then(|r| r.reads.first()).map_or("refunds", String::as_str);
        let amount = self.payments.as_ref().map_or_else(String::new, |p| in_scale("b.amount", "b.currency", p.amounts));
        format!(
            "(SELECT true AS own, {} AS origin, o.refund_id::text AS id, o.payment_id::text AS payment, \
                     o.amount::numeric AS amount, upper(btrim(o.currency::text)) AS currency, o.state, o.ref::text AS entry, \
                     NULL::numeric AS units FROM {own} AS o \
              UNION ALL SELECT false, 'bursar.refunds', b.id::text, b.payment, {amount}, upper(b.currency), \
                     CASE WHEN b.state = 'succeeded' THEN 'done' WHEN b.state IN ('rejected', 'failed', 'canceled') \
                          THEN 'failed' ELSE 'open' END, b.entry, b.units_taken - b.units_found FROM {{refunds}} AS b \
               WHERE NOT EXISTS (SELECT FROM {own} AS o WHERE o.provider_id::text = b.gateway_ref))",
            quote_literal(origin)
        )
    }
}

/// Minor units of ISO 4217 in the scale of the application's amounts, in SQL.
fn in_scale(amount: &str, currency: &str, scale: Amounts) -> String {
    let mut by_shift: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    if scale != Amounts::Minor {
        for (code, digits) in CODES.iter() {
            let shift = i64::from(scale.shift(code).unwrap_or(0)) - i64::from(*digits);
            if shift != 0 {
                by_shift.entry(shift).or_default().push(quote_literal(code));
            }
        }
    }
    if by_shift.is_empty() {
        return format!("{amount}::numeric");
    }
    let cases = by_shift
        .iter()
        .map(|(shift, codes)| format!(" WHEN upper({currency}) IN ({}) THEN 1e{shift}::numeric", codes.join(", ")));
    format!("{amount} * CASE{} ELSE 1 END", cases.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{Amounts, in_scale};

    #[test]
    fn an_amount_of_minor_units_is_put_into_the_applications_scale() {
        assert_eq!(in_scale("a", "c", Amounts::Minor), "a::numeric");
        let stripe = in_scale("a", "c", Amounts::Stripe);
        assert_eq!(
            stripe,
            "a * CASE WHEN upper(c) IN ('MGA') THEN 1e-2::numeric WHEN upper(c) IN ('ISK', 'UGX') THEN 1e2::numeric ELSE 1 END"
        );
        let major = in_scale("a", "c", Amounts::Major);
        assert!(major.contains("'BHD'") && major.contains("THEN 1e-3::numeric") && !major.contains("'JPY'"), "{major}");
    }
}
