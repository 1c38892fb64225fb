//! The text of a ledger's two queries, with the figure beside each guess.

use std::fmt::Write as _;

use super::catalogue::{Catalogue, Column, MILLISECONDS, Table, comment, plain};
use super::exact::exact;
use super::ledger::Plan;
use super::names;
use super::places::Account;
use super::sample::Sample;
use super::solve::Units;
use super::trial::{Rule, Term, numbers};

/// A table of the account itself, beside that of its balances.
#[derive(Debug)]
pub(super) struct Holder {
    pub table: usize,
    pub key: usize,
    pub rows: Sample,
}

/// A ledger's queries.
#[derive(Debug)]
pub(super) struct Text {
    pub entries: String,
    pub balances: Option<String>,
    pub tables: Vec<String>,
}

/// Writes the queries of a plan.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub catalogue: &'a Catalogue,
    pub plan: &'a Plan,
    pub holder: Option<Holder>,
    /// In double entry, the accounts that are below zero: some account always is.
    pub counterparts: Vec<String>,
}

/// The unit where no column names one.
pub(super) const NO_UNIT: &str = "'UNIT'::text";

/// The place of the unit of an account.
pub(super) enum UnitOf {
    Entries(usize),
    Balances(usize),
    Holder(usize),
    Nowhere,
}

