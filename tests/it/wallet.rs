//! The wallet functions: whatever is asked of them, by how many at once, the books stay right.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestRunner};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::support::{Db, Template, soak, wait};

/// The id of the nth row of its kind. A number past the last is an id that nobody has.
fn id(kind: char, n: usize) -> String {
    format!("{kind}0000000-0000-4000-8000-{n:012}")
}

fn user(n: usize) -> String {
    id('a', n)
}

fn payment(n: usize) -> String {
    id('b', n)
}

fn invite(n: usize) -> String {
    id('c', n)
}

fn job(n: usize) -> String {
    id('d', n)
}

/// What the database would show of an error, or the error itself where it is none of the server's.
fn sqlstate(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|e| e.code()).map_or_else(|| error.to_string(), |code| code.into_owned())
}

/// A call of wallet_reading; null where there is no price or job.
fn reading_call(user: &str, cards: i64, price: Option<i32>, job: Option<String>) -> String {
    let price = price.map_or("NULL".to_owned(), |p| format!("'{p}'"));
    let job = job.map_or("NULL".to_owned(), |j| format!("'{j}'"));
    let drawn = vec!["{}"; usize::try_from(cards).unwrap_or(0)].join(",");
    format!("wallet_reading('{user}', 'Will it rain?', 'en', {cards}, '[{drawn}]', '{{}}', {price}, {job})")
}

// ---------------------------------------------------------------------------------------------
// Any sequence of operations, against a model.

const USERS: usize = 3;
/// User, stars, bonus, status.
const PAYMENTS: [(usize, i64, i64, &str); 6] = [
    (0, 10, 0, "pending"),
    (0, 35, 5, "pending"),
    (1, 10, 0, "failed"),
    (1, 1, 0, "pending"),
    (2, 150, 30, "pending"),
    (2, 10, 0, "pending"),
];
/// Inviter, invitee, reward, status. The fourth is for the inviter, the fifth promises nothing.
const INVITES: [(usize, Option<usize>, Option<i64>, &str); 7] = [
    (0, None, Some(50), "pending"),
    (0, Some(1), Some(20), "pending"),
    (1, None, Some(30), "pending"),
    (2, Some(2), Some(10), "pending"),
    (0, None, None, "pending"),
    (1, Some(2), Some(5), "expired"),
    (2, None, Some(40), "pending"),
];
const JOBS: usize = 2;

/// What may be asked. A number that is one past the last row means an id that nobody has; entries
/// and readings are counted round and round, so that most numbers mean one.
#[derive(Debug, Clone)]
enum Op {
    /// The gateway confirms, and the stars are credited in the same transaction.
    Confirm(usize),
    Purchase(usize),
    RefundPayment(usize, Option<i64>),
    Reading {
        user: usize,
        cards: i64,
        price: Option<i32>,
        job: Option<usize>,
    },
    RefundReading(usize),
    Reward(usize, Option<usize>),
    Exchange(usize, i64, i64),
    Reverse(usize),
    Adjust {
        user: usize,
        star: bool,
        amount: i64,
        direction: &'static str,
        reason: &'static str,
    },
}

impl Op {
    fn name(&self) -> &'static str {
        match self {
            Op::Confirm(_) => "confirm",
            Op::Purchase(_) => "purchase",
            Op::RefundPayment(..) => "refund payment",
            Op::Reading { .. } => "reading",
            Op::RefundReading(_) => "refund reading",
            Op::Reward(..) => "reward",
            Op::Exchange(..) => "exchange",
            Op::Reverse(_) => "reverse",
            Op::Adjust { .. } => "adjust",
        }
    }

    /// The call, as SQL that gives one id or null.
    fn sql(&self, model: &Model) -> String {
        let nobody = id('f', 0);
        match self {
            Op::Confirm(p) | Op::Purchase(p) => format!("SELECT wallet_purchase('{}')", payment(*p)),
            Op::RefundPayment(p, None) => format!("SELECT wallet_refund_payment('{}')", payment(*p)),
            Op::RefundPayment(p, Some(stars)) => format!("SELECT wallet_refund_payment('{}', '{stars}')", payment(*p)),
            Op::Reading { user: u, cards, price, job: j } => {
                format!("SELECT {}", reading_call(&user(*u), *cards, *price, j.map(job)))
            }
            Op::RefundReading(r) => format!(
                "SELECT wallet_refund_reading('{}')",
                model.reading(*r).map_or(&nobody, |r| &model.readings[r].id)
            ),
            Op::Reward(i, None) => format!("SELECT wallet_invite_reward('{}')", invite(*i)),
            Op::Reward(i, Some(u)) => format!("SELECT wallet_invite_reward('{}', '{}')", invite(*i), user(*u)),
            Op::Exchange(u, coins, stars) => {
                format!("SELECT coin_entry_id FROM wallet_exchange('{}', '{coins}', '{stars}')", user(*u))
            }
            Op::Reverse(e) => {
                format!("SELECT wallet_reverse('{}')", model.entry(*e).map_or(&nobody, |e| &model.entries[e].id))
            }
            Op::Adjust { user: u, star, amount, direction, reason } => {
                format!(
                    "SELECT wallet_adjust('{}', '{}', '{amount}', '{direction}', '{reason}', 'noi')",
                    user(*u),
                    unit(*star)
                )
            }
        }
    }
}

fn unit(star: bool) -> &'static str {
    if star { "STAR" } else { "COIN" }
}

