//! The check of all lines before the first refund: a few statements for all of them together.

use std::collections::{HashMap, HashSet};

use super::model::{Brief, CHUNK};
use super::{BatchLine, Planned, Work, units};
use crate::db::{self, Connection};
use crate::error::{Error, Kind, Result};
use crate::ids::RefundId;
use crate::money;
use crate::packs::Pack;
use crate::payments::{self, Payment};
use crate::refund::gateway::reference;
use crate::refund::{self, IfSpent, RefundReason, RefundRequest, RefundState, Terms};
use crate::store::refunds;
use crate::text::{escape, quoted};

/// The hint of a line whose refund there is already, under another key than the line's. A file that was edited is
/// another file, in which each line that was done stands for another refund, so the caller says which lines are left.
pub const TAKE_OUT: &str = "take it out";

/// The number of lines without a payment that are looked for one by one, to say more about them.
const LOOKED_FOR: usize = 20;

/// The choices that hold for all lines.
#[derive(Debug, Clone)]
pub struct PlanOptions<'a> {
    /// The digest of the file.
    pub digest: String,
    /// The policy for units that were spent.
    pub if_spent: IfSpent,
    /// The gateway that all lines are to go through.
    pub gateway: Option<&'a str>,
    /// True where lines are skipped that have a refund already.
    pub skip_done: bool,
}

/// The lines that can be done, and those that cannot, with the reason.
#[derive(Debug)]
pub struct Plan {
    /// The lines that can be done, as they are in the file.
    pub lines: Vec<Planned>,
    /// The other ones.
    pub wrong: Vec<(u64, Error)>,
    /// The tables of which row security may hide rows from this role.
    pub hidden: Vec<String>,
}

/// A line as it is understood, before the database has worked out its terms.
struct Read<'a> {
    line: &'a BatchLine,
    payment: Payment,
    reason: RefundReason,
    currency: String,
    amount: Option<i64>,
    key: String,
}

/// Works out every line, without writing. `checked` is told how many there are so far.
///
/// # Errors
/// If the database cannot be asked. A line that cannot be done is no error here.
pub async fn plan(
    connection: &mut Connection,
    pack: &Pack,
    lines: &[BatchLine],
    options: &PlanOptions<'_>,
    mut checked: impl FnMut(usize),
) -> Result<Plan> {
    let mut wrong = Vec::new();
    let look = async |c: &mut Connection| read(c, pack, lines, options, &mut wrong).await;
    let (reads, hidden) = db::seeing_all(connection, &pack.schema, &pack.tables, look).await?;
    let mut plan = Plan { lines: Vec::new(), wrong, hidden };
    refund::require(connection).await?;
    let payments: Vec<&str> = reads.iter().map(|read| read.payment.payment.as_str()).collect();
    let keys: Vec<&str> = reads.iter().map(|read| read.key.as_str()).collect();
    let mut file = File {
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        briefs: refunds::briefs(&payments, &keys).all(connection).await?,
        ..File::default()
    };
    file.index();
    for (n, chunk) in reads.chunks(CHUNK).enumerate() {
        checked(n * CHUNK);
        let new: Vec<&Read> = chunk.iter().filter(|read| file.under_key(&read.key).is_none()).collect();
        let asked: Vec<_> = new.iter().map(|read| (&read.payment.payment, read.amount)).collect();
        let mut terms = refund::previews(connection, &asked, options.if_spent).await?.into_iter();
        for read in chunk {
            let work = match file.under_key(&read.key) {
                Some(there) => file.again(read, there.clone()),
                None => match terms.next() {
                    Some(terms) => file.new_line(connection, read, terms, options).await?,
                    None => Err(Error::failed("the database worked out fewer lines than it was asked about")),
                },
            };
            match work {
                Ok(worked) => plan.lines.push(planned(read, options, worked)),
                Err(error) => plan.wrong.push((read.line.number, error)),
            }
        }
    }
    units::hold(connection, &mut plan.lines, &mut plan.wrong, options.if_spent).await?;
    let unreferenced = references(connection, &plan.lines).await?;
    plan.wrong.extend(unreferenced);
    Ok(plan)
}

