//! The text of a ledger's two queries, with the figure beside each guess.

use std::fmt::Write as _;

use super::catalogue::{Catalogue, Column, MILLISECONDS, Table, comment, plain};
use super::exact::{ONE, exact};
use super::guess::Units;
use super::names;
use super::places::Account;
use super::plan::Plan;
use super::sample::{Sample, scoped_sql};
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
    /// The ledgers of the same tables that have balances and not one entry: they keep none.
    pub silent: Vec<String>,
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
            false if c.is_integer() && self.plan.guess.as_ref().is_some_and(|g| g.shift > 0) => {
                format!("(e.{} / 100.0)", c.quoted())
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

    /// The condition of the rows that count, and, of a transfer, of those that have this side.
    fn filter(&self, gives: bool) -> String {
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
        let side = match &self.plan.place.account {
            Account::Pair(from, to) => Some(Term::Null(if gives { *from } else { *to }, false)),
            _ => None,
        };
        let side = side.filter(|side| table.columns[side.column()].nullable && !self.plan.filter.contains(side));
        for (n, t) in self.plan.filter.iter().chain(&side).enumerate() {
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
        let limit = MILLISECONDS * ONE;
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
            .or_else(|| named(&["reason", "category", "operation", "action"]))
            .or_else(|| named(&["code"]));
        found.map_or("'entry'".to_owned(), |i| {
            let c = &table.columns[i];
            if c.category == "S" { format!("e.{}", c.quoted()) } else { format!("e.{}::text", c.quoted()) }
        })
    }

    /// Candidates for `ref`, in SQL. Those that tell two ledgers with the same numbers apart come first.
    pub fn references(&self) -> Vec<String> {
        let table = self.entries_table();
        let column = |c: usize| format!("e.{}", table.columns[c].quoted());
        let columns = self.reference_columns();
        let within = match self.plan.place.account {
            Account::Mixed(kind, _) => {
                columns.iter().map(|c| format!("{}::text || '/' || {}::text", column(kind), column(*c))).collect()
            }
            _ => Vec::new(),
        };
        let partner = self.partner().map(|(key, partner)| format!("least({}, {})", column(key), column(partner)));
        within.into_iter().chain(columns.into_iter().map(column)).chain(partner).collect()
    }

    /// The key and the column that names the other entry of a transfer by it.
    fn partner(&self) -> Option<(usize, usize)> {
        const OTHER: &[&str] = &[
            "partner",
            "counterpart",
            "counter",
            "contra",
            "opposite",
            "pair",
            "paired",
            "mirror",
            "sibling",
            "linked",
        ];
        let table = self.entries_table();
        let key = table.key()?;
        let of = |c: &Column| c.base == table.columns[key].base && c.says(&["id"]) && c.says(OTHER);
        Some((key, (0..table.columns.len()).find(|&i| i != key && of(&table.columns[i]))?))
    }

    /// The column of `ref` where nothing shows which it is.
    pub fn reference(&self) -> Option<String> {
        let table = self.entries_table();
        self.reference_columns().first().map(|c| format!("e.{}", table.columns[*c].quoted()))
    }

    /// The columns that may name what an entry belongs to.
    fn reference_columns(&self) -> Vec<usize> {
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

    /// The columns of the entries and of the balances that tell several ledgers of the same tables apart.
    pub fn ledger_columns(&self) -> Option<(&'a Column, &'a Column)> {
        let Account::Mixed(ours, _) = self.plan.place.account else { return None };
        let ours = &self.entries_table().columns[ours];
        let theirs = self.plan.guess.as_ref()?.join.kind?;
        // A tenant or a type of holder that has none would be hidden.
        (!ours.says(names::TENANT) && !ours.says(&["type"])).then_some((ours, &self.balances_table()?.columns[theirs]))
    }

    fn account(&self, gives: bool) -> String {
        let table = self.entries_table();
        let name = |c: usize| format!("e.{}", table.columns[c].quoted());
        match &self.plan.place.account {
            Account::One(column) => name(*column),
            Account::Mixed(kind, key) => format!("{}::text || '/' || {}::text", name(*kind), name(*key)),
            Account::Scoped(account, scope) => scoped_sql(table, "e", *account, *scope),
            Account::Pair(from, to) => name(if gives { *from } else { *to }),
        }
    }

    /// The column of the organisation that an account belongs to, as the end of a list.
    pub(super) fn tenant(&self, alias: &str, table: &Table) -> String {
        let column = match (&self.plan.place.account, self.plan.guess.as_ref().and_then(|g| g.join.kind)) {
            (Account::Mixed(ours, _), Some(theirs)) => {
                if alias == "e" {
                    *ours
                } else {
                    theirs
                }
            }
            _ => return String::new(),
        };
        let column = &table.columns[column];
        if column.says(names::TENANT) {
            format!(",\n       {alias}.{} AS tenant", column.quoted())
        } else {
            String::new()
        }
    }

    /// The queries; `reference` is what `ref` is, in SQL.
    pub fn text(&self, reference: Option<&str>) -> Text {
        let table = self.entries_table();
        let mut reads = vec![table.name.clone()];
        match self.unit() {
            UnitOf::Balances(_) => reads.extend(self.balances_table().map(|t| t.name.clone())),
            UnitOf::Holder(_) => reads.extend(self.holder_table().map(|t| t.name.clone())),
            UnitOf::Entries(_) | UnitOf::Nowhere => {}
        }
        let (at, of_head) = self.time_of_entry(&mut reads);
        let sides: &[(bool, &str)] =
            if self.plan.place.account.is_pair() { &[(true, "from"), (false, "to")] } else { &[(false, "")] };
        let body: Vec<String> =
            sides.iter().map(|side| self.side(*side, reference.unwrap_or("NULL::text"), &at, &of_head)).collect();
        let head = match table.key() {
            None if !table.columns.iter().any(|c| c.key) => {
                "-- The table has no primary key: the place of a row names it, until the row is written anew.\n"
            }
            _ => "",
        };
        let entries = format!(
            "-- reads: {}\n-- One row per entry.\n{head}{}",
            comment(&reads.join(", ")),
            body.join("UNION ALL\n")
        );
        let mut tables = reads;
        let balances = self.balances(&mut tables);
        Text { entries, balances, tables }
    }

    /// The SELECT of the entries of one side: of a transfer, that of the account that gives or of the one that receives.
    fn side(&self, (gives, side): (bool, &str), reference: &str, at: &str, of_head: &str) -> String {
        let (plan, table) = (self.plan, self.entries_table());
        let (unit, join) = self.unit_and_join(gives);
        // The remarks stand once, on the first side.
        let said = |text: &str| if side == "to" { String::new() } else { format!("       -- {text}\n") };
        let no_unit = match self.unit() {
            UnitOf::Nowhere => said("No column names the unit. Give it its name here and in balances.sql."),
            _ => String::new(),
        };
        let number = |column: usize| self.amount(column);
        let chain = plan.chain.as_ref();
        let running = chain.and_then(|c| c.after).map_or("NULL::numeric".to_owned(), number);
        let before = chain.and_then(|c| c.before).map(number);
        let before = before.map(|before| format!("       {before} AS running_before,\n")).unwrap_or_default();
        let seq = chain.and_then(|c| c.seq).or_else(|| table.key().filter(|k| table.columns[*k].is_integer()));
        let seq = seq.map_or("NULL::bigint".to_owned(), |c| format!("e.{}", table.columns[c].quoted()));
        format!(
            "SELECT {} AS entry_id,\n       {} AS account,\n{no_unit}       {unit} AS unit,\n{}       {} AS delta,\n{}       \
             {running} AS running,\n{before}       {at} AS at,\n       {seq} AS seq,\n       NULL::xid8 AS arrival,\n       \
             {} AS kind,\n       {reference} AS ref{}\nFROM {} e\n{of_head}{join}{}",
            self.key(table, side),
            self.account(gives),
            said(&comment(&self.say_delta())),
            self.delta(gives),
            self.say_running().map(|text| said(&text)).unwrap_or_default(),
            self.kind(),
            self.tenant("e", table),
            plain(&table.name),
            self.filter(gives)
        )
    }

    /// The unit of an entry, and the join that it needs.
    fn unit_and_join(&self, gives: bool) -> (String, String) {
        let joined = match self.unit() {
            UnitOf::Entries(column) => return (self.entries_table().columns[column].as_unit("e"), String::new()),
            UnitOf::Balances(column) => self
                .balances_table()
                .zip(self.plan.guess.as_ref())
                .map(|(other, guess)| (other, column, "b", guess.join.account)),
            UnitOf::Holder(column) => {
                self.holder_table().zip(self.holder.as_ref()).map(|(other, at)| (other, column, "a", at.key))
            }
            UnitOf::Nowhere => None,
        };
        match joined {
            Some((other, column, alias, key)) => {
                (other.columns[column].as_unit(alias), self.join_of(other, alias, key, gives))
            }
            None => (NO_UNIT.to_owned(), String::new()),
        }
    }

    /// The join of an entry with a row of its account.
    fn join_of(&self, other: &Table, alias: &str, key: usize, gives: bool) -> String {
        let (plan, table) = (self.plan, self.entries_table());
        let ours = |column: usize| table.columns[column].quoted();
        let (name, key) = (plain(&other.name), other.columns[key].quoted());
        let same = match (&plan.place.account, plan.guess.as_ref().and_then(|g| g.join.kind)) {
            (Account::Mixed(kind, account), Some(theirs)) => {
                let theirs = other.columns[theirs].quoted();
                format!("{alias}.{theirs} = e.{} AND {alias}.{key} = e.{}", ours(*kind), ours(*account))
            }
            (Account::Scoped(account, scope), Some(theirs)) => {
                let theirs = other.columns[theirs].quoted();
                format!(
                    "{alias}.{key} = e.{} AND {alias}.{theirs} IS NOT DISTINCT FROM e.{}",
                    ours(*account),
                    ours(*scope)
                )
            }
            _ => format!("{alias}.{key} = {}", self.account(gives)),
        };
        format!("-- A row whose account is gone has to show too.\nLEFT JOIN {name} {alias} ON {same}\n")
    }

    /// The time of an entry, and the join with the table that has it where the entries have none.
    fn time_of_entry(&self, reads: &mut Vec<String>) -> (String, String) {
        let (plan, table) = (self.plan, self.entries_table());
        let at = plan.chain.as_ref().map(|c| c.at).or_else(|| table.time());
        match (at, &plan.head) {
            (Some(at), _) => (self.time(table, &plan.sample, at, "e"), String::new()),
            (None, Some(head)) => {
                let other = &self.catalogue.tables[head.table];
                reads.push(other.name.clone());
                let (key, from) = (other.columns[head.key].quoted(), table.columns[head.from].quoted());
                (
                    self.time(other, &Sample::default(), head.at, "h"),
                    format!("LEFT JOIN {} h ON h.{key} = e.{from}\n", plain(&other.name)),
                )
            }
            (None, None) => ("NULL::timestamptz".to_owned(), String::new()),
        }
    }
}