fn ops() -> impl Strategy<Value = Op> {
    fn amount() -> impl Strategy<Value = i64> {
        prop_oneof![
            12 => 1..60i64,
            1 => Just(0),
            1 => Just(-5),
            1 => prop::sample::select(vec![i64::from(i32::MAX), i64::from(i32::MAX) + 1, i64::MAX, i64::MIN]),
        ]
    }
    fn small() -> impl Strategy<Value = i64> {
        prop_oneof![8 => 1..12i64, 1 => amount()]
    }
    prop_oneof![
        4 => (0..=PAYMENTS.len()).prop_map(Op::Confirm),
        2 => (0..=PAYMENTS.len()).prop_map(Op::Purchase),
        5 => (0..=PAYMENTS.len(), prop::option::of(small())).prop_map(|(p, stars)| Op::RefundPayment(p, stars)),
        5 => (
            prop_oneof![12 => 0..USERS, 1 => Just(USERS)],
            prop_oneof![6 => Just(3i64), 4 => Just(5i64), 1 => Just(4i64)],
            prop_oneof![5 => Just(None), 3 => (1..15i32).prop_map(Some), 1 => Just(Some(0)), 1 => Just(Some(-2))],
            prop::option::weighted(0.3, 0..=JOBS),
        )
            .prop_map(|(user, cards, price, job)| Op::Reading { user, cards, price, job }),
        3 => any::<usize>().prop_map(Op::RefundReading),
        4 => (0..=INVITES.len(), prop::option::weighted(0.8, 0..=USERS)).prop_map(|(i, u)| Op::Reward(i, u)),
        4 => (prop_oneof![9 => 0..USERS, 1 => Just(USERS)], small(), amount()).prop_map(|(u, coins, stars)| Op::Exchange(u, coins, stars)),
        6 => any::<usize>().prop_map(Op::Reverse),
        3 => (
            prop_oneof![9 => 0..USERS, 1 => Just(USERS)],
            any::<bool>(),
            amount(),
            prop_oneof![5 => Just("credit"), 5 => Just("debit"), 1 => Just("sideways")],
            prop_oneof![9 => Just("a mistake"), 1 => Just(" ")],
        )
            .prop_map(|(user, star, amount, direction, reason)| Op::Adjust { user, star, amount, direction, reason }),
    ]
}

/// Any forty operations; most of the time after a few that fill the purses, or little would be possible.
fn sequences() -> impl Strategy<Value = Vec<Op>> {
    let prize = |user| Op::Adjust { user, star: false, amount: 40, direction: "credit", reason: "a prize" };
    let full = vec![Op::Confirm(0), Op::Confirm(4), Op::Reward(1, Some(1)), prize(0), prize(2)];
    (prop_oneof![4 => Just(full), 1 => Just(Vec::new())], prop::collection::vec(ops(), 40))
        .prop_map(|(start, then)| [start, then].concat())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Nothing,
    Payment(usize),
    Exchange(usize),
    Reading(usize),
}

#[derive(Debug, Clone)]
struct Entry {
    id: String,
    user: usize,
    kind: &'static str,
    star: bool,
    delta: i64,
    of: Of,
    /// The entry that this one undoes.
    undoes: Option<usize>,
    undone_by: Option<usize>,
}

impl Entry {
    fn new(user: usize, kind: &'static str, star: bool, delta: i64, of: Of) -> Self {
        Entry { id: String::new(), user, kind, star, delta, of, undoes: None, undone_by: None }
    }
}

/// What a call that is not refused does.
struct Plan {
    entries: Vec<Entry>,
    returns: Returns,
}

enum Returns {
    /// The first new entry.
    New,
    /// The new reading.
    NewReading,
    /// What an earlier call returned.
    Earlier(String),
}

struct Reading {
    id: String,
    user: usize,
    price: i64,
    given_back: Option<usize>,
}

/// The rules, told a second time and in another language than the functions tell them.
struct Model {
    balances: [[i64; 2]; USERS],
    entries: Vec<Entry>,
    payments: Vec<&'static str>,
    purchases: [Option<usize>; PAYMENTS.len()],
    readings: Vec<Reading>,
    invites: Vec<(&'static str, Option<usize>)>,
    rewards: [Option<usize>; INVITES.len()],
    invited_by: [Option<usize>; USERS],
    jobs: [Option<usize>; JOBS],
}

const UNKNOWN: &str = "P0002";
const SENSELESS: &str = "22023";
const TOO_MUCH: &str = "23514";
const NOT_NOW: &str = "55000";

impl Model {
    fn new() -> Self {
        Model {
            balances: [[0; 2]; USERS],
            entries: Vec::new(),
            payments: PAYMENTS.iter().map(|p| p.3).collect(),
            purchases: [None; PAYMENTS.len()],
            readings: Vec::new(),
            invites: INVITES.iter().map(|i| (i.3, i.1)).collect(),
            rewards: [None; INVITES.len()],
            invited_by: [None; USERS],
            jobs: [None; JOBS],
        }
    }

    /// The nth reading, round and round; one turn in each round is nobody's.
    fn reading(&self, n: usize) -> Option<usize> {
        Some(n % (self.readings.len() + 1)).filter(|&n| n < self.readings.len())
    }

    fn entry(&self, n: usize) -> Option<usize> {
        Some(n % (self.entries.len() + 1)).filter(|&n| n < self.entries.len())
    }

    /// The take-backs of a payment that count.
    fn taken(&self, p: usize) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(move |e| {
            e.kind == "refund" && e.of == Of::Payment(p) && e.undoes.is_none() && e.undone_by.is_none()
        })
    }

    fn taken_sum(&self, p: usize) -> i64 {
        self.taken(p).map(|e| -e.delta).sum()
    }