impl<'a> Writer<'a> {
    pub(super) fn entries_table(&self) -> &'a Table {
        &self.catalogue.tables[self.plan.place.table]
    }

    pub(super) fn balances_table(&self) -> Option<&'a Table> {
        self.plan.guess.as_ref().map(|g| &self.catalogue.tables[g.join.table])
    }

    pub(super) fn holder_table(&self) -> Option<&'a Table> {
        self.holder.as_ref().map(|h| &self.catalogue.tables[h.table])
    }

    pub(super) fn unit(&self) -> UnitOf {
        match &self.plan.units {
            Units::Both(column, _) | Units::Columns(column, _) => UnitOf::Entries(*column),
            Units::One => {
                let balances = self.balances_table().and_then(Table::unit);
                let holder = self.holder_table().and_then(Table::unit);
                match (balances, holder, self.plan.guess.is_none().then(|| self.entries_table().unit()).flatten()) {
                    (.., Some(entries)) => UnitOf::Entries(entries),
                    (Some(column), ..) => UnitOf::Balances(column),
                    (_, Some(column), _) => UnitOf::Holder(column),
                    _ => UnitOf::Nowhere,
                }
            }
        }
    }

    fn amount(&self, column: usize) -> String {
        let c = &self.entries_table().columns[column];
        match c.is_float() {
            true => {
                let digits = numbers(self.entries_table(), &self.plan.sample, column).1.unwrap_or(2);
                format!("round(e.{}::numeric, {digits})", c.quoted())
            }
            false => format!("e.{}", c.quoted()),
        }
    }

    fn delta(&self, gives: bool) -> String {
        match &self.plan.rule {
            Rule::Signed { amount, negated } if *negated != gives => format!("-{}", self.amount(*amount)),
            Rule::Signed { amount, .. } => self.amount(*amount),
            Rule::Sides { plus, minus } => {
                format!("coalesce({}, 0) - coalesce({}, 0)", self.amount(*plus), self.amount(*minus))
            }
            Rule::ByKind { amount, kind, signs } => {
                let column = &self.entries_table().columns[*kind];
                let mut text = format!("CASE e.{}", column.quoted());
                for (word, sign) in signs {
                    let value = match sign {
                        1 => self.amount(*amount),
                        -1 => format!("-{}", self.amount(*amount)),
                        _ => "0".to_owned(),
                    };
                    let _ = write!(text, " WHEN {} THEN {value}", column.literal(word));
                }
                text + " END"
            }
        }
    }

    fn filter(&self) -> String {
        let table = self.entries_table();
        let term = |term: &Term| {
            let column = &table.columns[term.column()];
            let it = format!("e.{}", column.quoted());
            match term {
                Term::Is(_, true) => it,
                Term::Is(_, false) => format!("NOT {it}"),
                Term::Null(_, true) => format!("{it} IS NULL"),
                Term::Null(_, false) => format!("{it} IS NOT NULL"),
                Term::Among(_, words) => {
                    let words: Vec<String> = words.iter().map(|w| column.literal(w)).collect();
                    format!("{it} IN ({})", words.join(", "))
                }
            }
        };
        let mut text = String::new();
        for (n, t) in self.plan.filter.iter().enumerate() {
            if self.plan.untold.contains(t) {
                text.push_str(
                    "-- No row of the sample is left out by the next line; that it should is a guess by the name.\n",
                );
            }
            let _ = writeln!(text, "{} {}", if n == 0 { "WHERE" } else { "  AND" }, term(t));
        }
        text
    }

    pub(super) fn milliseconds(table: &Table, sample: &Sample, column: usize) -> bool {
        let limit = MILLISECONDS * 1_000_000_000_000;
        !table.columns[column].is_time()
            && sample.rows.iter().any(|r| r[column].as_deref().and_then(exact).is_some_and(|n| n > limit))
    }

    fn time(&self, table: &Table, sample: &Sample, column: usize, alias: &str) -> String {
        table.columns[column].as_time(alias, &self.catalogue.zone, Self::milliseconds(table, sample, column))
    }

    /// The column that says what an entry is, without NULLs.
    fn kind(&self) -> String {
        let table = self.entries_table();
        let has_id = |c: &Column| {
            let words = names::words(&c.name);
            let stem = &words[..words.len() - 1];
            !stem.is_empty()
                && table.columns.iter().any(|o| {
                    let other = names::words(&o.name);
                    other.last().is_some_and(|w| w == "id") && other[..other.len() - 1] == *stem
                })
        };
        let whole = |i: usize| self.plan.sample.rows.iter().all(|r| r[i].is_some());
        let of_rule = match &self.plan.rule {
            Rule::ByKind { kind, .. } => Some(*kind),
            _ => None,
        };
        let named = |any: &[&str]| {
            (0..table.columns.len()).find(|&i| {
                let c = &table.columns[i];
                c.is_text()
                    && c.says(any)
                    && c.refers_to.is_none()
                    && !c.key
                    && !has_id(c)
                    && whole(i)
                    && !super::catalogue::is_unit(c)
            })
        };
        let found = of_rule
            .or_else(|| named(&["kind", "type"]))
            .or_else(|| named(&["reason", "category", "operation", "action"]));
        found.map_or("'entry'".to_owned(), |i| {
            let c = &table.columns[i];
            if c.category == "S" { format!("e.{}", c.quoted()) } else { format!("e.{}::text", c.quoted()) }
        })
    }

    /// The columns that may name what an entry belongs to.
    pub fn references(&self) -> Vec<usize> {
        let table = self.entries_table();
        let may = |i: &usize| {
            let c = &table.columns[*i];
            !self.plan.place.account.uses(*i)
                && table.key() != Some(*i)
                && c.family().is_some()
                && c.says(&[
                    "ref",
                    "reference",
                    "transfer",
                    "transaction",
                    "tx",
                    "txn",
                    "journal",
                    "payment",
                    "group",
                    "batch",
                    "source",
                    "order",
                ])
                && (c.says(&["id", "ref", "reference", "uuid", "key", "code"])
                    || c.refers_to.is_some()
                    || c.says(&["tx", "txn"]))
                && !c.says(&["type"])
        };
        (0..table.columns.len()).filter(may).collect()
    }

    fn key(&self, table: &Table, side: &str) -> String {
        let key = match table.key() {
            Some(key) => format!("e.{}", table.columns[key].quoted()),
            None => {
                let keys: Vec<String> =
                    table.columns.iter().filter(|c| c.key).map(|c| format!("e.{}::text", c.quoted())).collect();
                if keys.is_empty() { "e.tableoid::text || e.ctid::text".to_owned() } else { keys.join(" || '/' || ") }
            }
        };
        if side.is_empty() { key } else { format!("({key})::text || '/{side}'") }
    }

    fn account(&self, gives: bool) -> String {
        let table = self.entries_table();
        let name = |c: usize| format!("e.{}", table.columns[c].quoted());
        match &self.plan.place.account {
            Account::One(column) => name(*column),
            Account::Mixed(kind, key) => format!("{}::text || '/' || {}::text", name(*kind), name(*key)),
            Account::Pair(from, to) => name(if gives { *from } else { *to }),
        }
    }

    /// The queries; `reference` is the column of `ref`.
    pub fn text(&self, reference: Option<usize>) -> Text {
        let (plan, table) = (self.plan, self.entries_table());
        let unit = self.unit();
        let mut reads = vec![table.name.clone()];
        let unit_text = |column: &Column, alias: &str| {
            let bare = matches!(column.base.as_str(), "text" | "varchar" | "bpchar");
            if bare { format!("{alias}.{}", column.quoted()) } else { format!("{alias}.{}::text", column.quoted()) }
        };
        let gone = |other: &Table, alias: &str, key: usize, gives: bool| {
            let (name, key) = (plain(&other.name), other.columns[key].quoted());
            format!(
                "-- A row whose account is gone has to show too.\nLEFT JOIN {name} {alias} ON {alias}.{key} = {}\n",
                self.account(gives)
            )
        };
        let unit_and_join = |gives: bool| match unit {
            UnitOf::Entries(column) => (unit_text(&table.columns[column], "e"), String::new()),
            UnitOf::Balances(column) => match self.balances_table().zip(plan.guess.as_ref()) {
                Some((other, guess)) => {
                    (unit_text(&other.columns[column], "b"), gone(other, "b", guess.join.account, gives))
                }
                None => (NO_UNIT.to_owned(), String::new()),
            },
            UnitOf::Holder(column) => match self.holder_table().zip(self.holder.as_ref()) {
                Some((other, at)) => (unit_text(&other.columns[column], "a"), gone(other, "a", at.key, gives)),
                None => (NO_UNIT.to_owned(), String::new()),
            },
            UnitOf::Nowhere => (NO_UNIT.to_owned(), String::new()),
        };
        match unit {
            UnitOf::Balances(_) => reads.extend(self.balances_table().map(|t| t.name.clone())),
            UnitOf::Holder(_) => reads.extend(self.holder_table().map(|t| t.name.clone())),
            UnitOf::Entries(_) | UnitOf::Nowhere => {}
        }
        let at = plan.chain.as_ref().map(|c| c.at).or_else(|| table.time());
        let at = at.map_or("NULL::timestamptz".to_owned(), |c| self.time(table, &plan.sample, c, "e"));
        let number = |c: usize| self.amount(c);
        let running = plan.chain.as_ref().and_then(|c| c.after).map_or("NULL::numeric".to_owned(), number);
        let before = plan.chain.as_ref().and_then(|c| c.before).map(number);
        let seq =
            plan.chain.as_ref().and_then(|c| c.seq).or_else(|| table.key().filter(|k| table.columns[*k].is_integer()));
        let seq = seq.map_or("NULL::bigint".to_owned(), |c| format!("e.{}", table.columns[c].quoted()));
        let reference = reference.map_or("NULL::text".to_owned(), |c| format!("e.{}", table.columns[c].quoted()));
        let mut body = String::new();
        let pair = matches!(plan.place.account, Account::Pair(..));
        let sides: &[(bool, &str)] = if pair { &[(true, "from"), (false, "to")] } else { &[(false, "")] };
        for (n, (gives, side)) in sides.iter().enumerate() {
            let (unit, join) = unit_and_join(*gives);
            if n > 0 {
                body.push_str("UNION ALL\n");
            }
            let said = |text: &str| if n > 0 { String::new() } else { format!("       -- {text}\n") };
            let _ = write!(
                body,
                "SELECT {} AS entry_id,\n       {} AS account,\n{}       {unit} AS unit,\n",
                self.key(table, side),
                self.account(*gives),
                if matches!(self.unit(), UnitOf::Nowhere) {
                    said("No column names the unit. Give it its name here and in balances.sql.")
                } else {
                    String::new()
                }
            );
            let _ = writeln!(body, "{}       {} AS delta,", said(&comment(&self.say_delta())), self.delta(*gives));
            if let Some(text) = self.say_running() {
                body.push_str(&said(&text));
            }
            let _ = writeln!(body, "       {running} AS running,");
            if let Some(before) = &before {
                let _ = writeln!(body, "       {before} AS running_before,");
            }
            let _ = write!(
                body,
                "       {at} AS at,\n       {seq} AS seq,\n       NULL::xid8 AS arrival,\n       {} AS kind,\n       {reference} AS ref\nFROM {} e\n{join}{}",
                self.kind(),
                plain(&table.name),
                self.filter()
            );
        }
        let head = match table.key() {
            None if !table.columns.iter().any(|c| c.key) => {
                "-- The table has no primary key: the place of a row names it, until the row is written anew.\n"
            }
            _ => "",
        };
        let entries = format!("-- reads: {}\n-- One row per entry.\n{head}{body}", comment(&reads.join(", ")));
        let mut tables = reads;
        let balances = self.balances(&mut tables);
        Text { entries, balances, tables }
    }

    fn say_delta(&self) -> String {
        let how = match (&self.plan.rule, &self.plan.place.account) {
            (_, Account::Pair(..)) => "The first side gives, the second receives",
            (Rule::Signed { negated: false, .. }, _) => "The amount is signed",
            (Rule::Signed { .. }, _) => "The amount has the other sign",
            (Rule::Sides { .. }, _) => "One column raises the balance, the other lowers it",
            (Rule::ByKind { .. }, _) => "The kind decides the sign; a kind that is not listed is reported by the audit",
        };
        format!("{how}: {}.", self.figure())
    }

    /// The number of accounts that agree, in words.
    pub fn figure(&self) -> String {
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
    pub fn unused_running(&self) -> Vec<String> {
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
                None if matches!(plan.place.account, Account::Pair(..)) => {
                    format!("{name} looks like a running balance and is not used: an entry is of two accounts")
                }
                None => format!(
                    "{name} looks like a running balance and is not used: fewer than half of the accounts chain"
                ),
            }
        };
        (0..table.columns.len()).filter(looks).map(said).collect()
    }

    fn say_running(&self) -> Option<String> {
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
}