/// The lines whose reference is missing, not theirs to give, or that of another refund.
async fn references(connection: &mut Connection, lines: &[Planned]) -> Result<Vec<(u64, Error)>> {
    let new: Vec<&Planned> = lines.iter().filter(|line| line.work.effects().is_some()).collect();
    let given: Vec<&str> = new.iter().filter_map(|line| line.request.gateway_ref.as_deref()).collect();
    let mut taken: HashMap<String, String> = HashMap::new();
    if !given.is_empty() {
        let holders = refunds::holders(&given).all(connection).await?;
        taken.extend(holders.into_iter().map(|h| (h.gateway_ref, format!("refund {}", h.refund))));
    }
    let mut wrong = Vec::new();
    for line in new {
        match reference(&line.request.gateway, line.request.gateway_ref.clone()) {
            Err(error) => wrong.push((line.line, error)),
            Ok(None) => {}
            Ok(Some(reference)) => match taken.get(&reference) {
                Some(first) => wrong.push((
                    line.line,
                    Error::usage(format!(
                        "'{}' is the reference of {first}, and each refund has one of its own",
                        escape(&reference)
                    ))
                    .hint("compare both with the gateway, and correct the column gateway_ref"),
                )),
                None => {
                    taken.insert(reference, format!("line {}", line.line));
                }
            },
        }
    }
    Ok(wrong)
}

fn planned(read: &Read, options: &PlanOptions, worked: Worked) -> Planned {
    let Payment { payment, provider, account, .. } = read.payment.clone();
    let Worked { amount, requested, again, work } = worked;
    Planned {
        line: read.line.number,
        account,
        request: RefundRequest {
            payment,
            amount: requested,
            if_spent: options.if_spent,
            reason: read.reason,
            note: read.line.note.clone(),
            gateway: options.gateway.map(str::to_owned).or(provider.clone()).unwrap_or_default(),
            gateway_ref: read.line.gateway_ref.clone(),
            key: Some(read.key.clone()),
            again,
            expected: None,
        },
        provider,
        amount,
        currency: read.currency.clone(),
        work,
    }
}

/// Finds the payments of all lines, and understands their cells.
async fn read<'a>(
    connection: &mut Connection,
    pack: &Pack,
    lines: &'a [BatchLine],
    options: &PlanOptions<'_>,
    wrong: &mut Vec<(u64, Error)>,
) -> Result<Vec<Read<'a>>> {
    let ids: Vec<&str> = lines.iter().map(|line| line.payment.as_str()).filter(|id| !id.is_empty()).collect();
    let found = payments::find_whole(connection, pack, &ids).await?;
    let (mut looked_for, mut keys) = (0, HashMap::new());
    let mut reads = Vec::new();
    for line in lines {
        let payment = match found.get(line.payment.as_str()) {
            Some(payment) => Ok(payment.clone()),
            None if line.payment.is_empty() => Err(Error::usage("there is no payment in it")),
            None if looked_for == LOOKED_FOR => {
                Err(Error::usage(format!("no payment has the id '{}', or several have it", line.payment)))
            }
            None => {
                looked_for += 1;
                match payments::find(connection, pack, &line.payment).await {
                    // Nobody looks at each line of a file, and what is cut off in one may begin another payment's id.
                    Ok(found) => Err(not_whole(&line.payment, &found.payment)),
                    Err(error) if error.kind == Kind::Connection || error.sqlstate.is_some() => return Err(error),
                    Err(error) => Err(error),
                }
            }
        };
        match payment.and_then(|payment| understood(line, payment, options)) {
            Ok(read) => match line.key.as_deref().and_then(|key| keys.insert(key, line.number)) {
                Some(first) => wrong.push((line.number, Error::usage(format!("it has the key of line {first}")))),
                None => reads.push(read),
            },
            Err(error) => wrong.push((line.number, error)),
        }
    }
    Ok(reads)
}

/// The beginning of an id is taken of no line, also where nothing would be changed: a dry run ends as the real one would.
fn not_whole(text: &str, payment: &Payment) -> Error {
    let id = &payment.payment;
    Error::usage(format!(
        "'{text}' is only the beginning of an id, of payment {id}; a line of a batch wants the whole id"
    ))
    .hint(format!("name it as {}", quoted(id.as_str())))
}