    /// What the entries need: amounts that fit, users that exist, and balances that stay above zero.
    fn afford(&self, entries: Vec<Entry>, returns: Returns) -> Result<Plan, &'static str> {
        let mut balances = self.balances;
        for entry in &entries {
            if entry.delta == 0 || entry.delta.unsigned_abs() > i32::MAX as u64 {
                return Err(SENSELESS);
            }
            let balance = balances.get_mut(entry.user).ok_or(UNKNOWN)?;
            balance[usize::from(!entry.star)] += entry.delta;
            if balance[usize::from(!entry.star)] < 0 {
                return Err(TOO_MUCH);
            }
        }
        Ok(Plan { entries, returns })
    }

    fn earlier(&self, entry: usize) -> Result<Plan, &'static str> {
        Ok(Plan { entries: Vec::new(), returns: Returns::Earlier(self.entries[entry].id.clone()) })
    }

    fn plan(&self, op: &Op) -> Result<Plan, &'static str> {
        match *op {
            Op::Confirm(p) | Op::Purchase(p) => {
                let (user, stars, bonus, _) = *PAYMENTS.get(p).ok_or(UNKNOWN)?;
                if let Some(entry) = self.purchases[p] {
                    return self.earlier(entry);
                }
                if matches!(op, Op::Purchase(_)) {
                    return Err(NOT_NOW);
                }
                self.afford(vec![Entry::new(user, "purchase", true, stars + bonus, Of::Payment(p))], Returns::New)
            }
            Op::RefundPayment(p, stars) => {
                if stars.is_some_and(|s| s <= 0) {
                    return Err(SENSELESS);
                }
                let (user, ..) = *PAYMENTS.get(p).ok_or(UNKNOWN)?;
                let granted = self.entries[self.purchases[p].ok_or(NOT_NOW)?].delta;
                let left = granted - self.taken_sum(p);
                let stars = stars.unwrap_or(left);
                if stars > left {
                    return Err(TOO_MUCH);
                }
                if stars == 0 {
                    let last = self.taken(p).next_back().expect("somebody took it");
                    return Ok(Plan { entries: Vec::new(), returns: Returns::Earlier(last.id.clone()) });
                }
                self.afford(vec![Entry::new(user, "refund", true, -stars, Of::Payment(p))], Returns::New)
            }
            Op::Reading { user, cards, price, job } => {
                if ![3, 5].contains(&cards) || price.is_some_and(|p| p <= 0) {
                    return Err(SENSELESS);
                }
                if let Some(job) = job
                    && let Some(reading) = *self.jobs.get(job).ok_or(UNKNOWN)?
                {
                    let reading = &self.readings[reading];
                    if reading.user != user {
                        return Err(NOT_NOW);
                    }
                    return Ok(Plan { entries: Vec::new(), returns: Returns::Earlier(reading.id.clone()) });
                }
                let price = price.map_or(if cards == 3 { 1 } else { 2 }, i64::from);
                self.afford(
                    vec![Entry::new(user, "reading", true, -price, Of::Reading(self.readings.len()))],
                    Returns::NewReading,
                )
            }
            Op::RefundReading(r) => {
                let r = self.reading(r).ok_or(UNKNOWN)?;
                let reading = &self.readings[r];
                if let Some(entry) = reading.given_back {
                    return if self.entries[entry].undone_by.is_some() { Err(NOT_NOW) } else { self.earlier(entry) };
                }
                self.afford(vec![Entry::new(reading.user, "refund", true, reading.price, Of::Reading(r))], Returns::New)
            }
            Op::Reward(i, named) => {
                let (inviter, _, reward, _) = *INVITES.get(i).ok_or(UNKNOWN)?;
                let (status, invitee) = self.invites[i];
                if invitee.is_some() && named.is_some() && named != invitee {
                    return Err(NOT_NOW);
                }
                if let Some(entry) = self.rewards[i] {
                    return self.earlier(entry);
                }
                let (false, Some(reward)) = (status == "expired", reward) else { return Err(NOT_NOW) };
                let invitee = invitee.or(named).ok_or(SENSELESS)?;
                if invitee == inviter {
                    return Err(SENSELESS);
                }
                let came_from = *self.invited_by.get(invitee).ok_or(UNKNOWN)?;
                if came_from.is_some() {
                    return Err(NOT_NOW);
                }
                self.afford(vec![Entry::new(inviter, "invite_reward", false, reward, Of::Nothing)], Returns::New)
            }
            Op::Exchange(user, coins, stars) => {
                if coins <= 0 || stars <= 0 {
                    return Err(SENSELESS);
                }
                let of = Of::Exchange(self.entries.len());
                self.afford(
                    vec![
                        Entry::new(user, "exchange", false, -coins, of),
                        Entry::new(user, "exchange", true, stars, of),
                    ],
                    Returns::New,
                )
            }
            Op::Reverse(n) => {
                let n = self.entry(n).ok_or(UNKNOWN)?;
                let entry = &self.entries[n];
                if entry.undoes.is_some() || ["purchase", "reading", "invite_reward"].contains(&entry.kind) {
                    return Err(NOT_NOW);
                }
                if let Some(by) = entry.undone_by {
                    return self.earlier(by);
                }
                let legs = |e: &Entry| matches!(e.of, Of::Exchange(_)) && e.of == entry.of;
                let undone = (0..self.entries.len())
                    .filter(|&i| i == n || (self.entries[i].undoes.is_none() && legs(&self.entries[i])));
                let mut entries: Vec<Entry> = undone
                    .map(|i| {
                        let e = &self.entries[i];
                        Entry { undoes: Some(i), ..Entry::new(e.user, "refund", e.star, -e.delta, e.of) }
                    })
                    .collect();
                // Stars first, as the type lists them.
                entries.sort_by_key(|e| !e.star);
                self.afford(entries, Returns::New)
            }
            Op::Adjust { user, star, amount, direction, reason } => {
                if amount <= 0 || direction == "sideways" || reason == " " {
                    return Err(SENSELESS);
                }
                let delta = if direction == "credit" { amount } else { -amount };
                self.afford(vec![Entry::new(user, "adjustment", star, delta, Of::Nothing)], Returns::New)
            }
        }
    }

    /// Notes what a call did that was not refused.
    fn apply(&mut self, op: &Op, plan: Plan, ids: Vec<String>, returned: &str) {
        let first = self.entries.len();
        let moved = !plan.entries.is_empty();
        for (mut entry, id) in plan.entries.into_iter().zip(ids) {
            entry.id = id;
            self.balances[entry.user][usize::from(!entry.star)] += entry.delta;
            if let Some(target) = entry.undoes {
                self.entries[target].undone_by = Some(self.entries.len());
                if let Of::Payment(p) = self.entries[target].of {
                    self.payments[p] = "succeeded";
                }
            }
            self.entries.push(entry);
        }
        match *op {
            Op::Confirm(p) if moved => {
                self.payments[p] = "succeeded";
                self.purchases[p] = Some(first);
            }
            Op::RefundPayment(p, _) if self.taken_sum(p) == PAYMENTS[p].1 + PAYMENTS[p].2 => {
                self.payments[p] = "refunded"
            }
            Op::Reading { user, job, .. } if moved => {
                if let Some(job) = job {
                    self.jobs[job] = Some(self.readings.len());
                }
                let price = -self.entries[first].delta;
                self.readings.push(Reading { id: returned.to_owned(), user, price, given_back: None });
            }
            Op::RefundReading(_) if moved => {
                if let Of::Reading(r) = self.entries[first].of {
                    self.readings[r].given_back = Some(first);
                }
            }
            Op::Reward(i, named) if moved => {
                let invitee = self.invites[i].1.or(named);
                self.invites[i] = ("accepted", invitee);
                self.rewards[i] = Some(first);
                self.invited_by[invitee.expect("somebody accepted")] = Some(INVITES[i].0);
            }
            _ => {}
        }
    }

    /// The same text that `STATE` makes of the database.
    fn state(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (user, balance) in self.balances.iter().enumerate() {
            let accepted =
                (0..INVITES.len()).filter(|&i| INVITES[i].0 == user && self.invites[i].0 == "accepted").count();
            parts.push(format!(
                "{} {} {accepted} {}",
                balance[0],
                balance[1],
                self.invited_by[user].map_or("-".to_owned(), self::user)
            ));
        }
        parts.extend(self.payments.iter().map(|&status| status.to_owned()));
        parts.extend(self.invites.iter().map(|&(status, _)| status.to_owned()));
        parts.push(self.readings.len().to_string());
        parts.join(", ")
    }

    /// Payments of which only a part was taken back, which the books of the payments do not know.
    fn partly_refunded(&self) -> Vec<usize> {
        (0..PAYMENTS.len()).filter(|&p| self.payments[p] == "succeeded" && self.taken_sum(p) > 0).collect()
    }
}

