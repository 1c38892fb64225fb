//! `bursar refund` without a subcommand: guides somebody at a terminal through one refund.
//!
//! The questions find the payment and fill in flags. `refund create` does the rest.

use clap::ValueEnum as _;
use tokio::sync::{mpsc, oneshot};

use super::args::{IfSpent, RefundFlags, RefundReason};
use super::carry::{gateway_for, opened};
use super::show::is_zero;
use super::{Context, Outcome, create};
use crate::commands::{beside, var};
use crate::db::{self, Connection, Database};
use crate::error::{Error, Kind, Result};
use crate::moment::Moment;
use crate::money;
use crate::output::{Choice, Choices, Format, Ui};
use crate::packs::Pack;
use crate::payments::{self, Filter, Payment};
use crate::refund::gateway::{self, guard};
use crate::refund::{self, Money, RECORD_ONLY, Terms};
use crate::text::{thousands, trimmed};

/// The maximum number of payments that a search lists.
const FOUND: usize = 100;

pub(super) async fn run(context: &Context, flags: RefundFlags) -> Outcome {
    if !context.ui.can_guide() {
        return Err(Error::refused("a guided refund needs a terminal; nothing was changed")
            .hint("name the payment: bursar refund create PAYMENT"));
    }
    // A wrong flag is told before the first question.
    let asks_for_reference = flags.gateway.as_deref() == Some(RECORD_ONLY) && flags.gateway_ref.is_none();
    if (flags.gateway.is_some() || flags.gateway_ref.is_some()) && !asks_for_reference {
        gateway_for(flags.gateway.as_deref(), flags.gateway_ref.clone(), None)?;
    }
    let database = context.database().await?;
    let (mut tx, pack) = opened(context, &database).await?;
    context.warn_of_hidden(&mut tx, &pack).await?;
    tx.rollback().await?;

    let payment = ask_payment(context, &database, &pack).await?;
    let asked = Asked { context, database: &database, payment: &payment };
    let flags = asked.gateway(flags).await?;
    let flags = asked.amount(flags).await?;
    let flags = asked.reason(flags).await?;
    let flags = asked.policy(flags).await?;
    let flags = asked.reference(flags).await?;

    context.ui.note_line("");
    let tx = database.read().await?;
    create::refunded(context, &database, tx, payment, flags, Format::Table).await
}

/// The payment, searched for in the database as one types, on a connection that holds no transaction
/// open while nobody does.
async fn ask_payment(context: &Context, database: &Database, pack: &Pack) -> Result<Payment> {
    let mut series = database.reads().await?;
    let (searches, mut asked) = mpsc::channel::<(String, oneshot::Sender<Result<Choices<Payment>>>)>(1);
    let ui = context.ui.clone();
    let picked = beside(move || {
        ui.pick(
            "Which payment?",
            "type a part of a name, an e-mail address or an id",
            &["when (UTC)", "#amount", "customer", "payment"],
            |text| {
                let gone = || Error::new(Kind::Interrupted, "interrupted; nothing was changed");
                let (answer, answered) = oneshot::channel();
                searches.blocking_send((text.to_owned(), answer)).map_err(|_| gone())?;
                answered.blocking_recv().map_err(|_| gone())?
            },
        )
    });
    let searched = async {
        while let Some((text, answer)) = asked.recv().await {
            let filter = Filter { search: Some(text).filter(|t| !t.is_empty()), refundable: true, ..Filter::default() };
            let found = async {
                let seen = async |c: &mut Connection| {
                    db::see_all(c, &pack.schema, &pack.tables).await?;
                    payments::list(c, pack, &filter, FOUND, None).await
                };
                let page = series.run("", seen).await?;
                Ok(Choices { rows: page.payments.into_iter().map(row).collect(), total: page.total })
            };
            // Whoever asked may have been interrupted.
            let _ = answer.send(found.await);
        }
    };
    tokio::join!(picked, searched).0
}

fn row(payment: Payment) -> Choice<Payment> {
    let cells = vec![
        payment.created_at.map_or_else(|| "-".to_owned(), Moment::minute),
        payment.amount.for_people(),
        payment.customer.clone().unwrap_or_else(|| "-".to_owned()),
        payment.provider_ids.first().cloned().unwrap_or_else(|| payment.payment.to_string()),
    ];
    Choice { cells, value: payment }
}

