//! Any sequence of partial refunds of a payment, at the level of the database's functions: the parts take
//! back exactly the units that the payment granted, and what a preview says is what happens.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestRunner};
use serde_json::Value;
use sqlx::types::Uuid;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Paid, World};
use crate::support::{soak, wait};

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A refund of so many thousandths of what is left, at least one unit of the currency.
    Refund { share: i64, if_spent: &'static str, answer: &'static str },
    /// So many percent of the balance are spent.
    Spend(i64),
    /// The bank returns the nth refund that succeeded.
    Return(usize),
}

fn steps() -> impl Strategy<Value = (i64, i64, i64, Vec<Step>)> {
    let answer = prop_oneof![5 => Just("succeeded"), 1 => Just("failed"), 1 => Just("refused"), 1 => Just("canceled")];
    let share = prop_oneof![4 => 1..=1_000_i64, 1 => Just(1_000)];
    let refund = (share, prop::sample::select(vec!["refuse", "cap", "keep"]), answer)
        .prop_map(|(share, if_spent, answer)| Step::Refund { share, if_spent, answer });
    let step =
        prop_oneof![6 => refund, 2 => (0..=100_i64).prop_map(Step::Spend), 1 => (0..4_usize).prop_map(Step::Return)];
    (1..=100_000_i64, 1..=200_i64, 0..=40_i64, prop::collection::vec(step, 1..10))
}

/// What is known of the payment without the code under test.
struct Model {
    paid: Paid,
    /// The refunds that stand: id, amount, units that they account for, and those taken.
    live: Vec<(Uuid, i64, i64, i64)>,
    balance: i64,
    /// Whether everything so far went through, so that the formula holds to the unit.
    smooth: bool,
}

impl Model {
    fn refunded(&self) -> i64 {
        self.live.iter().map(|r| r.1).sum()
    }

    fn units(&self) -> i64 {
        self.live.iter().map(|r| r.2).sum()
    }

    /// The ceiling of what the refunds so far account for.
    fn due(&self, refunded: i64) -> i64 {
        (self.paid.granted * refunded + self.paid.amount - 1) / self.paid.amount
    }
}

async fn one(connection: &mut PgConnection, sql: String) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// One refund: previewed, asked for, submitted and answered.
async fn refund(
    connection: &mut PgConnection,
    model: &mut Model,
    (amount, if_spent, answer): (i64, &str, &str),
) -> Result<&'static str, TestCaseError> {
    let id = model.paid.id.clone();
    let terms =
        one(connection, format!("SELECT to_jsonb(bursar.refund_preview('{id}', {amount}, '{if_spent}', true))"))
            .await
            .expect("a preview");
    let request = format!(
        "SELECT to_jsonb(refund) FROM bursar.refund_request('{id}', {amount}, '{if_spent}', 'other', NULL, 'stripe', NULL,
            NULL, true, '{terms}', '{{}}')"
    );
    let due = (model.due(model.refunded() + amount) - model.units()).max(0);
    let there = model.balance.max(0);
    let made = match one(connection, request).await {
        Ok(made) => made,
        Err(error) => {
            let code = error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
            prop_assert_eq!(code.as_deref(), terms["problem"].as_str(), "{}", error);
            prop_assert!(if_spent == "refuse" && due > there, "{}", error);
            return Ok("too few units");
        }
    };
    prop_assert_eq!(&terms["problem"], &Value::Null);
    let (taken, off) = (number(&made["units_taken"]), number(&made["units_written_off"]));
    prop_assert_eq!((taken, off), (number(&terms["units_taken"]), number(&terms["units_written_off"])));
    prop_assert_eq!(taken + off, due);
    let expected = if due <= there {
        due
    } else if if_spent == "cap" {
        there
    } else {
        0
    };
    prop_assert_eq!(taken, expected);
    model.balance -= taken;
    prop_assert_eq!(number(&terms["balance_after"]), model.balance);
    let refund = made["id"].as_str().expect("an id").to_owned();
    model.live.push((refund.parse().expect("a uuid"), amount, due, taken));
    if model.smooth {
        prop_assert_eq!(model.units(), model.due(model.refunded()));
    }
    let submit = format!(
        "SELECT to_jsonb(refund) FROM bursar.refund_claim('{refund}', 60), bursar.refund_submitting('{refund}', 60, '{{}}'),
                bursar.refund_answered('{refund}', '{answer}', 're_' || '{refund}', 'why', '{{}}') AS refund"
    );
    let answered = one(connection, submit).await.expect("an answer");
    prop_assert_eq!(answered["state"].as_str(), Some(if answer == "refused" { "failed" } else { answer }));
    if answer == "succeeded" {
        return Ok("refunded");
    }
    undone(model, model.live.len() - 1);
    Ok("failed")
}

