//! Orders at PayPal: purchases, approvals, captures and refunds.

use chrono::Datelike as _;
use rand::RngExt as _;
use uuid::Uuid;

use super::model::Person;
use super::style::{Currency, Product};
use super::world::{World, quoted};
use crate::seed::Field;
use crate::seed::clock::{At, DAY, HOUR, MILLISECOND, SECOND, chance, delay, span, uuid, weighted};

/// A payment, until nothing can happen to it any more.
struct Payment {
    id: Uuid,
    status: &'static str,
    changed: At,
    completed: Option<At>,
}

/// The parts of a price, in hundredths of the currency.
struct Price {
    tax: i64,
    discount: i64,
    total: i64,
}

impl<'a> World<'a> {
    /// Somebody buys something, unless it is a subscription that they have already. A subscription
    /// goes on until it is given up or cannot be paid for.
    pub fn buy(&mut self, person: &mut Person<'a>, at: At) {
        let style = &self.style.payments;
        let product = &style.products[weighted(self.rng, &style.products, |p| p.weight)];
        if product.monthly && person.subscribed.is_some_and(|until| at < until) {
            return;
        }
        let mut at = at;
        while self.happens(at) {
            let paid = self.pay(person, product, at);
            if !product.monthly {
                break;
            }
            let renewal = i64::from(style.renewal_days) * DAY;
            if paid {
                person.subscribed = Some(at + renewal);
            }
            if !paid || chance(self.rng, style.given_up) {
                break;
            }
            // Until the end of the history there is a subscription, or another one could be bought.
            person.subscribed = Some(at + 2 * renewal);
            at += renewal + delay(self.rng, (0.0, 3.0), HOUR);
        }
    }

    /// An order, from its creation to wherever it gets. Returns whether it was paid.
    fn pay(&mut self, person: &mut Person<'a>, product: &Product, at: At) -> bool {
        let style = &self.style.payments;
        person.invoices += 1;
        let order: u128 = self.rng.random();
        let discounted = chance(self.rng, style.discounted);
        let price = price(product, person.currency, if discounted { i64::from(style.discount_percent) } else { 0 });
        let mut payment = Payment { id: uuid(self.rng), status: "created", changed: at, completed: None };
        let details = format!(
            r#"{{"amount":{},"currency":"{}","ip_address":"{}"}}"#,
            decimal(price.total, person.currency.cents),
            person.currency.code,
            person.address
        );
        self.write_log(person.subject("payment", payment.id), "payment.created", &details, "info", at);

        if chance(self.rng, style.abandoned) {
            self.move_payment(person, &mut payment, "failed", at + span(style.abandoned_hours, HOUR).max(SECOND));
        } else {
            let approved = at + delay(self.rng, style.approve_secs, SECOND).max(SECOND);
            let capture = match chance(self.rng, style.held) {
                true => delay(self.rng, style.held_hours, HOUR),
                false => delay(self.rng, style.capture_secs, SECOND),
            };
            let captured = approved + capture.max(SECOND);
            let declined = chance(self.rng, style.declined);
            if self.move_payment(person, &mut payment, "pending", approved)
                && self.move_payment(person, &mut payment, if declined { "failed" } else { "completed" }, captured)
                && !declined
            {
                payment.completed = Some(captured);
                self.regret(person, &mut payment);
            }
        }
        self.write_payment(person, product, &price, order, at, &payment);
        payment.completed.is_some()
    }

    /// A purchase may be regretted, and is then refunded as a whole or for a part.
    fn regret(&mut self, person: &Person<'a>, payment: &mut Payment) {
        let style = &self.style.payments;
        if chance(self.rng, style.regretted) {
            let from = payment.changed + delay(self.rng, style.refund_hours, HOUR).max(SECOND);
            let at = self.clock.pick(self.rng, &self.style.office, (from, from + 14 * HOUR));
            let part = chance(self.rng, style.part);
            self.move_payment(person, payment, if part { "partially_refunded" } else { "refunded" }, at);
        }
    }

