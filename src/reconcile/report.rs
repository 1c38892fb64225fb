//! What a run found.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::model::Range;
use super::object::{Object, ObjectKind, Verdict};
use super::options::Options;
use super::sort::Spool;
use super::totals::Totals;
use crate::error::Result;
use crate::packs::{Pack, Severity};
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
    /// The times of the oldest and the newest of them, within the range.
    #[serde(skip)]
    pub open: Option<(DateTime<Utc>, DateTime<Utc>)>,
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
        let (asked, file) = (options.range, file.unwrap_or(options.range));
        let told = Range { since: asked.since.max(file.since), until: asked.until.min(file.until).min(options.now) };
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
            open: None,
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

    pub(super) fn push(&mut self, object: Object, options: &Options) -> Result<()> {
        let at = object.at;
        self.push_since(object, at, options)
    }

    /// Adds an object that is about the time from `since` to its own.
    pub(super) fn push_since(
        &mut self,
        mut object: Object,
        since: Option<DateTime<Utc>>,
        options: &Options,
    ) -> Result<()> {
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
            // The end is no part of the range, and no later run tells of what was still to come.
            let last = self.since.max(self.until.min(options.now) - TimeDelta::microseconds(1));
            let [from, to] = [since, object.at].map(|at| at.unwrap_or(self.since).clamp(self.since, last));
            self.open = Some(self.open.map_or((from, to), |(oldest, newest)| (oldest.min(from), newest.max(to))));
        } else {
            self.timing += 1;
        }
        self.hashing.update(object.fingerprint.as_bytes());
        self.objects.push(&object)
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

    /// True where the gateway's side has an object of this kind.
    pub fn has(&self, kind: ObjectKind) -> bool {
        self.totals.iter().any(|totals| totals.kinds.contains(&kind))
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