/// The questions about a payment that was chosen.
struct Asked<'a> {
    context: &'a Context,
    database: &'a Database,
    payment: &'a Payment,
}

impl Asked<'_> {
    /// Asks for the amount. No amount means all that is left.
    async fn amount(&self, mut flags: RefundFlags) -> Result<RefundFlags> {
        let gateway = gateway_for(flags.gateway.as_deref(), flags.gateway_ref.clone(), self.provider()).ok();
        if let Some(gateway) = &gateway {
            guard(&**gateway, self.database.protection().await?.is_protected(), self.database.target().database())?;
        }
        let terms = self.terms(None, IfSpent::Keep, false).await?.accepted()?;
        let Money { currency, amount: left, .. } = terms.effects()?.money.clone();
        let ids = terms.effects()?.payment.gateway_payment.clone();
        if flags.amount.is_none() {
            let question = format!("How much, in {currency}?");
            let advice =
                format!("{} are left to refund · Ctrl-U empties the line · Esc leaves", money::format(left, &currency));
            let (initial, code) = (money::decimal(left, &currency), currency.clone());
            let read = move |text: &str| {
                let (amount, shown) = part(text, left, &code)?;
                let minor = amount.as_deref().map_or(Ok(left), |amount| money::parse(amount, &code))?;
                // What the gateway cannot express is asked for again.
                let check = gateway.as_ref().map_or(Ok(()), |gateway| gateway.check(&ids, minor, &code));
                check.map_err(|error| Error::usage(error.message()))?;
                Ok((amount, shown))
            };
            flags.amount = self.asked(move |ui| ui.line(&question, &initial, &advice, read)).await?;
        }
        let amount = flags.amount.as_deref().map(|a| money::parse(a, &currency)).transpose()?;
        let terms = self.terms(amount, IfSpent::Keep, flags.again).await?;
        if let Some(refusal) = &terms.refusal
            && !flags.again
            && self.terms(amount, IfSpent::Keep, true).await?.refusal.is_none()
        {
            self.context.ui.note(&refusal.message);
            if !self.asked(|ui| ui.ask("Refund the same amount a second time?")).await? {
                return Err(Error::refused("declined; nothing was changed"));
            }
            flags.again = true;
        } else {
            terms.accepted()?;
        }
        Ok(flags)
    }

    /// Asks for the reason and a note.
    async fn reason(&self, mut flags: RefundFlags) -> Result<RefundFlags> {
        if flags.reason.is_none() {
            let choice = |reason: &RefundReason| {
                let words = reason.to_possible_value().and_then(|v| v.get_help().map(ToString::to_string));
                Choice { cells: vec![words.unwrap_or_else(|| reason.name().to_owned())], value: *reason }
            };
            let reasons: Vec<_> = RefundReason::value_variants().iter().map(choice).collect();
            flags.reason = Some(self.asked(move |ui| ui.pick_of("Why?", &reasons)).await?);
        }
        if flags.note.is_none() {
            let advice = "optional";
            let note = self.asked(move |ui| {
                ui.line("A note?", "", advice, |text| Ok((text.trim().to_owned(), text.trim().to_owned())))
            });
            flags.note = Some(note.await?).filter(|note| !note.is_empty());
        }
        Ok(flags)
    }

    /// Asks for the policy if units are spent.
    async fn policy(&self, mut flags: RefundFlags) -> Result<RefundFlags> {
        if flags.if_spent.is_some() {
            return Ok(flags);
        }
        let currency = self.payment.amount.currency.as_deref().unwrap_or_default();
        let amount = flags.amount.as_deref().map(|a| money::parse(a, currency)).transpose()?;
        let Some(refusal) = self.terms(amount, IfSpent::Refuse, flags.again).await?.refusal else { return Ok(flags) };
        // A refusal that no policy changes is an error.
        let keep = self.terms(amount, IfSpent::Keep, flags.again).await?.accepted()?.effects()?.units.clone();
        let cap = self.terms(amount, IfSpent::Cap, flags.again).await?.accepted()?.effects()?.units.clone();
        self.context.ui.note(&refusal.message);
        // Where nothing is there to be taken, the policies do the same.
        if is_zero(&cap.taken) {
            flags.if_spent = Some(IfSpent::Cap);
            return Ok(flags);
        }
        let unit = keep.unit.unwrap_or_default();
        let choice = |words: String, policy| Choice { cells: vec![words], value: policy };
        let choices = [
            choice("refund nothing".to_owned(), IfSpent::Refuse),
            choice(
                format!("take back {} {unit}, and write {} off", thousands(&cap.taken), thousands(&cap.written_off)),
                IfSpent::Cap,
            ),
            choice(
                format!("take nothing from the account, and write {} {unit} off", thousands(&keep.written_off)),
                IfSpent::Keep,
            ),
        ];
        match self.asked(move |ui| ui.pick_of("Units of this payment are spent. What now?", &choices)).await? {
            IfSpent::Refuse => Err(Error::refused("declined; nothing was changed")),
            policy => {
                flags.if_spent = Some(policy);
                Ok(flags)
            }
        }
    }

    /// Asks for the gateway if the payment does not name one.
    ///
    /// # Errors
    /// Refused where the payment's is not configured: before the questions whose answers would be for nothing.
    async fn gateway(&self, mut flags: RefundFlags) -> Result<RefundFlags> {
        if flags.gateway.is_none() {
            let configured = gateway::configured(&var)?;
            match self.provider() {
                Some(provider) if configured.iter().any(|g| g.name() == provider) => return Ok(flags),
                // Money that came through one gateway cannot go back through another.
                None if !configured.is_empty() => {}
                provider => return Err(unconfigured(provider)),
            }
            self.context.ui.note("the payment came through no known gateway");
            let named = |name: &str| Choice { cells: vec![name.to_owned()], value: name.to_owned() };
            let choices: Vec<_> = configured.iter().map(|g| named(g.name())).collect();
            flags.gateway = Some(self.asked(move |ui| ui.pick_of("Through which gateway?", &choices)).await?);
        }
        Ok(flags)
    }

    /// Asks for the reference of a refund that was made elsewhere.
    async fn reference(&self, mut flags: RefundFlags) -> Result<RefundFlags> {
        if flags.gateway.as_deref() == Some(RECORD_ONLY) && flags.gateway_ref.is_none() {
            let advice = "the id of the refund that was made elsewhere";
            let reference = self.asked(move |ui| {
                ui.line("Its reference?", "", advice, |text| match trimmed(text) {
                    "" => Err(Error::usage("a reference is needed to find the refund again")),
                    text => Ok((text.to_owned(), text.to_owned())),
                })
            });
            flags.gateway_ref = Some(reference.await?);
        }
        Ok(flags)
    }

    fn provider(&self) -> Option<&str> {
        self.payment.provider.as_deref()
    }

    async fn terms(&self, amount: Option<i64>, if_spent: IfSpent, again: bool) -> Result<Terms> {
        let mut tx = self.database.read().await?;
        let terms = refund::preview(&mut tx, &self.payment.payment, amount, if_spent, again).await?;
        tx.rollback().await?;
        Ok(terms)
    }

    async fn asked<T: Send + 'static>(&self, question: impl FnOnce(&Ui) -> Result<T> + Send + 'static) -> Result<T> {
        let ui = self.context.ui.clone();
        beside(move || question(&ui)).await
    }
}

/// The refusal of a refund whose gateway is not configured: no money could move, and nothing is recorded as if it had.
fn unconfigured(provider: Option<&str>) -> Error {
    let came = match provider {
        Some(provider) => format!("the payment came through {provider}, which is not configured here"),
        None => "the payment came through no known gateway, and none is configured here".to_owned(),
    };
    Error::refused(format!("{came}; nothing was changed")).hint(format!(
        "{}\nif its money was refunded elsewhere: bursar refund --gateway {RECORD_ONLY}",
        gateway::needs(provider.unwrap_or_default())
    ))
}

/// An amount that was typed: nothing where it is all that is left.
fn part(text: &str, left: i64, currency: &str) -> Result<(Option<String>, String)> {
    let minor = money::parse(text, currency)?;
    if minor > left {
        return Err(Error::usage(format!(
            "{} are more than the {} that are left",
            money::format(minor, currency),
            money::format(left, currency)
        )));
    }
    let shown = money::format(minor, currency);
    Ok(((minor < left).then(|| money::decimal(minor, currency)), shown))
}
