//! What a run found.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::model::Range;
use super::object::{Object, ObjectKind, Verdict, with_moment};
use super::options::Options;
use super::sort::Spool;
use super::totals::{Seen, Totals};
use crate::error::Result;
use crate::packs::{Pack, Severity};
use crate::store::reconciliations;
use crate::text::with_flags;

/// A number of objects, and what they come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// The number.
    pub objects: u64,
    /// The sum of their amounts, in minor units of the currency.
    pub total: i128,
}

impl Amounts {
    pub(super) fn add(&mut self, amount: i64) {
        self.objects += 1;
        self.total += i128::from(amount);
    }
}

/// The differences of a kind that nobody accepted.
#[derive(Debug)]
struct Open {
    /// The number.
    differences: u64,
    /// The first moment that a run must look at to judge all of them again.
    from: DateTime<Utc>,
    /// The last one.
    to: DateTime<Utc>,
}

/// The report of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The pack.
    pub app: String,
    /// The gateways that were asked.
    pub gateways: Vec<String>,
    /// The first moment of the range.
    pub since: DateTime<Utc>,
    /// The first moment after it.
    pub until: DateTime<Utc>,
    /// The only payout that was compared.
    pub payout: Option<String>,
    /// False where something was not compared.
    pub complete: bool,
    /// The reasons for which something was not compared.
    pub incomplete: Vec<String>,
    /// The number of objects of each verdict.
    pub counts: BTreeMap<&'static str, u64>,
    /// The number of differences that nobody accepted.
    pub differences: u64,
    /// The differences that nobody accepted, by gateway, kind and currency.
    #[serde(skip)]
    open: BTreeMap<(String, ObjectKind, String), Open>,
    /// The kinds and currencies that the gateway's side has.
    #[serde(skip)]
    pub(super) seen: Seen,
    /// The time of a file; none where the gateway itself was asked.
    #[serde(skip)]
    file: Option<Range>,
    /// The time of a file's balances, which are of everything that it holds.
    #[serde(skip)]
    pub(super) of_balances: Option<Range>,
    /// The time that could be told of.
    #[serde(skip)]
    looked: Range,
    /// The time of which every object has a verdict: what the file covers, and nothing that is too young to tell.
    #[serde(skip)]
    pub told: Range,
    /// The number of objects that are only a matter of timing, and that nobody accepted.
    #[serde(skip)]
    timing: u64,
    /// The number of differences that a baseline accepts.
    pub accepted: u64,
    /// Objects of the gateway that belong to no payment here, by gateway and currency.
    #[serde(serialize_with = "unrelated")]
    pub unrelated: BTreeMap<(String, String), Amounts>,
    /// Refunds that were recorded only, which no gateway was asked for, by currency.
    #[serde(serialize_with = "recorded")]
    pub recorded: BTreeMap<String, Amounts>,
    /// The totals of each gateway and currency.
    pub totals: Vec<Totals>,
    /// The digest of the run, in hexadecimal digits.
    pub digest: String,
    #[serde(serialize_with = "in_sequence")]
    objects: Spool<Object>,
    #[serde(skip)]
    hashing: Sha256,
    /// The fingerprints of the accepted ones that were found.
    #[serde(skip)]
    pub matched: std::collections::BTreeSet<String>,
}

impl Report {
    pub(super) fn new(pack: &Pack, gateways: &[String], options: &Options, file: Option<Range>) -> Result<Self> {
        let (asked, covered) = (options.range, file.unwrap_or(options.range));
        let told =
            Range { since: asked.since.max(covered.since), until: asked.until.min(covered.until).min(options.now) };
        Ok(Report {
            app: pack.name.clone(),
            gateways: gateways.to_vec(),
            since: options.range.since,
            until: options.range.until,
            payout: options.payout.clone(),
            complete: false,
            incomplete: Vec::new(),
            counts: Verdict::ALL.map(|verdict| (verdict.name(), 0)).into_iter().collect(),
            differences: 0,
            open: BTreeMap::new(),
            seen: Seen::new(),
            file,
            of_balances: None,
            looked: told,
            told,
            timing: 0,
            accepted: 0,
            unrelated: BTreeMap::new(),
            recorded: BTreeMap::new(),
            totals: Vec::new(),
            digest: String::new(),
            objects: Spool::new()?,
            hashing: begin_digest(&pack.name, gateways, options),
            matched: std::collections::BTreeSet::new(),
        })
    }

