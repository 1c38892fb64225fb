//! The shape of a ledger: what its pack declares and its queries return beyond what every ledger has. A statement has only
//! the parts that its ledger needs, so that a ledger with none of them pays for none.

use super::chains::Rules;
use super::rows::Id;
use super::sql::SPLIT;
use crate::packs::{Ledger, Order};

/// The options of a ledger that its statements depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    order: Order,
    /// True if balances are cached.
    pub(super) cached: bool,
    /// The rule of how low a balance may be.
    low: Low,
    /// True if accounts had something before the ledger began.
    pub(super) opening: bool,
    /// True if an entry carries the balance before it too.
    before: bool,
    /// True if an entry carries the amount of its row, which has no sign.
    magnitude: bool,
    /// True if some accounts have no chain, beside others in their unit that have one.
    pub(super) chainless: bool,
}

/// The lower bound of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Low {
    /// Zero.
    Zero,
    /// Each account's `floor`.
    Own,
    /// Nothing says how low. In double entry some account is always below zero.
    Unknown,
}

impl Shape {
    /// `entry` and `balance` tell whether the queries return a column.
    pub(super) fn of(ledger: &Ledger, entry: impl Fn(&str) -> bool, balance: impl Fn(&str) -> bool) -> Self {
        let cached = ledger.balances.is_some();
        let low = match (cached && balance("floor"), cached || !ledger.balanced) {
            (true, _) => Low::Own,
            (false, true) => Low::Zero,
            (false, false) => Low::Unknown,
        };
        let (opening, before) = (cached && balance("opening"), entry("running_before"));
        let magnitude = entry("magnitude");
        Shape { order: ledger.order, cached, low, opening, before, magnitude, chainless: false }
    }

    /// The template with the parts that this ledger needs: `[[NAME: …]]` stays where the name is one of its properties, and
    /// `[[!NAME: …]]` where it is not. `{order:TABLE}` and `{newest:TABLE}` are its order and the opposite, `{split}` is [`SPLIT`].
    pub(super) fn fit(self, template: &str) -> String {
        let template = template.replace("{split}", SPLIT.trim_end());
        let mut out = String::with_capacity(template.len());
        let mut rest = template.as_str();
        while let Some((before, opened)) = rest.split_once("[[") {
            out.push_str(before);
            let Some((part, after)) = opened.split_once("]]") else { break };
            let (name, text) = part.split_once(':').unwrap_or_default();
            if self.has(name.trim_start_matches('!')) != name.starts_with('!') {
                out.push_str(text);
            }
            rest = after;
        }
        out.push_str(rest);
        let columns: &[&str] = match self.order {
            Order::At => &["at", "seq", "entry_id"],
            Order::Seq => &["seq", "entry_id"],
        };
        for table in ["e", "k", "l"] {
            for (place, direction) in [("order", ""), ("newest", " DESC")] {
                let list: Vec<String> = columns.iter().map(|c| format!("{table}.{c}{direction}")).collect();
                out = out.replace(&format!("{{{place}:{table}}}"), &list.join(", "));
            }
        }
        out
    }

    /// The rules by which a pass over the table compares.
    pub(super) fn rules(self, id: Id, latest: i64, most: usize) -> Rules {
        let Shape { order, cached, opening, .. } = self;
        Rules { order, cached, zero: self.low == Low::Zero, opening, latest, most, id }
    }

    /// True where nothing says how low a balance may be.
    pub(super) fn is_unbounded(self) -> bool {
        self.low == Low::Unknown
    }

    fn has(self, name: &str) -> bool {
        match name {
            "cached" => self.cached,
            "zero" => self.low == Low::Zero,
            "floor" => self.low == Low::Own,
            "plain" => self.low == Low::Zero && !self.opening,
            "seq" => self.order == Order::Seq,
            "unbounded" => self.low == Low::Unknown,
            "opening" => self.opening,
            "before" => self.before,
            "magnitude" => self.magnitude,
            "chainless" => self.chainless,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Low, Order, Shape};

    #[test]
    fn a_statement_has_the_parts_that_its_ledger_needs() {
        let plain = Shape {
            order: Order::At,
            cached: true,
            low: Low::Zero,
            opening: false,
            before: false,
            magnitude: false,
            chainless: false,
        };
        let template = "a[[opening: + o]] < [[zero:0]][[floor:f]][[!cached: none]] BY {order:e}, {newest:k}";
        assert_eq!(plain.fit(template), "a < 0 BY e.at, e.seq, e.entry_id, k.at DESC, k.seq DESC, k.entry_id DESC");
        let other = Shape { order: Order::Seq, low: Low::Own, opening: true, cached: false, ..plain };
        assert_eq!(other.fit(template), "a + o < f none BY e.seq, e.entry_id, k.seq DESC, k.entry_id DESC");
    }
}
