//! Refunds through the real binary: whatever dies, lies or comes twice, money and units move exactly once
//! or not at all.

mod kills;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::process::Command;

use serde_json::Value;

use crate::support::gateway::{Fake, Made};
use crate::support::{Db, Ran, Template, bursar, run};

/// A database with payments, and the gateway that they came through.
pub struct World {
    pub db: Db,
    pub fake: Fake,
    payments: RefCell<VecDeque<Paid>>,
}

/// A payment that can be refunded, which the gateway knows too.
#[derive(Debug, Clone)]
pub struct Paid {
    pub id: String,
    pub charge: String,
    pub intent: String,
    /// In minor units.
    pub amount: i64,
    pub currency: String,
    pub user: String,
    /// The units that it granted.
    pub granted: i64,
    /// The balance before any refund.
    pub balance: i64,
}

impl World {
    /// A database of an application whose payments grant units, and come through Stripe.
    pub fn new() -> Self {
        let db = Db::new(Template::Seeded("mimivibe"));
        // One payment each of so many users, whose units are not spent.
        let rows = db.value(
            "SELECT jsonb_agg(p ORDER BY p.id) FROM (
                SELECT DISTINCT ON (p.user_id) p.id, p.stripe_charge_id AS charge, p.stripe_payment_intent_id AS intent,
                       p.amount, p.currency, p.user_id, p.stars_total, u.star_balance
                  FROM payments p JOIN users u ON u.id = p.user_id
                 WHERE p.status = 'succeeded' AND p.stripe_charge_id IS NOT NULL AND u.star_balance >= p.stars_total
                 ORDER BY p.user_id, p.id) p",
        );
        let rows: Vec<Value> = serde_json::from_str(&rows).expect("payments");
        let text = |v: &Value| v.as_str().expect("a text").to_owned();
        let number = |v: &Value| v.as_i64().expect("a number");
        let paid = |p: &Value| Paid {
            id: text(&p["id"]),
            charge: text(&p["charge"]),
            intent: text(&p["intent"]),
            amount: number(&p["amount"]),
            currency: text(&p["currency"]),
            user: text(&p["user_id"]),
            granted: number(&p["stars_total"]),
            balance: number(&p["star_balance"]),
        };
        World { db, fake: Fake::start(), payments: RefCell::new(rows.iter().map(paid).collect()) }
    }

    /// The next payment that nobody has refunded.
    #[track_caller]
    pub fn payment(&self) -> Paid {
        let paid = self.payments.borrow_mut().pop_front().expect("there are payments left");
        self.fake.payment([&paid.charge, &paid.intent], paid.amount, &paid.currency);
        paid
    }

    /// The binary, with the database and the gateway.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bursar();
        command.args(arguments).env("DATABASE_URL", self.db.url()).envs(self.fake.env());
        command
    }

    /// Runs the binary with the database and the gateway.
    pub fn bursar(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// Refunds all of a payment.
    pub fn create(&self, paid: &Paid) -> Ran {
        self.bursar(&["refund", "create", &paid.id, "--if-spent", "cap", "--yes"])
    }

    /// Finishes what is open.
    pub fn resume(&self) -> Ran {
        self.bursar(&["refund", "resume", "--yes"])
    }

    /// The state of a payment's only refund; `none` where there is none.
    pub fn state(&self, paid: &Paid) -> String {
        self.db.value(&format!(
            "SELECT coalesce(string_agg(state, ', ' ORDER BY number), 'none') FROM bursar.refunds WHERE payment = '{}'",
            paid.id
        ))
    }

    /// The gateway's refunds of a payment.
    pub fn at_gateway(&self, paid: &Paid) -> Vec<Made> {
        self.fake.refunds().into_iter().filter(|r| r.payment.ids[0] == paid.charge).collect()
    }

    /// Everything that a step about a payment could change here, as one text.
    pub fn everything(&self, paid: &Paid) -> String {
        self.db.value(&format!(
            "SELECT jsonb_build_array(
                (SELECT jsonb_agg(to_jsonb(r) - 'lease_until' - 'lease_pid' ORDER BY r.number)
                   FROM bursar.refunds r WHERE r.payment = '{id}'),
                (SELECT count(*) FROM bursar.refund_transitions t JOIN bursar.refunds r ON r.id = t.refund WHERE r.payment = '{id}'),
                (SELECT to_jsonb(p) FROM payments p WHERE p.id = '{id}'),
                (SELECT count(*) FROM wallet_transactions w WHERE w.user_id = '{user}'),
                (SELECT star_balance FROM users WHERE id = '{user}'))",
            id = paid.id,
            user = paid.user
        ))
    }

    /// The database and the gateway agree on a payment that was to be refunded wholly and once: there is no
    /// refund, or one that has ended, and money, units and status say the same. Returns its state.
    #[track_caller]
    pub fn agrees(&self, paid: &Paid) -> String {
        let state = self.state(paid);
        let made = self.at_gateway(paid).into_iter().filter(|r| r.status == "succeeded").count();
        assert!(matches!(&*state, "none" | "succeeded" | "failed" | "canceled"), "{state}: {paid:?}");
        assert_eq!(made, usize::from(state == "succeeded"), "{state} here: {:?}", self.at_gateway(paid));
        let taken: i64 = self
            .db
            .value(&format!(
                "SELECT coalesce(sum(units_taken) FILTER (WHERE state = 'succeeded'), 0)
                   FROM bursar.refunds WHERE payment = '{}'",
                paid.id
            ))
            .parse()
            .expect("units");
        if state == "succeeded" {
            assert_eq!(taken, paid.granted, "the units of {paid:?}");
        }
        // What was taken back of this payment, less what was given back.
        let net = self.db.value(&format!(
            "SELECT coalesce(sum(CASE WHEN metadata ? 'reverses_entry_id' THEN -amount ELSE amount END), 0)
               FROM wallet_transactions
              WHERE related_payment_id = '{}' AND transaction_type = 'refund' AND related_reading_id IS NULL",
            paid.id
        ));
        assert_eq!(net, taken.to_string(), "the ledger's entries of {paid:?}");
        let balance = self.db.value(&format!("SELECT star_balance FROM users WHERE id = '{}'", paid.user));
        assert_eq!(balance, (paid.balance - taken).to_string(), "the balance of {paid:?}");
        let status = self.db.value(&format!("SELECT status FROM payments WHERE id = '{}'", paid.id));
        assert_eq!(status, if state == "succeeded" { "refunded" } else { "succeeded" }, "{paid:?}");
        state
    }

    /// The ledger has nothing against it.
    #[track_caller]
    pub fn ledger_is_clean(&self) {
        self.db.bursar(&["audit", "--only", "ledger", "-o", "json"]).ok();
    }

    /// Waits until no process is connected any more, which the server notices a moment after its end.
    pub fn everybody_left(&self) {
        let here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'bursar%'";
        for _ in 0..200 {
            if self.db.value(here) == "0" {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("a process is still connected");
    }
}