    pub(super) fn push(&mut self, mut object: Object, options: &Options) -> Result<()> {
        object.remedy = object.remedy.map(|remedy| with_flags(&remedy, &options.flags));
        *self.counts.entry(object.verdict.name()).or_default() += 1;
        if object.verdict == Verdict::Timing && !object.is_pending {
            self.told.until = self.told.until.min(object.at.unwrap_or(self.since));
        }
        let Some(severity) = object.verdict.severity() else {
            return if options.keep_matched { self.objects.push(&object) } else { Ok(()) };
        };
        object.accepted = options.accepted.get(&(object.verdict.check(), object.fingerprint.clone())).cloned();
        if object.accepted.is_some() {
            self.matched.insert(object.fingerprint.clone());
        } else if matches!(object.kind, ObjectKind::Refund | ObjectKind::Dispute) {
            let of = (object.gateway.clone(), object.object.clone());
            object.accepted = options.acknowledged.get(&of).cloned();
        }
        if object.accepted.is_some() {
            self.accepted += 1;
        } else if severity == Severity::Error {
            self.differences += 1;
            self.leave_open(&object);
        } else {
            self.timing += 1;
        }
        self.hashing.update(object.fingerprint.as_bytes());
        self.objects.push(&object)
    }

    fn leave_open(&mut self, object: &Object) {
        let at = object.at.unwrap_or(self.since);
        let (mut from, mut to) = object.span.unwrap_or((at, at));
        // A balance is of everything that was read. Of the rest a run judges again what this one looked at: the end is no
        // part of that.
        if object.kind != ObjectKind::Balance {
            let Range { since, until } = self.looked;
            let last = since.max(until - TimeDelta::microseconds(1));
            (from, to) = (from.clamp(since, last), to.clamp(since, last));
        }
        let key = (object.gateway.clone(), object.kind, object.currency.clone());
        let open = self.open.entry(key).or_insert(Open { differences: 0, from, to });
        open.differences += 1;
        (open.from, open.to) = (open.from.min(from), open.to.max(to));
    }

    /// The times of the oldest and the newest difference that nobody accepted.
    pub fn ends(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        self.open.values().flat_map(|open| [open.from, open.to]).fold(None, with_moment)
    }

    /// The counts as they are recorded: with what was left open, and what a later run must have seen to take it back.
    pub fn recorded_counts(&self) -> Value {
        let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let open: Vec<Value> = self
            .open
            .iter()
            .map(|((gateway, kind, currency), open)| {
                // Of a kind that this run did not see itself, a later one need not see more.
                json!({ "gateway": gateway, "kind": kind, "currency": currency, "differences": open.differences,
                    "needed": self.has(gateway, *kind, currency), "since": at(open.from), "until": at(open.to) })
            })
            .collect();
        let of = |gateway: &str, kind: ObjectKind, currency: Option<&str>| {
            let range = self.of_balances.filter(|_| kind == ObjectKind::Balance).unwrap_or(self.told);
            json!({ "gateway": gateway, "kind": kind, "currency": currency, "since": at(range.since), "until": at(range.until) })
        };
        let seen: Vec<Value> = match self.file {
            Some(_) => self.seen.iter().map(|(gateway, kind, currency)| of(gateway, *kind, Some(currency))).collect(),
            None => {
                let kinds = [ObjectKind::Payment, ObjectKind::Refund, ObjectKind::Dispute];
                self.gateways.iter().flat_map(|gateway| kinds.map(|kind| of(gateway, kind, None))).collect()
            }
        };
        let mut counts = json!(self.counts);
        counts["open"] = json!(open);
        counts["seen"] = json!(seen);
        counts
    }

