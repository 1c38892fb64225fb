//! What a draft says of its guesses, in words.

use std::fmt::Write as _;

use super::catalogue::comment;
use super::guess::Units;
use super::names;
use super::places::Account;
use super::trial::Rule;
use super::units::is_called_unit;
use super::write::{UnitOf, Writer};

impl Writer<'_> {
    pub(super) fn say_delta(&self) -> String {
        let how = match (&self.plan.rule, &self.plan.place.account) {
            (_, Account::Pair(..)) => "The first side gives, the second receives",
            (Rule::Signed { negated: false, .. }, _) => "The amount is signed",
            (Rule::Signed { .. }, _) => "The amount has the other sign",
            (Rule::Sides { .. }, _) => "One column raises the balance, the other lowers it",
            (Rule::ByKind { .. }, _) => "The kind decides the sign; a kind that is not listed is reported by the audit",
        };
        let open = match self.open_kinds() {
            Some(kinds) => format!(" With other signs of {kinds} as many agree: check them."),
            None => String::new(),
        };
        format!("{how}: {}.{open}", self.figure())
    }

    /// The mark of the ledger, and its figure with what speaks against it.
    pub(super) fn verdict(&self) -> (char, String) {
        let (plan, figure) = (self.plan, self.figure());
        if plan.untried.is_none() && !plan.holds() {
            return ('!', figure);
        }
        let mut against: Vec<String> = Vec::new();
        if plan.untried.is_none() && !plan.is_confirmed() {
            against.push(
                ", and nine of ten would have to: where these balances are right, the draft lacks something".to_owned(),
            );
        } else if plan.untried.is_none() && !plan.is_named {
            against.extend(self.items().or_else(|| {
                self.is_unlike_money().then(|| {
                    ", but nothing is called like a ledger or a balance: name it with --ledger if it is one".to_owned()
                })
            }));
        }
        against.extend(self.left_out().map(|(kinds, balance)| {
            format!(
                ", but {kinds} counts as nothing in it, so that {balance} may be a sum of some kinds and no balance: name both with --ledger and --balances if it is one"
            )
        }));
        against.extend(self.open_kinds().map(|kinds| {
            format!(", but as many agree with other signs of {kinds}: say in ledger/entries.sql what each of them adds")
        }));
        against.extend(self.rest().map(|rest| {
            format!(
                ", but {rest} is called like what is left, which is no movement: docs/packs.md has the queries of lots that are used up"
            )
        }));
        against.extend(self.perhaps_of_account());
        let mark = if plan.untried.is_some() || !against.is_empty() { '?' } else { '✓' };
        (mark, figure + &against.concat())
    }

    /// The doubt about a ledger whose accounts are documents: the items of an invoice sum to it, and move nothing.
    fn items(&self) -> Option<String> {
        let table = self.balances_table()?;
        let words = names::words(&table.name);
        let document =
            words.iter().map(|word| names::singular(word)).rfind(|w| names::DOCUMENT.contains(&w.as_str()))?;
        Some(format!(
            ", but {} is called like a document ({document}), and what stands on one is no movement: name it with --ledger if it is a ledger",
            table.name
        ))
    }

    /// The doubt about a column of the unit that may be a part of the account's name.
    fn perhaps_of_account(&self) -> Option<String> {
        let Units::Both(column, _) = &self.plan.units else { return None };
        let column = &self.entries_table().columns[*column];
        (!is_called_unit(column)).then(|| {
            format!(
                ", but {} is taken for the unit, and may be a part of the account's name: then write both into account in both queries",
                column.name
            )
        })
    }

    /// True if neither the entries nor the balances have a customary name: items that sum to an order are no ledger.
    pub(super) fn is_unlike_money(&self) -> bool {
        let named = self.balances_table().zip(self.plan.guess.as_ref());
        names::likeness(&self.entries_table().name) <= 0
            && named.is_some_and(|(table, guess)| !table.columns[guess.balance].says(names::BALANCE))
    }

    /// The kinds whose signs the rows do not tell.
    pub(super) fn open_kinds(&self) -> Option<String> {
        let kinds = &self.plan.doubts.kinds;
        (!kinds.is_empty()).then(|| kinds.join(", "))
    }

    /// The remarks on the ledger, in sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.few_below().into_iter().collect();
        notes.extend(self.apart().filter(|_| self.plan.is_confirmed()));
        notes.extend(self.unused_running());
        notes.extend(self.running_below());
        notes.extend(self.unit_of_ids());
        notes.extend(self.say_silent());
        notes.extend(self.say_status());
        notes
    }

    /// The kinds that count as nothing, though their words say that they add or take or the balance is called like a sum; and
    /// the balance.
    fn left_out(&self) -> Option<(String, &str)> {
        let Rule::ByKind { signs, .. } = &self.plan.rule else { return None };
        let balance = &self.balances_table()?.columns[self.plan.guess.as_ref()?.balance];
        let left_out =
            signs.iter().filter(|(word, sign)| *sign == 0 && !names::is_void(word)).map(|(word, _)| word.as_str());
        let left_out: Vec<&str> = left_out.collect();
        let is_sum =
            balance.says(names::SUM) || balance.says(names::HELD) || left_out.iter().any(|word| names::sign(word) != 0);
        (!self.plan.is_named && is_sum && !left_out.is_empty()).then(|| (left_out.join(", "), balance.name.as_str()))
    }

    /// The column of the amount, where its name is that of a rest which changes: that is no movement.
    pub(super) fn rest(&self) -> Option<&str> {
        let column = &self.entries_table().columns[self.plan.rule.amount()];
        let is_rest =
            column.says(&["remaining", "remainder", "left", "open", "unused", "available", "outstanding", "balance"]);
        (is_rest && !column.says(&["change", "delta", "movement", "diff", "difference"]))
            .then_some(column.name.as_str())
    }

    /// The columns of a status that is the same in the whole sample, each in a sentence: nothing tells which others count.
    fn say_status(&self) -> Vec<String> {
        let (table, plan) = (self.entries_table(), self.plan);
        let is_status = |c: &usize| {
            let column = &table.columns[*c];
            let free =
                !plan.rule.uses(*c) && !plan.place.account.uses(*c) && plan.filter.iter().all(|t| t.column() != *c);
            (column.is_text() || column.is_integer()) && column.says(names::STATUS) && free
        };
        let said = |c: usize| {
            let words = plan.sample.words(c, 1).filter(|words| words.len() == 1)?;
            let name = &table.columns[c].name;
            Some(format!(
                "every sampled entry of {} has {} as its {name}: the draft counts the others, too. Where one must not count, say so in a WHERE",
                table.name, words[0]
            ))
        };
        if plan.untried.is_some() {
            Vec::new()
        } else {
            (0..table.columns.len()).filter(is_status).filter_map(said).collect()
        }
    }

    /// The accounts that do not agree, in a sentence.
    fn apart(&self) -> Option<String> {
        let apart = &self.plan.doubts.apart;
        let (first, more) =
            (apart.iter().take(5).cloned().collect::<Vec<_>>().join(", "), apart.len().saturating_sub(5));
        match apart.len() {
            0 => None,
            1 => Some(format!("1 account of the sample does not agree: {first}. The audit reports it")),
            n => Some(format!(
                "{n} accounts of the sample do not agree: {first}{}. The audit reports them",
                if more > 0 { format!(" and {more} more") } else { String::new() }
            )),
        }
    }

    /// The balances that are left out, in a sentence.
    pub(super) fn say_silent(&self) -> Option<String> {
        let ((_, theirs), first) = self.ledger_columns().zip(self.silent.first())?;
        let more = match self.silent.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Some(format!("The balances of {} {first}{more} are left out, because not one entry is there", theirs.name))
    }

    /// The ledger with its figure.
    pub(super) fn described(&self) -> String {
        let balances = self.balances_table().map_or_else(String::new, |t| format!(" against {}", t.name));
        format!("{}{balances}: {}", self.entries_table().name, self.figure())
    }

    /// The accounts that a ledger of running balances alone lets be below zero, in a sentence: nothing says that they may.
    fn running_below(&self) -> Option<String> {
        let (plan, after) = (self.plan, self.plan.chain.as_ref()?.after?);
        let below = |row: &usize| plan.sample.number(*row, after).is_some_and(|n| n < 0);
        let rows = 0..plan.sample.rows.len();
        let accounts: std::collections::BTreeSet<_> =
            rows.filter(below).filter_map(|row| plan.sample.account(row, &plan.place.account)).collect();
        (plan.guess.is_none() && !accounts.is_empty()).then(|| {
            format!(
                "{} below 0. The audit reports that; where it may be, write ledger/balances.sql with a floor",
                match accounts.len() {
                    1 => "1 account was".to_owned(),
                    n => format!("{n} accounts were"),
                }
            )
        })
    }

    /// The number of accounts that agree, in words.
    pub(super) fn figure(&self) -> String {
        match (&self.plan.untried, &self.plan.guess, &self.plan.chain) {
            (Some(why), ..) => format!("nothing could be tried, because {why}"),
            (None, Some(guess), _) => format!("{} of {} agree", guess.agree, crate::text::counted(guess.of, "account")),
            (None, None, Some(chain)) => {
                format!("{} of {} chain", chain.agree, crate::text::counted(chain.of, "account"))
            }
            _ => "nothing was tried".to_owned(),
        }
    }

    /// The columns that look like a running balance and are not used as one, each in a sentence.
    fn unused_running(&self) -> Vec<String> {
        let (table, plan) = (self.entries_table(), self.plan);
        let used = |c: usize| {
            plan.rule.uses(c)
                || plan.chain.as_ref().is_some_and(|chain| chain.after == Some(c) || chain.before == Some(c))
        };
        let looks = |c: &usize| table.columns[*c].is_number() && table.columns[*c].says(names::RUNNING) && !used(*c);
        if plan.untried.is_some() {
            return Vec::new();
        }
        let said = |c: usize| {
            let name = format!("{}.{}", table.name, table.columns[c].name);
            let others = plan.chain.iter().flat_map(|chain| chain.others.iter().map(|o| (chain.of, o)));
            match others.into_iter().find(|(_, (other, _))| *other == c) {
                Some((of, (_, agree))) => {
                    format!("{name} looks like a running balance and is not used: {agree} of {of} chain")
                }
                None if plan.place.account.is_pair() => {
                    format!("{name} looks like a running balance and is not used: an entry is of two accounts")
                }
                None => format!(
                    "{name} looks like a running balance and is not used: fewer than half of the accounts chain"
                ),
            }
        };
        (0..table.columns.len()).filter(looks).map(said).collect()
    }

    pub(super) fn say_running(&self) -> Option<String> {
        let (table, chain) = (self.entries_table(), self.plan.chain.as_ref()?);
        if chain.of == 0 {
            return Some("A guess by the name.".to_owned());
        }
        let name = |c: usize| comment(&table.columns[c].name);
        let mut text =
            format!("{}: {} of {} chain", name(chain.after?), chain.agree, crate::text::counted(chain.of, "account"));
        for (column, count) in chain.others.iter().take(3) {
            let _ = write!(text, "; {}: {count} of {}", name(*column), chain.of);
        }
        Some(text + ".")
    }

    /// What tells the units apart, where they are the keys of another table, in a sentence.
    fn unit_of_ids(&self) -> Option<String> {
        let UnitOf::Entries(column) = self.unit() else { return None };
        let (table, column) = (self.entries_table(), &self.entries_table().columns[column]);
        let to = column.refers_to.as_ref().filter(|to| !column.is_text() || to.column == "id")?;
        Some(format!(
            "the units are those of {}.{}, which are keys of {}; join it in both queries for their names",
            table.name, column.name, to.table
        ))
    }
}