const STATE: &str = "SELECT concat_ws(', ',
    (SELECT string_agg(concat_ws(' ', star_balance, coin_balance, total_invites, coalesce(invited_by::text, '-')), ', ' ORDER BY id) FROM users),
    (SELECT string_agg(status::text, ', ' ORDER BY id) FROM payments),
    (SELECT string_agg(status, ', ' ORDER BY id) FROM user_invites),
    (SELECT count(*) FROM tarot_readings))";

/// Everything that a wallet function could touch.
const DIGEST: &str = "SELECT md5(concat(
    (SELECT string_agg(t::text, '' ORDER BY id) FROM users t), (SELECT string_agg(t::text, '' ORDER BY id) FROM payments t),
    (SELECT string_agg(t::text, '' ORDER BY id) FROM user_invites t), (SELECT string_agg(t::text, '' ORDER BY id) FROM tarot_readings t),
    (SELECT string_agg(t::text, '' ORDER BY id) FROM wallet_transactions t), (SELECT string_agg(t::text, '' ORDER BY id) FROM jobs t)))";

fn populate(db: &Db) {
    let mut sql = String::new();
    for u in 0..USERS {
        sql += &format!(
            "INSERT INTO users (id, external_id, external_provider, email, invite_code) VALUES ('{}', '{u}', 'clerk', '{u}@example.com', 'code{u}');",
            user(u)
        );
    }
    for (n, (u, stars, bonus, status)) in PAYMENTS.iter().enumerate() {
        sql += &format!(
            "INSERT INTO payments (id, user_id, amount, status, package_type, stars_purchased, stars_bonus) VALUES ('{}', '{}', 4900, '{status}', 'starter', {stars}, {bonus});",
            payment(n),
            user(*u)
        );
    }
    for (n, (inviter, invitee, reward, status)) in INVITES.iter().enumerate() {
        let invitee = invitee.map_or("NULL".to_owned(), |u| format!("'{}'", user(u)));
        let reward = reward.map_or("NULL".to_owned(), |r| r.to_string());
        sql += &format!(
            "INSERT INTO user_invites (id, inviter_id, invitee_id, invite_code, coin_reward, status) VALUES ('{}', '{}', {invitee}, 'code{inviter}', {reward}, '{status}');",
            invite(n),
            user(*inviter)
        );
    }
    for n in 0..JOBS {
        sql += &format!("INSERT INTO jobs (id, payload) VALUES ('{}', '{{}}');", job(n));
    }
    db.sql(&sql);
}

async fn text(connection: &mut PgConnection, sql: &str) -> String {
    sqlx::query_scalar::<_, String>(AssertSqlSafe(sql.to_owned()))
        .fetch_one(connection)
        .await
        .unwrap_or_else(|e| panic!("{sql}: {e}"))
}

