//! Refunds through the real binary: whatever dies, lies or comes twice, money and units move exactly once
//! or not at all.

mod aethercrown;
mod approval;
mod batch;
mod crowd;
mod doubles;
mod doubts;
mod elsewhere;
mod ends;
mod files;
mod forms;
mod imported;
mod kills;
mod lists;
mod misbehaving;
mod mock;
mod remedies;
mod requests;
mod rounds;
mod secrets;
mod stops;
mod sync;
mod told;
mod units;
mod upgraded;
mod waiting;

use std::cell::{Cell, RefCell};
use std::process::Command;

use crate::support::gateway::{Fake, Made};
use crate::support::{Db, Ran, Template, bursar, run};

/// A database with payments, and the gateway that they came through.
pub struct World {
    pub db: Db,
    pub fake: Fake,
    /// How many payments were made here.
    made: Cell<usize>,
    logins: RefCell<Vec<String>>,
}

/// A payment that can be refunded, which the gateway knows too.
#[derive(Debug, Clone)]
pub struct Paid {
    pub id: String,
    pub charge: String,
    pub intent: String,
    /// In minor units.
    pub amount: i64,
    pub user: String,
    /// The units that it granted.
    pub granted: i64,
    /// The balance before any refund.
    pub balance: i64,
}

impl World {
    /// A database of an application whose payments grant units, and come through Stripe.
    pub fn new() -> Self {
        Self::of("mimivibe")
    }

    /// A database of an application.
    pub fn of(app: &'static str) -> Self {
        let db = Db::new(Template::Seeded(app));
        World { db, fake: Fake::start(), made: Cell::new(0), logins: RefCell::default() }
    }

    /// A new payment over 299.00 THB that granted 35 stars and 5 more.
    pub fn payment(&self) -> Paid {
        self.payment_of(29_900, 35, 5)
    }