fn understood<'a>(line: &'a BatchLine, payment: Payment, options: &PlanOptions<'_>) -> Result<Read<'a>> {
    let reason = line.reason.as_deref().map_or(Ok(RefundReason::default()), reason)?;
    let currency = payment.amount.currency.clone().unwrap_or_default();
    let amount = line.amount.as_deref().map(|a| money::parse(a, &currency)).transpose()?;
    // The file and the line, so that the same file again means the same refunds.
    let key = line.key.clone().unwrap_or_else(|| format!("batch:{}:{}", options.digest, line.number));
    Ok(Read { line, payment, reason, currency, amount, key })
}

/// The reason that a line names.
fn reason(name: &str) -> Result<RefundReason> {
    name.parse().map_err(|_| {
        let names: Vec<&str> = RefundReason::ALL.iter().map(|reason| reason.name()).collect();
        Error::usage(format!("'{name}' is no reason; the reasons are {}", names.join(", ")))
    })
}

/// A line as it was worked out.
struct Worked {
    amount: i64,
    /// The amount to request, where it is not all that is left.
    requested: Option<i64>,
    /// True where it is another refund than one before it of the same amount.
    again: bool,
    work: Work,
}

impl Worked {
    fn there(read: &Read, amount: i64, work: Work) -> Self {
        Worked { amount, requested: read.amount, again: false, work }
    }
}

/// The lines of the file so far, and the refunds that there are of its payments.
#[derive(Default)]
struct File {
    /// The keys of its lines.
    keys: HashSet<String>,
    briefs: Vec<Brief>,
    by_key: HashMap<String, usize>,
    of_payment: HashMap<String, Vec<usize>>,
    /// The line of each new refund, by payment and amount; none for all that is left.
    seen: HashMap<(String, Option<i64>), u64>,
    /// The refunds that a line was skipped for: each is one line's.
    used: HashSet<RefundId>,
    /// The sum of the lines so far, by payment.
    asked: HashMap<String, i64>,
}

impl File {
    fn index(&mut self) {
        for (at, brief) in self.briefs.iter().enumerate() {
            if let Some(key) = &brief.key {
                self.by_key.insert(key.clone(), at);
            }
            self.of_payment.entry(brief.payment.to_string()).or_default().push(at);
        }
    }

    fn under_key(&self, key: &str) -> Option<&Brief> {
        self.by_key.get(key).map(|at| &self.briefs[*at])
    }

    /// The refunds of a payment that count, in the order of their requests.
    fn of(&self, read: &Read) -> impl Iterator<Item = &Brief> {
        let places = self.of_payment.get(read.payment.payment.as_str()).into_iter().flatten();
        places.map(|at| &self.briefs[*at]).filter(|brief| brief.counts())
    }

    /// True where the refund is of a line of this file.
    fn is_ours(&self, brief: &Brief) -> bool {
        brief.key.as_ref().is_some_and(|key| self.keys.contains(key))
    }

    fn add(&mut self, read: &Read, amount: i64) {
        let asked = self.asked.entry(read.payment.payment.to_string()).or_default();
        *asked = asked.saturating_add(amount);
    }

    /// A line whose refund is there, under its own key.
    fn again(&mut self, read: &Read, there: Brief) -> Result<Worked> {
        if there.payment != read.payment.payment || read.amount.is_some_and(|amount| amount != there.amount) {
            let words = format!(
                "the key '{}' was used for another request, refund {} of payment {}",
                read.key, there.refund, there.payment
            );
            return Err(Error::new(Kind::Conflict, words).hint(format!("bursar refund show {}", there.refund)));
        }
        self.add(read, there.amount);
        Ok(Worked::there(read, there.amount, Work::CarryOn(there)))
    }