/// Runs one operation as the backend would, in a transaction. The id that it returned, or why not.
async fn call(connection: &mut PgConnection, op: &Op, sql: &str) -> Result<String, sqlx::Error> {
    let mut tx = connection.begin().await?;
    if let Op::Confirm(p) = op {
        let sql = format!(
            "UPDATE payments SET status = 'succeeded' WHERE id = '{}' AND status IN ('pending', 'failed')",
            payment(*p)
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    let returned: Option<sqlx::types::Uuid> =
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(returned.map_or("null".to_owned(), |id| id.to_string()))
}

/// Runs the operations one by one and compares each with what the model says.
async fn play(
    connection: &mut PgConnection,
    model: &mut Model,
    ops: &[Op],
    seen: &RefCell<BTreeSet<String>>,
) -> Result<(), TestCaseError> {
    let mut digest = text(connection, DIGEST).await;
    let mut last = 0i64;
    for op in ops {
        let sql = op.sql(model);
        let expected = model.plan(op);
        let outcome = call(connection, op, &sql).await;
        let after = text(connection, DIGEST).await;
        let plan = match (expected, outcome) {
            (Err(code), Err(error)) => {
                prop_assert_eq!(code, sqlstate(&error), "{}: {}", sql, error);
                prop_assert_eq!(&after, &digest, "{} was refused and changed something", sql);
                seen.borrow_mut().insert(code.to_owned());
                continue;
            }
            (Ok(plan), Ok(returned)) => (plan, returned),
            (Ok(_), Err(error)) => return Err(TestCaseError::fail(format!("{sql}: {error}"))),
            (Err(code), Ok(_)) => {
                return Err(TestCaseError::fail(format!("{sql} should have been refused with {code}")));
            }
        };
        let (plan, returned) = plan;
        let written = sqlx::query("SELECT id::text, user_id::text, transaction_type::text, currency::text, amount, balance_after, seq FROM wallet_transactions WHERE seq > $1 ORDER BY seq")
            .bind(last)
            .fetch_all(&mut *connection)
            .await
            .expect("entries");
        let mut balances = model.balances;
        let mut wanted = Vec::new();
        for e in &plan.entries {
            let balance = &mut balances[e.user][usize::from(!e.star)];
            *balance += e.delta;
            wanted.push(format!("{} {} {} {} -> {}", user(e.user), e.kind, e.delta.abs(), unit(e.star), *balance));
        }
        let found: Vec<String> = written
            .iter()
            .map(|r| {
                format!(
                    "{} {} {} {} -> {}",
                    r.get::<String, _>(1),
                    r.get::<String, _>(2),
                    r.get::<i32, _>(4),
                    r.get::<String, _>(3),
                    r.get::<i64, _>(5)
                )
            })
            .collect();
        prop_assert_eq!(&found, &wanted, "{}", sql);
        let ids: Vec<String> = written.iter().map(|r| r.get(0)).collect();
        last = written.last().map_or(last, |r| r.get(6));
        match &plan.returns {
            Returns::New => {
                // Of an exchange that is undone, the reversal of the entry that was named.
                let index = match op {
                    Op::Reverse(n) => {
                        plan.entries.iter().position(|e| e.undoes == model.entry(*n)).expect("it is undone")
                    }
                    _ => 0,
                };
                prop_assert_eq!(&returned, &ids[index], "{}", sql);
            }
            Returns::NewReading => {}
            Returns::Earlier(id) => {
                prop_assert_eq!(&returned, id, "{}", sql);
                prop_assert_eq!(&after, &digest, "{} was a repetition and changed something", sql);
                seen.borrow_mut().insert(format!("{} again", op.name()));
            }
        }
        if !ids.is_empty() {
            seen.borrow_mut().insert(op.name().to_owned());
        }
        model.apply(op, plan, ids, &returned);
        prop_assert_eq!(text(connection, STATE).await, model.state(), "after {}", sql);
        digest = after;
    }
    Ok(())
}

/// The findings of an audit as (check, key).
fn findings(db: &Db) -> BTreeSet<(String, String)> {
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(report["complete"], true, "{report}");
    let list = report["findings"].as_array().expect("findings");
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    // Two who invited each other are worth a look, and no fault of the functions.
    list.iter().map(|f| (text(&f["check"]), text(&f["key"]))).filter(|(check, _)| check != "invites.mutual").collect()
}

#[test]
fn any_sequence_of_operations_goes_as_the_rules_say_and_leaves_the_books_right() {
    let config = Config {
        cases: if soak() { 300 } else { 12 },
        max_shrink_iters: 200,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20_251_101),
        ..Config::default()
    };
    let seen = RefCell::new(BTreeSet::new());
    let outcome = TestRunner::new(config).run(&sequences(), |ops| {
        let db = Db::new(Template::Migrated("mimivibe"));
        populate(&db);
        let mut model = Model::new();
        wait(async {
            let mut connection = db.connect().await;
            sqlx::query("SET ROLE service_role").execute(&mut connection).await.expect("the backend's role");
            play(&mut connection, &mut model, &ops, &seen).await
        })?;
        // Taking a part back is right in the ledger, and the payment stays succeeded.
        let partly = model.partly_refunded();
        prop_assert_eq!(findings(&db), BTreeSet::new());
        // Undone, nothing is left.
        if !partly.is_empty() {
            for p in partly {
                for id in model.taken(p).map(|e| e.id.clone()) {
                    db.sql(&format!("SELECT wallet_reverse('{id}')"));
                }
            }
            prop_assert_eq!(findings(&db), BTreeSet::new());
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // All of it happened: what is moved, what is repeated and what is refused.
    let seen = seen.into_inner();
    for what in ["confirm", "refund payment", "reading", "refund reading", "reward", "exchange", "reverse", "adjust"] {
        assert!(seen.contains(what), "{what} never happened: {seen:?}");
    }
    for what in [
        "confirm again",
        "purchase again",
        "refund payment again",
        "refund reading again",
        "reward again",
        "reverse again",
        "reading again",
    ] {
        assert!(seen.contains(what), "{what} never happened: {seen:?}");
    }
    for code in [UNKNOWN, SENSELESS, TOO_MUCH, NOT_NOW] {
        assert!(seen.contains(code), "{code} never happened: {seen:?}");
    }
}

// ---------------------------------------------------------------------------------------------
// Many writers at once.

const WRITERS: u64 = 8;

/// What a writer came to: how often each call went through, and how often each code was the answer.
type Tally = BTreeMap<String, usize>;

/// The id of one of the newest rows, as a scalar subquery.
fn recent(table: &str, rng: &mut ChaCha8Rng) -> String {
    format!("(SELECT id FROM {table} ORDER BY created_at DESC OFFSET {} LIMIT 1)", rng.random_range(0..12))
}

/// Does something at random, again and again until it is enough. The four users are so few that the writers are in
/// each other's way.
async fn write(mut connection: PgConnection, seed: u64, enough: Arc<AtomicBool>) -> Tally {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut tally = Tally::new();
    sqlx::query("SET ROLE service_role").execute(&mut connection).await.expect("the backend's role");
    let mut done = 0;
    while done < 60 || !enough.load(Ordering::Relaxed) {
        done += 1;
        let somebody = user(rng.random_range(0..4));
        let (name, sql) = match rng.random_range(0..14) {
            0..=2 => (
                "purchase",
                format!(
                    "WITH paid AS (INSERT INTO payments (user_id, amount, status, package_type, stars_purchased, stars_bonus) VALUES ('{somebody}', 4900, 'pending', 'starter', 10, 2) RETURNING id)
                     SELECT set_config('app.payment', id::text, true) FROM paid;
                     UPDATE payments SET status = 'succeeded' WHERE id = current_setting('app.payment')::uuid;
                     SELECT wallet_purchase(current_setting('app.payment')::uuid);"
                ),
            ),
            3 => ("purchase again", format!("SELECT wallet_purchase({})", recent("payments", &mut rng))),
            4 => ("refund payment", format!("SELECT wallet_refund_payment({})", recent("payments", &mut rng))),
            5..=6 => ("reading", format!("SELECT {}", reading_call(&somebody, 5, Some(15), None))),
            7 => ("reading of a job", format!("SELECT {}", reading_call(&user(0), 3, None, Some(job(rng.random_range(0..200)))))),
            8 => ("refund reading", format!("SELECT wallet_refund_reading({})", recent("tarot_readings", &mut rng))),
            9 => ("exchange", format!("SELECT wallet_exchange('{somebody}', 3, 2)")),
            10 => ("reward", format!("SELECT wallet_invite_reward('{}', '{}')", invite(rng.random_range(0..400)), id('e', rng.random_range(0..400)))),
            11 => ("reverse", format!("SELECT wallet_reverse({})", recent("wallet_transactions", &mut rng))),
            12 => ("adjust", format!("SELECT wallet_adjust('{somebody}', 'COIN', 5, 'credit', 'goodwill', 'noi')")),
            _ => ("expire", "SELECT expire_invites()".to_owned()),
        };
        let outcome = match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await {
            Ok(_) => name.to_owned(),
            Err(error) => sqlstate(&error),
        };
        *tally.entry(outcome).or_default() += 1;
    }
    tally
}

#[test]
fn writers_at_once_never_deadlock_and_an_audit_at_any_moment_finds_nothing() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "INSERT INTO users (id, external_id, external_provider, email, invite_code)
             SELECT format('%s0000000-0000-4000-8000-%s', kind, lpad(n::text, 12, '0'))::uuid, kind || n, 'clerk', kind || n || '@example.com', kind || n
               FROM (SELECT 'a' AS kind, generate_series(0, 3) AS n UNION ALL SELECT 'e', generate_series(0, 399)) AS people;
         INSERT INTO user_invites (id, inviter_id, invite_code, coin_reward, created_at, expires_at)
             SELECT format('c0000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, format('a0000000-0000-4000-8000-%s', lpad((n % 4)::text, 12, '0'))::uuid,
                    'a' || n % 4, 20, now(), now() + interval '1 day' FROM generate_series(0, 399) AS n;
         INSERT INTO jobs (id, payload) SELECT format('d0000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, '{}' FROM generate_series(0, 199) AS n;
         INSERT INTO payments (user_id, amount, status, package_type, stars_purchased) SELECT u.id, 4900, 'succeeded', 'starter', 10 FROM users u, generate_series(1, 5) WHERE u.external_id < 'b';
         SELECT wallet_purchase(id) FROM payments;
         SELECT wallet_reading(u.id, 'Will it rain?', 'en', 3, '[1,2,3]', '{}') FROM users u, generate_series(1, 5) WHERE u.external_id < 'b'",
    );
    let (began, enough) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = wait(async {
        let mut writers = Vec::new();
        for seed in 0..WRITERS {
            writers.push(tokio::spawn(write(db.connect().await, seed, Arc::clone(&enough))));
        }
        writers
    });
    let mut audits = 0;
    while audits < 3 || soak() && began.elapsed() < Duration::from_secs(30) {
        let ran = db.bursar(&["audit", "-o", "json"]).ok();
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!((&report["verdict"], &report["complete"]), (&"clean".into(), &true.into()), "{report}");
        audits += 1;
    }
    enough.store(true, Ordering::Relaxed);
    let mut tally = Tally::new();
    for writer in writers {
        for (what, times) in wait(writer).expect("a writer that did not panic") {
            *tally.entry(what).or_default() += times;
        }
    }
    assert_eq!(findings(&db), BTreeSet::new());
    let expected = ["23514", "55000"];
    for what in tally.keys() {
        assert!(
            expected.contains(&what.as_str())
                || !what.chars().next().is_some_and(|c| c.is_ascii_digit() || c.is_ascii_uppercase()),
            "{tally:?}"
        );
    }
    for what in [
        "purchase",
        "purchase again",
        "refund payment",
        "reading",
        "reading of a job",
        "refund reading",
        "exchange",
        "reward",
        "reverse",
        "adjust",
        "23514",
    ] {
        assert!(tally.get(what).is_some_and(|&n| n > 0), "no {what}: {tally:?}");
    }
}

// ---------------------------------------------------------------------------------------------
// One at a time.

/// The users and rows of the model, with 40 stars and 100 coins for the first user.
fn shop() -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    populate(&db);
    db.sql(&format!(
        "UPDATE payments SET status = 'succeeded' WHERE id = '{paid}'; SELECT wallet_purchase('{paid}');
         SELECT wallet_adjust('{first}', 'COIN', 100, 'credit', 'a prize', 'noi')",
        paid = payment(1),
        first = user(0)
    ));
    db
}

#[test]
fn what_makes_no_sense_is_refused_with_its_own_code_and_changes_nothing() {
    let db = shop();
    db.sql(&format!(
        "SELECT {}; SELECT {}",
        reading_call(&user(0), 3, None, Some(job(0))),
        reading_call(&user(0), 3, None, None)
    ));
    let bought = db.value("SELECT id FROM wallet_transactions WHERE transaction_type = 'purchase'");
    let debit = db.value("SELECT id FROM wallet_transactions WHERE transaction_type = 'reading' LIMIT 1");
    let reward = db.value(&format!("wallet_invite_reward('{}', '{}')", invite(6), user(1)));
    let undone = db.value("SELECT id FROM wallet_transactions WHERE transaction_type = 'adjustment'");
    db.sql(&format!("SELECT wallet_adjust('{}', 'COIN', 1, 'credit', 'a prize', 'noi')", user(0)));
    let reversal = db.value(&format!("SELECT wallet_reverse('{undone}')"));
    let digest = db.value(DIGEST);
    let (nobody, first, second) = (id('f', 0), user(0), user(1));
    let read = |arguments: &str| format!("SELECT wallet_reading('{first}', {arguments})");
    let cases: Vec<(&str, String)> = vec![
        // Ids that nobody has.
        (UNKNOWN, format!("SELECT wallet_purchase('{nobody}')")),
        (UNKNOWN, "SELECT wallet_purchase(NULL)".into()),
        (UNKNOWN, format!("SELECT wallet_refund_payment('{nobody}')")),
        (UNKNOWN, "SELECT wallet_refund_payment(NULL, 1)".into()),
        (UNKNOWN, format!("SELECT {}", reading_call(&nobody, 3, None, None))),
        (UNKNOWN, format!("SELECT {}", reading_call(&first, 3, None, Some(nobody.clone())))),
        (UNKNOWN, "SELECT wallet_reading(NULL, 'Why?', 'en', 3, '[1,2,3]', '{}')".into()),
        (UNKNOWN, format!("SELECT wallet_refund_reading('{nobody}')")),
        (UNKNOWN, "SELECT wallet_refund_reading(NULL)".into()),
        (UNKNOWN, format!("SELECT wallet_invite_reward('{nobody}', '{second}')")),
        (UNKNOWN, format!("SELECT wallet_invite_reward('{}', '{nobody}')", invite(0))),
        (UNKNOWN, "SELECT wallet_invite_reward(NULL)".into()),
        (UNKNOWN, format!("SELECT wallet_exchange('{nobody}', 1, 1)")),
        (UNKNOWN, "SELECT wallet_exchange(NULL, 1, 1)".into()),
        (UNKNOWN, format!("SELECT wallet_reverse('{nobody}')")),
        (UNKNOWN, "SELECT wallet_reverse(NULL)".into()),
        (UNKNOWN, format!("SELECT wallet_adjust('{nobody}', 'STAR', 1, 'credit', 'x', 'noi')")),
        // Amounts that are none.
        (SENSELESS, format!("SELECT wallet_refund_payment('{}', 0)", payment(1))),
        (SENSELESS, format!("SELECT wallet_refund_payment('{}', -1)", payment(1))),
        (SENSELESS, format!("SELECT wallet_exchange('{first}', 0, 1)")),
        (SENSELESS, format!("SELECT wallet_exchange('{first}', 1, 0)")),
        (SENSELESS, format!("SELECT wallet_exchange('{first}', -1, -1)")),
        (SENSELESS, format!("SELECT wallet_exchange('{first}', NULL, 1)")),
        (SENSELESS, format!("SELECT wallet_exchange('{first}', 1, NULL)")),
        (SENSELESS, format!("SELECT wallet_exchange('{first}', 1, 2147483648)")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 0, 'credit', 'x', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', -1, 'credit', 'x', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', NULL, 'credit', 'x', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 2147483648, 'credit', 'x', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 9223372036854775807, 'debit', 'x', 'noi')")),
        // Arguments that say too little or nonsense.
        (SENSELESS, format!("SELECT wallet_adjust('{first}', NULL, 1, 'credit', 'x', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 1, 'up', 'x', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 1, NULL, 'x', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 1, 'credit', E' \\t', 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 1, 'credit', NULL, 'noi')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 1, 'credit', 'x', '')")),
        (SENSELESS, format!("SELECT wallet_adjust('{first}', 'STAR', 1, 'credit', 'x', NULL)")),
        (SENSELESS, read("' ', 'en', 3, '[1,2,3]', '{}'")),
        (SENSELESS, read("NULL, 'en', 3, '[1,2,3]', '{}'")),
        (SENSELESS, read("'Why?', 'en', 4, '[1,2,3,4]', '{}'")),
        (SENSELESS, read("'Why?', 'en', NULL, '[1,2,3]', '{}'")),
        (SENSELESS, read("'Why?', 'en', 3, '[1,2]', '{}'")),
        (SENSELESS, read("'Why?', 'en', 3, '{}', '{}'")),
        (SENSELESS, read("'Why?', 'en', 3, NULL, '{}'")),
        (SENSELESS, read("'Why?', 'en', 3, '[1,2,3]', '[]'")),
        (SENSELESS, read("'Why?', 'en', 3, '[1,2,3]', NULL")),
        (SENSELESS, read("'Why?', 'en', 3, '[1,2,3]', '{}', 0")),
        (SENSELESS, read("'Why?', 'en', 3, '[1,2,3]', '{}', -1")),
        (SENSELESS, read("'Why?', 'en', 3, '[1,2,3]', '{}', p_processing_time_ms => 0")),
        (SENSELESS, read("'Why?', 'en', 3, '[1,2,3]', '{}', p_processing_time_ms => -1")),
        (SENSELESS, format!("SELECT wallet_invite_reward('{}')", invite(0))),
        (SENSELESS, format!("SELECT wallet_invite_reward('{}', '{first}')", invite(0))),
        (SENSELESS, format!("SELECT wallet_invite_reward('{}')", invite(3))),
        // Not a number is no number of units.
        ("22P02", format!("SELECT wallet_exchange('{first}', 'NaN', 1)")),
        ("22P02", format!("SELECT wallet_adjust('{first}', 'STAR', 'Infinity', 'credit', 'x', 'noi')")),
        // More than there is.
        (TOO_MUCH, format!("SELECT {}", reading_call(&first, 5, Some(39), None))),
        (TOO_MUCH, format!("SELECT {}", reading_call(&second, 3, None, None))),
        (TOO_MUCH, format!("SELECT wallet_exchange('{second}', 1, 1)")),
        (TOO_MUCH, format!("SELECT wallet_adjust('{second}', 'STAR', 1, 'debit', 'x', 'noi')")),
        (TOO_MUCH, format!("SELECT wallet_refund_payment('{}', 41)", payment(1))),
        (TOO_MUCH, format!("SELECT wallet_refund_payment('{}')", payment(1))),
        // Not in this state.
        (NOT_NOW, format!("SELECT wallet_purchase('{}')", payment(0))),
        (NOT_NOW, format!("SELECT wallet_purchase('{}')", payment(2))),
        (NOT_NOW, format!("SELECT wallet_refund_payment('{}')", payment(0))),
        (NOT_NOW, format!("SELECT wallet_refund_payment('{}')", payment(2))),
        (
            NOT_NOW,
            format!(
                "UPDATE payments SET status = 'succeeded' WHERE id = '{p}'; SELECT wallet_refund_payment('{p}')",
                p = payment(0)
            ),
        ),
        (NOT_NOW, format!("SELECT {}", reading_call(&second, 3, None, Some(job(0))))),
        (NOT_NOW, format!("SELECT wallet_invite_reward('{}', '{first}')", invite(1))),
        (NOT_NOW, format!("SELECT wallet_invite_reward('{}')", invite(5))),
        (NOT_NOW, format!("SELECT wallet_invite_reward('{}', '{second}')", invite(4))),
        (
            NOT_NOW,
            format!(
                "UPDATE user_invites SET expires_at = now() WHERE id = '{i}'; SELECT wallet_invite_reward('{i}')",
                i = invite(1)
            ),
        ),
        (NOT_NOW, format!("SELECT wallet_reverse('{bought}')")),
        (NOT_NOW, format!("SELECT wallet_reverse('{debit}')")),
        (NOT_NOW, format!("SELECT wallet_reverse('{reward}')")),
        (NOT_NOW, format!("SELECT wallet_invite_reward('{}', '{second}')", invite(0))),
        (NOT_NOW, format!("SELECT wallet_reverse('{reversal}')")),
    ];
    for (code, sql) in cases {
        assert_eq!(db.sqlstate(&sql), code, "{sql}");
    }
    assert_eq!(db.value(DIGEST), digest);
}

/// What a call returns when it is made twice, and what the second call moved.
#[test]
fn a_repeated_call_returns_what_the_first_returned_and_moves_nothing() {
    let db = shop();
    let reading = db.value(&reading_call(&user(0), 5, None, Some(job(0))));
    let adjusted = db.value(&format!("wallet_adjust('{}', 'STAR', 3, 'credit', 'a prize', 'noi')", user(0)));
    let exchanged = db.value(&format!("SELECT star_entry_id FROM wallet_exchange('{}', 10, 5)", user(0)));
    for call in [
        format!("wallet_purchase('{}')", payment(1)),
        format!("wallet_reverse('{adjusted}')"),
        format!("wallet_reverse('{exchanged}')"),
        format!("wallet_refund_reading('{reading}')"),
        reading_call(&user(0), 5, Some(7), Some(job(0))),
        format!("wallet_invite_reward('{}')", invite(1)),
        format!("wallet_refund_payment('{}')", payment(1)),
        // After the refund as before it: the gateway may tell once more that it was paid.
        format!("wallet_purchase('{}')", payment(1)),
    ] {
        let first = db.value(&call);
        let digest = db.value(DIGEST);
        assert_eq!(db.value(&call), first, "{call}");
        assert_eq!(db.value(DIGEST), digest, "{call}");
    }
    assert_eq!(db.value("SELECT count(*) FROM wallet_transactions WHERE transaction_type = 'purchase'"), "1");
    assert_eq!(db.value("SELECT status FROM payments WHERE stars_total = 40"), "refunded");
    assert_eq!(
        db.value(&format!("SELECT star_balance || ' ' || coin_balance FROM users WHERE id = '{}'", user(0))),
        "0 120"
    );
    assert_eq!(findings(&db), BTreeSet::new());
}

#[test]
fn a_payment_may_be_taken_back_in_parts_and_is_refunded_with_the_last() {
    let db = shop();
    let take = |stars: &str| db.value(&format!("wallet_refund_payment('{}'{stars})", payment(1)));
    let state = || {
        db.value(&format!("SELECT p.status || ' ' || u.star_balance FROM payments p JOIN users u ON u.id = p.user_id WHERE p.id = '{}'", payment(1)))
    };
    let part = take(", 15");
    assert_eq!(state(), "succeeded 25");
    take("");
    assert_eq!(state(), "refunded 0");
    assert_eq!(findings(&db), BTreeSet::new());
    // The gateway refused one of the two refunds.
    db.sql(&format!("SELECT wallet_reverse('{part}')"));
    assert_eq!(state(), "succeeded 15");
    assert_eq!(db.sqlstate(&format!("SELECT wallet_refund_payment('{}', 16)", payment(1))), TOO_MUCH);
    take("");
    assert_eq!(state(), "refunded 0");
    assert_eq!(findings(&db), BTreeSet::new());
}

/// Two invites between the same two people, in both directions: whichever lock a call waits for, it
/// holds none that the other could need.
#[test]
fn of_two_users_the_one_with_the_lower_id_is_locked_first() {
    let db = shop();
    // The first user invites the second, and the second invites the first.
    for reward in [(1, 1), (2, 0)] {
        let call = format!("SELECT wallet_invite_reward('{}', '{}')", invite(reward.0), user(reward.1));
        wait(async {
            let mut holder = db.connect().await;
            sqlx::raw_sql(AssertSqlSafe(format!(
                "BEGIN; SELECT FROM users WHERE id = '{}' FOR NO KEY UPDATE",
                user(0)
            )))
            .execute(&mut holder)
            .await
            .expect("a lock");
            let mut caller = db.connect().await;
            let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut caller).await.expect("a pid");
            let waiting = tokio::spawn(async move { sqlx::raw_sql(AssertSqlSafe(call)).execute(&mut caller).await });
            let blocked = "SELECT cardinality(pg_blocking_pids($1)) > 0";
            while !sqlx::query_scalar::<_, bool>(blocked).bind(pid).fetch_one(&mut holder).await.expect("an answer") {
                assert!(!waiting.is_finished(), "the call did not wait");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let free = format!("SELECT FROM users WHERE id = '{}' FOR NO KEY UPDATE NOWAIT", user(1));
            sqlx::raw_sql(AssertSqlSafe(free)).execute(&mut holder).await.expect("the other user is not locked");
            sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.expect("the lock is given back");
            waiting.await.expect("no panic").expect("the call goes through");
        });
    }
    assert_eq!(findings(&db), BTreeSet::new());
}

#[test]
fn accepted_invites_raise_the_tier_at_six_and_at_sixteen() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "INSERT INTO users (external_id, external_provider, email, invite_code) SELECT n::text, 'clerk', n || '@example.com', 'code' || n FROM generate_series(0, 16) AS n;
         INSERT INTO user_invites (inviter_id, invitee_id, invite_code, coin_reward)
             SELECT o.id, u.id, o.invite_code, 10 FROM users o, users u WHERE o.external_id = '0' AND u.external_id <> '0'",
    );
    let tiers: Vec<String> = (0..16)
        .map(|_| {
            db.sql("SELECT wallet_invite_reward((SELECT id FROM user_invites WHERE status = 'pending' LIMIT 1))");
            db.value("SELECT tier || ' ' || total_invites || ' ' || coin_balance FROM users WHERE external_id = '0'")
        })
        .collect();
    assert_eq!(tiers[4..6], ["bronze 5 50", "silver 6 60"]);
    assert_eq!(tiers[14..], ["silver 15 150", "gold 16 160"]);
    assert_eq!(db.value("SELECT string_agg(invite_reward_for_tier(25, t)::text, ' ' ORDER BY t) FROM unnest(enum_range(NULL::user_tier)) AS t"), "25 30 37");
    assert_eq!(findings(&db), BTreeSet::new());
}