fn undone(model: &mut Model, at: usize) {
    let (_, _, _, taken) = model.live.remove(at);
    model.balance += taken;
    model.smooth = false;
}

async fn play(
    connection: &mut PgConnection,
    model: &mut Model,
    steps: &[Step],
    seen: &RefCell<BTreeMap<&'static str, usize>>,
) -> Result<(), TestCaseError> {
    for step in steps {
        let left = model.paid.amount - model.refunded();
        let what = match step {
            Step::Refund { .. } if left == 0 => "nothing left",
            Step::Refund { share, if_spent, answer } => {
                refund(connection, model, ((left * share / 1_000).max(1), if_spent, answer)).await?
            }
            Step::Spend(percent) => {
                let spent = model.balance * percent / 100;
                if spent > 0 {
                    let user = &model.paid.user;
                    let sql =
                        format!("SELECT to_jsonb(wallet_adjust('{user}', 'STAR', {spent}, 'debit', 'spent', 'test'))");
                    one(connection, sql).await.expect("an adjustment");
                    model.balance -= spent;
                }
                "spent"
            }
            Step::Return(nth) if *nth < model.live.len() => {
                let refund = model.live[*nth].0;
                let sql =
                    format!("SELECT to_jsonb(bursar.refund_answered('{refund}', 'failed', NULL, 'returned', '{{}}'))");
                one(connection, sql).await.expect("an answer");
                undone(model, *nth);
                "returned"
            }
            Step::Return(_) => "nothing to return",
        };
        *seen.borrow_mut().entry(what).or_default() += 1;
        stands(connection, model).await?;
    }
    // Whatever happened, the rest makes it whole.
    let left = model.paid.amount - model.refunded();
    if left > 0 {
        refund(connection, model, (left, "cap", "succeeded")).await?;
        stands(connection, model).await?;
    }
    prop_assert_eq!(model.units(), model.paid.granted, "the parts take back what was granted");
    Ok(())
}

/// The database says what the model says.
async fn stands(connection: &mut PgConnection, model: &Model) -> Result<(), TestCaseError> {
    let sql = format!(
        "SELECT jsonb_build_array(
            (SELECT star_balance FROM users WHERE id = '{user}'),
            (SELECT status FROM payments WHERE id = '{id}'),
            (SELECT coalesce(sum(amount), 0) FROM bursar.refunds WHERE payment = '{id}' AND state = 'succeeded'),
            (SELECT coalesce(sum(units_taken), 0) FROM bursar.refunds WHERE payment = '{id}' AND state = 'succeeded'),
            (SELECT coalesce(sum(CASE WHEN metadata ? 'reverses_entry_id' THEN -amount ELSE amount END), 0)
               FROM wallet_transactions WHERE related_payment_id = '{id}' AND transaction_type = 'refund'))",
        user = model.paid.user,
        id = model.paid.id
    );
    let now = one(connection, sql).await.expect("the facts");
    let taken: i64 = model.live.iter().map(|r| r.3).sum();
    let status = if model.refunded() == model.paid.amount { "refunded" } else { "succeeded" };
    prop_assert_eq!(now, serde_json::json!([model.balance, status, model.refunded(), taken, taken]));
    prop_assert!(model.balance >= 0 && model.units() <= model.paid.granted);
    Ok(())
}

#[test]
fn any_sequence_of_parts_takes_back_exactly_what_was_granted() {
    let config = Config {
        cases: if soak() { 1_000 } else { 25 },
        max_shrink_iters: 200,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20_251_121),
        ..Config::default()
    };
    let (world, seen) = (World::new(), RefCell::new(BTreeMap::new()));
    let outcome = TestRunner::new(config).run(&steps(), |(amount, stars, bonus, steps)| {
        let paid = world.payment_of(amount, stars, bonus);
        let mut model = Model { balance: paid.balance, paid, live: Vec::new(), smooth: true };
        wait(async { play(&mut world.db.connect().await, &mut model, &steps, &seen).await })
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
    let seen = seen.into_inner();
    for what in ["refunded", "failed", "returned", "spent", "too few units", "nothing left"] {
        assert!(seen.contains_key(what), "'{what}' never happened: {seen:?}");
    }
    world.ledger_is_clean();
}
