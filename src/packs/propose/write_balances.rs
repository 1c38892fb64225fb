//! The text of a ledger's balances, with what an account's floor and opening are.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::catalogue::{Table, comment, plain};
use super::guess::{Guess, Units};
use super::places::Join;
use super::sample::scoped_sql;
use super::trial::numbers;
use super::write::{NO_UNIT, UnitOf, Writer};

impl Writer<'_> {
    /// The query; none for a ledger without balances of its own. Adds the tables that it reads.
    pub fn balances(&self, tables: &mut Vec<String>) -> Option<String> {
        let (table, guess) = (self.balances_table()?, self.plan.guess.as_ref()?);
        let key = table.columns[guess.join.account].quoted();
        let account = self.account_of_balance(table, &guess.join);
        let mut reads = vec![table.name.clone()];
        let (unit, lateral) = self.unit_of_balance(table);
        let mut join = String::new();
        let (opened, why, uses_holder) = self.opened();
        if (uses_holder || unit.starts_with("a."))
            && let Some((holder, at)) = self.holder_table().zip(self.holder.as_ref())
        {
            reads.push(holder.name.clone());
            join = format!("LEFT JOIN {} a ON a.{} = b.{key}\n", plain(&holder.name), holder.columns[at.key].quoted());
        }
        let balance = match &lateral {
            Some(_) => "u.balance".to_owned(),
            None => self.balance_text()?,
        };
        let said = self.say_balance(table, guess);
        let opening = self.opening().map_or(String::new(), |opening| {
            format!(
                "       -- The account had it before its first entry.\n       {} AS opening,\n",
                self.balance(opening)
            )
        });
        let floor = self.floor().map_or(String::new(), |floor| {
            format!("       -- Some accounts may be negative.\n       {floor} AS floor,\n")
        });
        let (mut filter, mut left_out) = (String::new(), String::new());
        if let Some((ours, theirs)) = self.ledger_columns().filter(|_| !self.silent.is_empty()) {
            let entries = self.entries_table();
            reads.push(entries.name.clone());
            let (name, ours, theirs) = (plain(&entries.name), ours.quoted(), theirs.quoted());
            filter = format!("WHERE EXISTS (SELECT FROM {name} e WHERE e.{ours} = b.{theirs})\n");
            left_out = format!("-- {}.\n", comment(&self.say_silent().unwrap_or_default()));
        }
        for read in &reads {
            if !tables.contains(read) {
                tables.push(read.clone());
            }
        }
        Some(format!(
            "-- reads: {}\n-- One row per account and unit: the balance that the application shows and spends from.\n{left_out}SELECT {account} AS account,\n       {unit} AS unit,\n{said}       {balance} AS balance,\n{opening}{floor}{why}       {opened} AS opened_at{}\nFROM {} b\n{}{join}{filter}",
            comment(&reads.join(", ")),
            self.tenant("b", table),
            plain(&table.name),
            lateral.unwrap_or_default(),
        ))
    }

    /// The unit of a balance in SQL, and the join that has a row for each unit where each has a column of its own.
    fn unit_of_balance(&self, table: &Table) -> (String, Option<String>) {
        let theirs = |column: usize| table.columns[column].as_unit("b");
        let unit = match (&self.plan.units, self.unit()) {
            (Units::Both(_, column), _) => theirs(*column),
            (Units::One, UnitOf::Balances(column)) => theirs(column),
            (Units::Columns(_, pairs), _) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(word, column)| format!("({}, {})", crate::db::quote_literal(word), self.balance(*column)))
                    .collect();
                let lateral = format!("CROSS JOIN LATERAL (VALUES {}) u (unit, balance)\n", pairs.join(", "));
                return ("u.unit".to_owned(), Some(lateral));
            }
            (Units::One, UnitOf::Holder(column)) => match self.holder_table() {
                Some(holder) => {
                    let c = &holder.columns[column];
                    if c.category == "S" { format!("a.{}", c.quoted()) } else { format!("a.{}::text", c.quoted()) }
                }
                None => NO_UNIT.to_owned(),
            },
            _ => NO_UNIT.to_owned(),
        };
        (unit, None)
    }

    /// The remarks above a balance.
    fn say_balance(&self, table: &Table, guess: &Guess) -> String {
        let mut said = format!("       -- {}.\n", comment(&self.figure()));
        if let Some((by, words)) = &guess.turned {
            let (by, words) = (comment(&table.columns[*by].name), comment(&words.join(", ")));
            let _ = writeln!(
                said,
                "       -- The balances whose {by} is {words} count the other way round, so that both sides sum to 0."
            );
        }
        if !self.plan.ties.is_empty() {
            let _ = writeln!(said, "       -- As many agree with {}.", comment(&self.plan.ties.join(", and with ")));
        }
        said
    }

    /// The balance of an account, in SQL.
    pub fn balance_text(&self) -> Option<String> {
        let guess = self.plan.guess.as_ref()?;
        let balance = self.balance(guess.balance);
        let minus = guess.minus.filter(|_| self.opening().is_none());
        Some(minus.map_or_else(|| balance.clone(), |minus| format!("{balance} - {}", self.balance(minus))))
    }

    /// The column of what an account had before its first entry.
    pub fn opening(&self) -> Option<usize> {
        self.plan.guess.as_ref()?.opening(self.balances_table()?)
    }

    fn balance(&self, column: usize) -> String {
        let Some(table) = self.balances_table() else { return "NULL::numeric".to_owned() };
        let (c, guess) = (&table.columns[column], self.plan.guess.as_ref());
        let value = match c.is_float() {
            true => {
                format!("round(b.{}::numeric, {})", c.quoted(), numbers(table, &self.plan.own, column).1.unwrap_or(2))
            }
            false if guess.is_some_and(|g| g.shift < 0) => format!("(b.{} / 100.0)", c.quoted()),
            false => format!("b.{}", c.quoted()),
        };
        match guess.and_then(|g| g.turned.as_ref()) {
            Some((by, words)) => {
                let by = &table.columns[*by];
                let words: Vec<String> = words.iter().map(|w| by.literal(w)).collect();
                format!("CASE WHEN b.{} IN ({}) THEN -{value} ELSE {value} END", by.quoted(), words.join(", "))
            }
            None => value,
        }
    }

    fn account_of_balance(&self, table: &Table, join: &Join) -> String {
        let key = table.columns[join.account].quoted();
        match join.kind {
            Some(scope) if join.scoped => scoped_sql(table, "b", join.account, scope),
            Some(kind) => format!("b.{}::text || '/' || b.{key}::text", table.columns[kind].quoted()),
            None => format!("b.{key}"),
        }
    }

    /// The rows of the sample with a balance below zero.
    fn below(&self) -> Vec<usize> {
        let Some(guess) = &self.plan.guess else { return Vec::new() };
        let columns: Vec<usize> = match &self.plan.units {
            Units::Columns(_, pairs) => pairs.iter().map(|(_, c)| *c).collect(),
            _ => vec![guess.balance],
        };
        let own = &self.plan.own;
        let turns = |row: usize| {
            guess
                .turned
                .as_ref()
                .is_some_and(|(by, words)| own.text(row, *by).is_some_and(|w| words.iter().any(|t| t == w)))
        };
        let is_below = |row: usize, n: i128| if turns(row) { n > 0 } else { n < 0 };
        let balance = |row: usize, c: usize| match guess.minus.filter(|_| self.opening().is_none()) {
            Some(minus) => own.number(row, c)?.checked_sub(own.number(row, minus)?),
            None => own.number(row, c),
        };
        (0..own.rows.len())
            .filter(|&row| columns.iter().any(|&c| balance(row, c).is_some_and(|n| is_below(row, n))))
            .collect()
    }

    /// The few balances of the sample that are below zero although none may be, in a sentence.
    pub fn few_below(&self) -> Option<String> {
        let (listed, floor) = (self.listed_floor(), self.floor());
        if listed.is_some() && listed == floor {
            return Some(format!(
                "ledger/balances.sql lets these accounts be below 0, as in double entry some are: {}. Correct the list",
                self.counterparts.join(", ")
            ));
        }
        let (below, of) = (self.below().len(), self.plan.own.rows.len());
        let are = if below == 1 { "is" } else { "are" };
        (below > 0 && floor.is_none()).then(|| {
            format!("{below} of {} {are} below 0. The audit reports that; where it may be, write a floor in ledger/balances.sql", crate::text::counted(of, "account"))
        })
    }

    /// The floor of the balances in double entry, where a list can name the accounts below zero: no other may be.
    fn listed_floor(&self) -> Option<String> {
        let (table, guess) = (self.balances_table()?, self.plan.guess.as_ref()?);
        let names: Vec<String> = self.counterparts.iter().map(|name| crate::db::quote_literal(name)).collect();
        let account = self.account_of_balance(table, &guess.join);
        (!names.is_empty())
            .then(|| format!("CASE WHEN ({account})::text IN ({}) THEN NULL ELSE 0 END", names.join(", ")))
    }

    /// The floor of the balances, where more than a tenth of the sample are below zero, or a column says which may be.
    fn floor(&self) -> Option<String> {
        let table = self.balances_table()?;
        let (own, below) = (&self.plan.own, self.below());
        let switch = table.columns.iter().position(|c| c.base == "bool" && c.says(&["negative", "overdraft"]));
        match switch.filter(|&c| below.iter().all(|&row| own.text(row, c) == Some("true"))) {
            Some(c) => Some(format!("CASE WHEN b.{} THEN NULL ELSE 0 END", table.columns[c].quoted())),
            None if self.listed_floor().is_some() => self.listed_floor(),
            // A few of many are more likely an error than a rule.
            None if 10 * below.len() <= own.rows.len() => None,
            None => Some("NULL::numeric".to_owned()),
        }
    }

    /// The time at which an account was opened, unless its entries are older; a comment; and whether the holder's table says it.
    fn opened(&self) -> (String, String, bool) {
        let Some((table, guess)) = self.balances_table().zip(self.plan.guess.as_ref()) else {
            return (String::new(), String::new(), false);
        };
        let created = |t: &Table| {
            t.times().into_iter().find(|&i| t.columns[i].says(&["created", "opened", "inserted", "registered"]))
        };
        let holder = self.holder_table().zip(self.holder.as_ref());
        let found = match (created(table), holder.and_then(|(t, h)| Some((t, h, created(t)?)))) {
            (Some(column), _) => Some((table, &self.plan.own, guess.join.account, column, "b")),
            (None, Some((t, h, column))) => Some((t, &h.rows, h.key, column, "a")),
            _ => None,
        };
        // Where the time of the first entry is not known, that of the account says nothing.
        let Some((of, rows, key, column, alias)) = found.filter(|_| self.plan.head.is_none()) else {
            return ("NULL::timestamptz".to_owned(), String::new(), false);
        };
        let milliseconds = Self::milliseconds(of, rows, column);
        let at = self.plan.chain.as_ref().map(|c| c.at).or_else(|| self.entries_table().time());
        let mut first: HashMap<String, i128> = HashMap::new();
        for entry in 0..self.plan.sample.rows.len() {
            let account = self.plan.sample.account(entry, &self.plan.place.account);
            if let Some((account, at)) = account.zip(at.and_then(|at| self.plan.sample.number(entry, at))) {
                first.entry(account).and_modify(|first| *first = at.min(*first)).or_insert(at);
            }
        }
        let (mut early, mut all) = (0, 0);
        for row in 0..rows.rows.len() {
            let name = if alias == "b" { rows.owner(row, &guess.join) } else { rows.text(row, key).map(str::to_owned) };
            let (Some(name), Some(opened)) = (name, rows.number(row, column)) else { continue };
            let first = first.get(&name);
            all += usize::from(first.is_some());
            early += usize::from(first.is_some_and(|first| *first < opened));
        }
        if 10 * early > all {
            let why = format!(
                "       -- {}: {early} of {all} accounts have entries before it, so it is left out.\n",
                comment(&of.columns[column].name)
            );
            return ("NULL::timestamptz".to_owned(), why, false);
        }
        (of.columns[column].as_time(alias, &self.catalogue.zone, milliseconds), String::new(), alias == "a")
    }
}