    pub(super) fn finish(&mut self) -> Result<()> {
        // That nothing differs is no answer where nothing was found to agree.
        if self.differences + self.accepted + self.count(Verdict::Matched) == 0 {
            self.incomplete.push(match self.compared() {
                0 => "nothing was compared: no payment of the range is here or at the gateway".to_owned(),
                _ => "nothing was found to agree: every object is younger than --grace, or pending".to_owned(),
            });
        }
        let facts =
            serde_json::to_vec(&(&self.counts, &self.totals, &self.incomplete)).map_err(std::io::Error::from)?;
        self.hashing.update(&facts);
        self.digest = hex::encode(std::mem::take(&mut self.hashing).finalize());
        self.complete = self.incomplete.is_empty();
        self.objects.finish()
    }

    /// The differences and what is only timing; with [`Options::keep_matched`] every object.
    pub fn objects(&self) -> impl Iterator<Item = Result<Object>> {
        self.objects.iter()
    }

    /// True where the gateway's side tells of a kind of object in a currency: the API of every one but balances.
    pub fn has(&self, gateway: &str, kind: ObjectKind, currency: &str) -> bool {
        let is_asked = self.file.is_none() && !matches!(kind, ObjectKind::Balance | ObjectKind::Payout);
        is_asked || self.seen.contains(&(gateway.to_owned(), kind, currency.to_owned()))
    }

    /// True where an earlier difference is of the time that this run tells of, and of a kind that its file does not have.
    pub fn lacks(&self, gateway: &str, open: &reconciliations::Open) -> bool {
        let (kind, currency) = (open.kind.as_deref(), open.currency.as_deref());
        let is_told = open.is_balance() || self.told.holds(open.first) && self.told.holds(open.last);
        let has = self.seen.iter().any(|(of, has, in_currency)| {
            of == gateway && Some(has.name()) == kind && currency.is_none_or(|currency| currency == in_currency)
        });
        open.needed && is_told && !has && (self.file.is_some() || open.is_balance())
    }

    /// The number of objects of a verdict.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.counts.get(verdict.name()).copied().unwrap_or_default()
    }

    /// The number of objects that were compared.
    pub fn compared(&self) -> u64 {
        self.counts.values().sum()
    }

    /// True where something is at least this bad. `None` says that nothing is.
    pub fn fails(&self, from: Option<Severity>) -> bool {
        match from {
            None => false,
            Some(Severity::Error) => self.differences > 0,
            Some(Severity::Warn) => self.differences + self.timing > 0,
        }
    }
}

fn in_sequence<S: Serializer>(objects: &Spool<Object>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(None)?;
    for object in objects.iter() {
        sequence.serialize_element(&object.map_err(|e| S::Error::custom(e.message()))?)?;
    }
    sequence.end()
}

/// The amounts of a currency; JSON's numbers are not exact everywhere, so the sum is text.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<&'a str>,
    currency: &'a str,
    objects: u64,
    total: String,
}

/// Writes the amounts of each gateway and currency.
///
/// # Errors
/// The serializer's.
pub fn unrelated<S: Serializer>(
    amounts: &BTreeMap<(String, String), Amounts>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(amounts.iter().map(|((gateway, currency), a)| Line {
        gateway: Some(gateway),
        currency,
        objects: a.objects,
        total: a.total.to_string(),
    }))
}

/// Writes the amounts of each currency.
///
/// # Errors
/// The serializer's.
pub fn recorded<S: Serializer>(
    amounts: &BTreeMap<String, Amounts>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(amounts.iter().map(|(currency, a)| Line {
        gateway: None,
        currency,
        objects: a.objects,
        total: a.total.to_string(),
    }))
}

/// The digest of a run: of what was asked, what was counted, and each difference.
fn begin_digest(app: &str, gateways: &[String], options: &Options) -> Sha256 {
    let mut digest = Sha256::new();
    let facts = [app, &gateways.join(","), &options.range.since.to_rfc3339(), &options.range.until.to_rfc3339()];
    for fact in facts {
        digest.update((fact.len() as u64).to_be_bytes());
        digest.update(fact.as_bytes());
    }
    digest
}
