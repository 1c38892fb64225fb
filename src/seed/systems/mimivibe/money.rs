//! Payments, the cards they are made with, refunds, and adjustments by hand.

use chrono::{Datelike as _, Months};
use uuid::Uuid;

use super::model::{Event, For, Method, Payment, Status, Unit, base62};
use super::style::Package;
use super::world::World;
use crate::seed::Field;
use crate::seed::clock::{At, HOUR, MILLISECOND, SECOND, any, between, chance, delay, span, uuid, weighted};

impl World<'_> {
    /// Somebody pays for a package: it is confirmed, declined, or left open.
    pub fn pay(&mut self, who: usize, at: At, more: u32) {
        let style = &self.style.payments;
        let appetite = self.people[who].appetite;
        let package = weighted(self.rng, &self.style.packages.choices, |p| p.weights[appetite]);
        let by_card = chance(self.rng, style.card);
        if by_card {
            self.keep_card(who, at);
        }
        let id = uuid(self.rng);
        let mut payment = Payment { id, who, package, by_card, created: at, updated: at, status: Status::Pending };
        let number = self.payments.len();
        if by_card && chance(self.rng, style.declined) {
            let error = weighted(self.rng, &style.errors, |e| e.weight);
            payment.updated = (at + delay(self.rng, style.card_secs, SECOND)).min(self.clock.end);
            payment.status = Status::Declined(error);
            if error == 0 {
                self.replace_card(who, at);
            }
            if chance(self.rng, style.retry) {
                let again = payment.updated + delay(self.rng, style.retry_secs, SECOND);
                self.plan(again, who, Event::Pay { more });
            }
        } else if chance(self.rng, style.abandoned) {
            let closed = at + span(style.abandoned_hours, HOUR);
            if closed <= self.clock.end {
                payment.updated = closed;
                payment.status = Status::Abandoned;
            }
        } else {
            let secs = if by_card { style.card_secs } else { style.promptpay_secs };
            let confirmed = at + delay(self.rng, secs, SECOND);
            self.plan(confirmed, who, Event::Paid { payment: number, more });
        }
        self.payments.push(payment);
    }

    /// The gateway confirms: the stars are credited, and the question can be asked.
    pub fn paid(&mut self, who: usize, at: At, number: usize, more: u32) {
        let style = self.style;
        let payment = &mut self.payments[number];
        payment.status = Status::Succeeded;
        payment.updated = at;
        let (id, stars) = (payment.id, stars(&style.packages.choices[payment.package]));
        let credited = at + between(self.rng, (300, 2500)) * MILLISECOND / 10;
        self.entry(who, credited, "purchase", (Unit::Star, stars), For::Payment(id), None);
        if chance(self.rng, style.payments.regretted) {
            let from = at + delay(self.rng, style.payments.refund_hours, HOUR);
            let back = self.clock.pick(self.rng, &style.office, (from, from + 14 * HOUR));
            self.plan(back, who, Event::TakeBack { payment: number });
        } else {
            let asked = at + delay(self.rng, (8.0, 90.0), SECOND);
            self.plan(asked, who, Event::Ask { more });
        }
    }

    /// A refund takes all stars of a payment back. If some were spent since, there is none.
    pub fn take_back(&mut self, who: usize, at: At, number: usize) {
        let payment = &mut self.payments[number];
        let stars = stars(&self.style.packages.choices[payment.package]);
        if self.people[who].free_stars() < stars {
            return;
        }
        payment.status = Status::Refunded;
        let id = payment.id;
        let (_, at) = self.entry(who, at, "refund", (Unit::Star, -stars), For::Payment(id), None);
        self.payments[number].updated = at + MILLISECOND;
    }

    /// Somebody at work will adjust a balance.
    pub fn plan_adjustment(&mut self, who: usize, after: At) {
        let from = after + delay(self.rng, self.style.adjustments.hours, HOUR);
        let at = self.clock.pick(self.rng, &self.style.office, (from, from + 14 * HOUR));
        self.plan(at, who, Event::Adjust);
    }

    /// An adjustment by hand: mostly goodwill. A debit takes no more than there is.
    pub fn adjust(&mut self, who: usize, at: At) {
        let style = &self.style.adjustments;
        let (unit, range, there) = match chance(self.rng, style.in_coins) {
            true => (Unit::Coin, style.coins, self.people[who].coins),
            false => (Unit::Star, style.stars, self.people[who].free_stars()),
        };
        let amount = between(self.rng, (i64::from(range.0), i64::from(range.1)));
        let debit = chance(self.rng, style.debit) && amount <= there;
        let (direction, delta, reasons) = match debit {
            true => ("debit", -amount, &style.debit_reasons),
            false => ("credit", amount, &style.credit_reasons),
        };
        let (reason, operator) = (&any(self.rng, reasons).0, &any(self.rng, &style.operators).0);
        let metadata = format!(r#"{{"direction":"{direction}","reason":{reason},"operator":{operator}}}"#);
        let (entry, at) = self.entry(who, at, "adjustment", (unit, delta), For::Nothing, Some(&metadata));
        if chance(self.rng, style.mistaken) {
            let noticed = at + delay(self.rng, style.mistaken_hours, HOUR);
            self.plan(noticed, who, Event::Reverse { entry, unit, delta });
        }
    }

    /// Undoes an entry with its exact opposite, if the units are still there.
    pub fn reverse(&mut self, who: usize, at: At, entry: Uuid, unit: Unit, delta: i64) {
        let there = match unit {
            Unit::Star => self.people[who].free_stars(),
            Unit::Coin => self.people[who].coins,
        };
        if delta <= there {
            let metadata = format!(r#"{{"reverses_entry_id":"{entry}"}}"#);
            self.entry(who, at, "refund", (unit, -delta), For::Nothing, Some(&metadata));
        }
    }

    /// Keeps the card of a first payment on file, and now and then a second one.
    fn keep_card(&mut self, who: usize, at: At) {
        let kept = self.people[who].methods.iter().filter(|m| m.active).count();
        if kept == 0 || (kept == 1 && chance(self.rng, self.style.payments.second_card)) {
            self.add_card(who, at, kept == 0);
        }
    }

    /// The usual card has expired, and a new one takes its place.
    fn replace_card(&mut self, who: usize, at: At) {
        for old in self.people[who].methods.iter_mut().filter(|m| m.usual) {
            (old.usual, old.active) = (false, false);
            old.expired = true;
            old.updated = at;
        }
        self.add_card(who, at, true);
    }

    fn add_card(&mut self, who: usize, at: At, usual: bool) {
        let id = uuid(self.rng);
        let brand = weighted(self.rng, &self.style.payments.brands, |b| b.weight);
        let last4 = between(self.rng, (0, 9999));
        let months = u32::try_from(between(self.rng, (3, 58))).unwrap_or(12);
        let method = Method { id, brand, last4, months, expired: false, usual, active: true, created: at, updated: at };
        self.people[who].methods.push(method);
    }

    pub fn write_methods(&mut self, who: usize) {
        let person = &self.people[who];
        // One customer at the gateway, however many cards.
        let customer = format!("cus_{}", base62(person.id));
        for method in &person.methods {
            // The gateway has called an expired card so, so its validity ended in the month before.
            let expiry = match method.expired {
                true => self.clock.time(method.updated).checked_sub_months(Months::new(1)),
                false => self.clock.time(method.created).checked_add_months(Months::new(method.months)),
            };
            let expiry = expiry.unwrap_or_else(|| self.clock.time(method.created));
            let token = format!("pm_{}", base62(method.id));
            let last4 = format!("{:04}", method.last4);
            let fields = [
                Field::Uuid(method.id),
                Field::Uuid(person.id),
                Field::Text(&token),
                Field::Text(&customer),
                Field::Text("card"),
                Field::Text(&self.style.payments.brands[method.brand].name),
                Field::Text(&last4),
                Field::Int(i64::from(expiry.month())),
                Field::Int(i64::from(expiry.year())),
                Field::Bool(method.usual),
                Field::Bool(method.active),
                self.clock.field(method.created),
                self.clock.field(method.updated),
            ];
            self.batch.row(self.tables.methods, &fields);
        }
    }

    pub fn write_payments(&mut self) {
        let style = &self.style.payments;
        for payment in &self.payments {
            let package = &self.style.packages.choices[payment.package];
            let (status, error) = match payment.status {
                Status::Pending => ("pending", None),
                Status::Succeeded => ("succeeded", None),
                Status::Refunded => ("refunded", None),
                Status::Declined(error) => ("failed", Some(&style.errors[error])),
                Status::Abandoned => ("failed", Some(&style.abandoned_error)),
            };
            let gateway_id = base62(payment.id);
            let intent = format!("pi_{gateway_id}");
            // Only what was attempted has a charge.
            let charged = !matches!(payment.status, Status::Pending | Status::Abandoned);
            let charge = charged.then(|| format!("ch_{gateway_id}"));
            let metadata = if payment.by_card { r#"{"method":"card"}"# } else { r#"{"method":"promptpay"}"# };
            let fields = [
                Field::Uuid(payment.id),
                Field::Uuid(self.people[payment.who].id),
                Field::Text(&intent),
                Field::or_null(charge.as_deref(), Field::Text),
                Field::Text(metadata),
                Field::Int(i64::from(package.price)),
                Field::Text(&style.currency),
                Field::Text(status),
                Field::Text(&package.name),
                Field::Int(i64::from(package.stars)),
                Field::Int(i64::from(package.bonus)),
                Field::or_null(error, |e| Field::Text(&e.code)),
                Field::or_null(error, |e| Field::Text(&e.text)),
                self.clock.field(payment.created),
                self.clock.field(payment.updated),
            ];
            self.batch.row(self.tables.payments, &fields);
        }
    }
}

/// The stars that a package brings.
fn stars(package: &Package) -> i64 {
    i64::from(package.stars) + i64::from(package.bonus)
}