    fn move_payment(&mut self, person: &Person<'a>, payment: &mut Payment, status: &'static str, at: At) -> bool {
        let happens = self.happens(at) && at >= payment.changed + MILLISECOND;
        if happens {
            let (action, level, fields) = match status {
                "pending" => ("payment.approved", "info", r#"["status"]"#),
                "completed" => ("payment.completed", "info", r#"["status","completed_at"]"#),
                "failed" => ("payment.failed", "warning", r#"["status"]"#),
                _ => ("payment.refunded", "info", r#"["status"]"#),
            };
            let subject = person.subject("payment", payment.id);
            self.log_change(subject, (action, level), (payment.status, status), fields, at);
            (payment.status, payment.changed) = (status, at);
        }
        happens
    }

    fn write_payment(
        &mut self,
        person: &Person<'a>,
        product: &Product,
        price: &Price,
        order: u128,
        at: At,
        payment: &Payment,
    ) {
        let year = self.clock.time(at).year();
        let cents = person.currency.cents;
        let metadata = format!(
            r#"{{"customer_name":{},"invoice_number":"INV-{year}-{:06}-{:02}","tax_amount":{},"discount":{}}}"#,
            quoted(&person.name),
            person.number,
            person.invoices,
            decimal(price.tax, cents),
            decimal(price.discount, cents),
        );
        let fields = [
            Field::Uuid(payment.id),
            Field::Text(&order_id(order)),
            Field::Text(&decimal(price.total, cents)),
            Field::Text(&person.currency.code),
            Field::Text(payment.status),
            Field::Text(&product.name),
            Field::Text("paypal"),
            Field::Text(&metadata),
            self.clock.field(at),
            self.clock.field(payment.changed),
            Field::or_null(payment.completed, |at| self.clock.field(at)),
            Field::Uuid(person.id),
        ];
        self.batch.row(self.tables.payments, &fields);
    }
}

/// The price of a product. Every part is rounded to the decimals of the currency, so that the total
/// is the sum of its parts.
fn price(product: &Product, currency: &Currency, discount_percent: i64) -> Price {
    let round = |hundredths: i64| if currency.cents { hundredths } else { hundredths / 100 * 100 };
    // Prices are checked to fit when seed.toml is read.
    let net = round((f64::from(product.price) * currency.rate).round() as i64);
    let discount = round(net * discount_percent / 100);
    let tax = round((net - discount) * i64::from(currency.tax_percent) / 100);
    Price { tax, discount, total: net - discount + tax }
}

/// Hundredths as a decimal number.
fn decimal(hundredths: i64, cents: bool) -> String {
    if cents { format!("{}.{:02}", hundredths / 100, hundredths % 100) } else { (hundredths / 100).to_string() }
}

/// An order's id as PayPal writes them: 17 digits and capitals.
fn order_id(mut random: u128) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut digit = || {
        // A remainder by 36 is a place in the array.
        let digit = DIGITS[usize::try_from(random % 36).unwrap_or(0)];
        random /= 36;
        char::from(digit)
    };
    (0..17).map(|_| digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Currency, Product, decimal, order_id, price};

    #[test]
    fn a_total_is_the_sum_of_its_parts_in_whole_units() {
        let product = Product { name: String::new(), price: 2900, monthly: true, weight: 1.0 };
        let euro = Currency { code: "EUR".to_owned(), rate: 0.92, cents: true, tax_percent: 19, weight: 1.0 };
        let paid = price(&product, &euro, 20);
        assert_eq!((paid.discount, paid.tax, paid.total), (533, 405, 2668 - 533 + 405));
        let yen = Currency { code: "JPY".to_owned(), rate: 150.0, cents: false, tax_percent: 10, weight: 1.0 };
        assert_eq!(decimal(price(&product, &yen, 0).total, false), "4785");
        assert_eq!(decimal(1005, true), "10.05");
    }

    #[test]
    fn an_order_id_has_seventeen_digits_and_capitals() {
        for random in [0, 1, u128::MAX] {
            let id = order_id(random);
            assert_eq!(id.len(), 17);
            assert!(id.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()));
        }
    }
}
