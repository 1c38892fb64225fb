//! An object that was compared, its verdict, and what is to be done about it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::audit::Accepted;
use crate::packs::Severity;

/// The verdict about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Both sides agree.
    Matched,
    /// The gateway has it, and nothing here does.
    OnlyAtGateway,
    /// It is here, and the gateway does not have it.
    OnlyHere,
    /// Both have it, over different amounts.
    AmountDiffers,
    /// Both have it, in different currencies.
    CurrencyDiffers,
    /// Both have it, and it stands otherwise there than here.
    StatusDiffers,
    /// The gateway has it twice.
    DuplicateAtGateway,
    /// The money agrees, and the ledger's units do not.
    UnitsDiffer,
    /// It is too young to tell, or pending.
    Timing,
}

impl Verdict {
    /// Every verdict, in the order of the report.
    pub const ALL: [Verdict; 9] = [
        Verdict::Matched,
        Verdict::OnlyAtGateway,
        Verdict::OnlyHere,
        Verdict::AmountDiffers,
        Verdict::CurrencyDiffers,
        Verdict::StatusDiffers,
        Verdict::DuplicateAtGateway,
        Verdict::UnitsDiffer,
        Verdict::Timing,
    ];

    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Matched => "matched",
            Verdict::OnlyAtGateway => "only_at_gateway",
            Verdict::OnlyHere => "only_here",
            Verdict::AmountDiffers => "amount_differs",
            Verdict::CurrencyDiffers => "currency_differs",
            Verdict::StatusDiffers => "status_differs",
            Verdict::DuplicateAtGateway => "duplicate_at_gateway",
            Verdict::UnitsDiffer => "units_differ",
            Verdict::Timing => "timing",
        }
    }

    /// The check that it is in a baseline.
    pub fn check(self) -> String {
        format!("reconcile.{}", self.name())
    }

    /// The severity of a difference; none of an object that agrees.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Verdict::Matched => None,
            Verdict::Timing => Some(Severity::Warn),
            _ => Some(Severity::Error),
        }
    }
}

/// The kind of an object that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A payment.
    Payment,
    /// A refund, or the return of its money.
    Refund,
    /// A dispute, or the return of its money.
    Dispute,
    /// A payout.
    Payout,
    /// The balance of a currency.
    Balance,
}

impl ObjectKind {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            ObjectKind::Payment => "payment",
            ObjectKind::Refund => "refund",
            ObjectKind::Dispute => "dispute",
            ObjectKind::Payout => "payout",
            ObjectKind::Balance => "balance",
        }
    }
}

/// An object that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// The verdict.
    pub verdict: Verdict,
    /// The gateway.
    pub gateway: String,
    /// The kind.
    pub kind: ObjectKind,
    /// The gateway's id; our own where the gateway has none.
    pub object: String,
    /// Our payment.
    pub payment: Option<String>,
    /// The account of the payment.
    pub account: Option<String>,
    /// Our refund.
    pub refund: Option<String>,
    /// What is here: amount, currency and status, or units.
    pub here: Option<String>,
    /// What the gateway has, or the ledger.
    pub there: Option<String>,
    /// The time of the object, in UTC.
    pub at: Option<DateTime<Utc>>,
    /// The likely cause, in a sentence; empty where both sides agree.
    pub cause: String,
    /// The command that mends it, or that shows more of it.
    pub remedy: Option<String>,
    /// The same as long as the facts are the same.
    pub fingerprint: String,
    /// The acceptance, if a baseline accepts it.
    pub accepted: Option<Accepted>,
    /// True where the gateway itself says that it is pending, so that nothing is unknown of it. Other timing is too young to tell.
    #[serde(skip)]
    pub(super) is_pending: bool,
    /// ISO 4217, in capitals: the currency of the money that it is about.
    #[serde(skip)]
    pub(super) currency: String,
    /// The first and the last moment that a run must look at to judge it again; that of the object where none is given.
    #[serde(skip)]
    pub(super) span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// The stretch of time with one more moment in it.
pub(super) fn with_moment(
    ends: Option<(DateTime<Utc>, DateTime<Utc>)>,
    at: DateTime<Utc>,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    Some(ends.map_or((at, at), |(first, last)| (first.min(at), last.max(at))))
}

impl Object {
    /// The object with the moments that its verdict follows from.
    #[must_use]
    pub(super) fn spanning(self, times: impl IntoIterator<Item = DateTime<Utc>>) -> Self {
        Object { span: times.into_iter().fold(None, with_moment), ..self }
    }

    /// Fills in the fingerprint: a digest of the facts.
    #[must_use]
    pub(super) fn sealed(mut self) -> Self {
        let mut digest = Sha256::new();
        let facts = [
            Some(self.verdict.name()),
            Some(self.gateway.as_str()),
            Some(self.kind.name()),
            Some(self.object.as_str()),
            self.payment.as_deref(),
            self.refund.as_deref(),
            self.here.as_deref(),
            self.there.as_deref(),
        ];
        for fact in facts {
            // The length in front keeps two facts from being read as one.
            let fact = fact.unwrap_or_default();
            digest.update((fact.len() as u64).to_be_bytes());
            digest.update(fact.as_bytes());
        }
        self.fingerprint = hex::encode(&digest.finalize()[..8]);
        self
    }

    /// The difference as a sentence.
    pub fn message(&self) -> String {
        let (here, there) = (self.here.as_deref().unwrap_or("nothing"), self.there.as_deref().unwrap_or("nothing"));
        let of = match &self.payment {
            Some(payment) if *payment != self.object => format!(" of payment {payment}"),
            _ => String::new(),
        };
        let kind = self.kind.name();
        match self.verdict {
            Verdict::Matched => format!("The {kind} {}{of} agrees: {here}.", self.object),
            Verdict::UnitsDiffer => {
                format!("The ledger has {there} of {kind} {}{of}, and {here} follow from the money.", self.object)
            }
            _ if self.kind == ObjectKind::Balance || self.kind == ObjectKind::Payout => {
                format!("The {kind} {} is {there} by the gateway, and {here} follow from its objects.", self.object)
            }
            Verdict::DuplicateAtGateway => {
                format!(
                    "{} has the {kind} {}{of} beside another one: {there}; here: {here}.",
                    self.gateway, self.object
                )
            }
            _ => format!("The {kind} {}{of}: {here} here, {there} at {}.", self.object, self.gateway),
        }
    }
}