    /// A new payment, in satang, of another user than the last one's, and of a few stars.
    pub fn payment_of(&self, amount: i64, stars: i64, bonus: i64) -> Paid {
        let n = self.made.replace(self.made.get() + 1);
        let (charge, intent) = (format!("ch_{n:05}"), format!("pi_{n:05}"));
        let facts = self.db.value(&format!(
            "SELECT concat_ws(' ', id, star_balance, md5('payment {n}')::uuid) FROM users ORDER BY id OFFSET {} LIMIT 1",
            n % 300
        ));
        let [user, before, id] =
            facts.split(' ').map(str::to_owned).collect::<Vec<_>>().try_into().expect("three facts");
        self.db.sql(&format!(
            "INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type,
                                   stars_purchased, stars_bonus, created_at)
             VALUES ('{id}', '{user}', '{intent}', '{charge}', {amount}, 'succeeded', 'basic', {stars}, {bonus}, now());
             SELECT wallet_purchase('{id}')"
        ));
        self.fake.payment([&charge, &intent], amount, "THB");
        let balance = before.parse::<i64>().expect("a balance") + stars + bonus;
        Paid { id, charge, intent, amount, user, granted: stars + bonus, balance }
    }

    /// The stars of a user.
    pub fn balance(&self, user: &str) -> i64 {
        self.db.value(&format!("SELECT star_balance FROM users WHERE id = '{user}'")).parse().expect("a balance")
    }

    /// A user spends stars, down to so many.
    pub fn spend_down_to(&self, user: &str, left: i64) {
        self.db.sql(&format!(
            "SELECT wallet_adjust(id, 'STAR', star_balance - {left}, 'debit', 'spent', 'test')
               FROM users WHERE id = '{user}' AND star_balance > {left}"
        ));
    }

    /// A login that is a member of a role, and its URL.
    pub fn login(&self, name: &str, role: &str) -> String {
        let name = format!("{}_{name}", self.db.name);
        self.db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x' IN ROLE {role}"));
        let url = self.db.url_as(&name);
        self.logins.borrow_mut().push(name);
        url
    }

    /// Runs the binary as a login.
    pub fn as_login(&self, url: &str, arguments: &[&str]) -> Ran {
        run(self.command(arguments).env("DATABASE_URL", url))
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

    /// The id of a payment's newest refund.
    pub fn refund_id(&self, paid: &Paid) -> String {
        self.refund(paid, "id")
    }

    /// A column, or another expression, of a payment's newest refund.
    pub fn refund(&self, paid: &Paid, expression: &str) -> String {
        self.db.value(&format!(
            "SELECT {expression} FROM bursar.refunds WHERE payment = '{}' ORDER BY number DESC LIMIT 1",
            paid.id
        ))
    }

    /// A payment's status.
    pub fn status(&self, paid: &Paid) -> String {
        self.db.value(&format!("SELECT status FROM payments WHERE id = '{}'", paid.id))
    }

    /// Everything that a step about a payment could change here, as one text.
    pub fn everything(&self, paid: &Paid) -> String {
        self.db.value(&format!(
            "SELECT jsonb_build_array(
                (SELECT jsonb_agg(to_jsonb(r) - 'lease_until' - 'lease_pid' - 'lease_digest' ORDER BY r.number)
                   FROM bursar.refunds r WHERE r.payment = '{id}'),
                (SELECT count(*) FROM bursar.refund_transitions t JOIN bursar.refunds r ON r.id = t.refund WHERE r.payment = '{id}'),
                (SELECT to_jsonb(p) FROM payments p WHERE p.id = '{id}'),
                (SELECT count(*) FROM wallet_transactions w WHERE w.user_id = '{user}'),
                (SELECT star_balance FROM users WHERE id = '{user}'))",
            id = paid.id,
            user = paid.user
        ))
    }

    /// The database and the gateway agree on a payment that was to be refunded once, wholly or in part: there is
    /// no refund, or one that has ended, and money, units and status say the same. Returns its state; a second one that
    /// was canceled is told after it.
    #[track_caller]
    pub fn agrees(&self, paid: &Paid) -> String {
        let state = self.state(paid);
        let made: Vec<i64> =
            self.at_gateway(paid).iter().filter(|r| r.status == "succeeded").map(|r| r.amount).collect();
        let ends = matches!(&*state, "none" | "succeeded" | "failed" | "canceled" | "succeeded, canceled");
        assert!(ends, "{state}: {paid:?}");
        assert_eq!(
            made.len(),
            usize::from(state.starts_with("succeeded")),
            "{state} here: {:?}",
            self.at_gateway(paid)
        );
        let refunded = made.first().copied().unwrap_or_default();
        let of_refunds = |column: &str| -> i64 {
            let sql = format!(
                "SELECT coalesce(sum({column}) FILTER (WHERE state = 'succeeded'), 0) FROM bursar.refunds WHERE payment = '{}'",
                paid.id
            );
            self.db.value(&sql).parse().expect("a number")
        };
        assert_eq!(of_refunds("amount"), refunded, "{paid:?}");
        let taken = of_refunds("units_taken");
        assert_eq!(taken, (paid.granted * refunded + paid.amount - 1) / paid.amount, "the units of {paid:?}");
        // What was taken back of this payment, less what was given back.
        let net = self.db.value(&format!(
            "SELECT coalesce(sum(CASE WHEN metadata ? 'reverses_entry_id' THEN -amount ELSE amount END), 0)
               FROM wallet_transactions
              WHERE related_payment_id = '{}' AND transaction_type = 'refund' AND related_reading_id IS NULL",
            paid.id
        ));
        assert_eq!(net, taken.to_string(), "the ledger's entries of {paid:?}");
        assert_eq!(self.balance(&paid.user), paid.balance - taken, "the balance of {paid:?}");
        let status = if refunded == paid.amount { "refunded" } else { "succeeded" };
        assert_eq!(self.status(paid), status, "{paid:?}");
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
        crate::support::until("the end of every session", || self.db.value(here) == "0");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for login in self.logins.take() {
            if !std::thread::panicking() {
                self.db.sql(&format!("DROP OWNED BY {login}; DROP ROLE {login}"));
            }
        }
    }
}