    /// A line under whose key there is no refund.
    async fn new_line(
        &mut self,
        connection: &mut Connection,
        read: &Read<'_>,
        mut terms: Terms,
        options: &PlanOptions<'_>,
    ) -> Result<Result<Worked>> {
        let whole = terms.whole_already(read.amount).and_then(|id| self.of(read).find(|b| b.refund == id));
        let equals = self.of(read).filter(|b| read.amount == Some(b.amount) && !self.used.contains(&b.refund));
        let equals: Vec<&Brief> = equals.collect();
        let whole = whole.filter(|b| !self.used.contains(&b.refund));
        // A key stands for one refund, so that another key is another refund.
        let again = read.line.key.is_some() && !equals.is_empty() && equals.iter().all(|b| has_own_key(b));
        let skips = options.skip_done && read.line.key.is_none();
        let equal = equals.into_iter().find(|b| !again && !self.is_ours(b));
        if let Some(there) = whole.or(equal) {
            let there = there.clone();
            if skips && matches!(there.state, RefundState::Succeeded | RefundState::Pending) {
                self.used.insert(there.refund);
                self.seen.entry((there.payment.to_string(), read.amount)).or_insert(read.line.number);
                return Ok(Ok(Worked::there(read, there.amount, Work::Skip(there))));
            }
            if whole.is_some() {
                let paid = terms.effects()?.money.paid;
                return Ok(Ok(Worked::there(read, paid, Work::CarryOn(there))));
            }
            if is_underway(there.state) {
                return match refund::holder(connection, there.refund).await? {
                    Some(_) => Ok(Ok(Worked::there(read, there.amount, Work::CarryOn(there)))),
                    None => Ok(Err(doubled(&there, &read.currency).hint(TAKE_OUT))),
                };
            }
        }
        let doubled = equal.is_some();
        let place = (read.payment.payment.to_string(), read.amount);
        if skips
            && !self.used.is_empty()
            && let Some(first) = self.seen.get(&place)
        {
            return Ok(Err(same(*first)));
        }
        if again {
            let (payment, amount) = (&read.payment.payment, read.amount);
            terms = refund::preview(connection, payment, amount, options.if_spent, true).await?;
        }
        Ok(self.counted(read, terms, doubled).map(|worked| Worked { again: worked.again || again, ..worked }))
    }

    /// A new refund, held against the lines before it.
    fn counted(&mut self, read: &Read<'_>, terms: Terms, doubled: bool) -> Result<Worked> {
        // What an earlier line of this file has begun is finished before this line's turn.
        let waits = terms.refusal.is_some() && self.of(read).any(|brief| !brief.has_ended() && self.is_ours(brief));
        let terms = match waits {
            true => terms,
            false => terms.accepted().map_err(|error| if doubled { error.hint(TAKE_OUT) } else { error })?,
        };
        let effects = terms.effects()?.clone();
        let ours: i64 = self.of(read).filter(|brief| self.is_ours(brief)).map(|brief| brief.amount).sum();
        let before = self.asked.get(read.payment.payment.as_str()).copied();
        let left = (effects.money.paid - effects.money.refunded_before + ours).saturating_sub(before.unwrap_or(0));
        let amount = read.amount.unwrap_or(left);
        let first = self.seen.insert((read.payment.payment.to_string(), read.amount), read.line.number);
        if let Some(first) = first.filter(|_| read.amount.is_none() || read.line.key.is_none()) {
            return Err(same(first));
        }
        if amount > left || amount <= 0 {
            return Err(Error::usage("with the lines before it, it asks for more than is left of the payment"));
        }
        self.add(read, amount);
        // The rest is bound to what it is now: a part that fails does not make it larger.
        let requested = read.amount.or_else(|| before.map(|_| amount));
        // The rest of a payment may be as much as a part before it.
        let again = first.is_some() || read.amount.is_none() && requested.is_some();
        Ok(Worked { amount, requested, again, work: Work::Request(Box::new(effects)) })
    }
}

/// The refusal of a line without a key of its own.
fn same(first: u64) -> Error {
    Error::usage(format!("it asks for the same refund as line {first}"))
        .hint("two equal parts are two refunds where each line has its own key in the column `key`")
}

/// True where somebody gave the refund its key. Those of files without keys begin so.
fn has_own_key(brief: &Brief) -> bool {
    brief.key.as_ref().is_some_and(|key| !key.starts_with("batch:"))
}

/// True where a refund is not at its gateway yet, as far as is known.
fn is_underway(state: RefundState) -> bool {
    use RefundState::{Approved, AwaitingApproval, Requested, Reserved, Submitted, Unknown};
    matches!(state, Requested | AwaitingApproval | Approved | Reserved | Submitted | Unknown)
}

/// The refusal of a refund because an equal one is being made at this moment.
fn doubled(there: &Brief, currency: &str) -> Error {
    let sum = money::format(there.amount, currency);
    let (payment, refund, state) = (&there.payment, there.refund, there.state.name());
    let words = format!("{sum} of payment {payment} are being refunded: refund {refund} is {state}");
    Error::new(Kind::Conflict, words)
}
