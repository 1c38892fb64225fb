//! Candidates for a ledger: the tables of entries, the columns that name an account, and the tables that may cache its balance.

use super::catalogue::{Catalogue, Column, Reference, Table, is_unit};
use super::names::{self, likeness, singular, words};

/// The most tables of entries, account columns and tables of balances that are tried.
const TABLES: usize = 12;
const ACCOUNTS: usize = 4;
const NAMED_ACCOUNTS: usize = 12;
const JOINS: usize = 5;

/// The way in which an entry names its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// A column.
    One(usize),
    /// A column of the account's kind and one of its key.
    Mixed(usize, usize),
    /// Two columns, of which the second may be NULL: a name and its scope.
    Scoped(usize, usize),
    /// An entry moves from one account to another: both sides are entries of the ledger.
    Pair(usize, usize),
}

impl Account {
    /// The column that is compared with other tables.
    pub fn column(&self) -> usize {
        match self {
            Account::One(column)
            | Account::Mixed(_, column)
            | Account::Scoped(column, _)
            | Account::Pair(column, _) => *column,
        }
    }

    /// True for the account that gives and the one that receives.
    pub fn is_pair(&self) -> bool {
        matches!(self, Account::Pair(..))
    }

    pub fn uses(&self, column: usize) -> bool {
        match self {
            Account::One(one) => *one == column,
            Account::Mixed(a, b) | Account::Scoped(a, b) | Account::Pair(a, b) => *a == column || *b == column,
        }
    }
}

/// A table that may hold the balances of the same accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Join {
    /// The table, and its column of the account.
    pub table: usize,
    pub account: usize,
    /// The column beside it that an account of two columns has too.
    pub kind: Option<usize>,
    /// True if that column is a scope, which may be NULL.
    pub scoped: bool,
    /// The score by names and keys: more is better.
    pub strength: i32,
}

/// A table of entries with one way to name its accounts.
#[derive(Debug)]
pub(super) struct Place {
    pub table: usize,
    pub account: Account,
    pub joins: Vec<Join>,
    /// The score by names and keys: more is better.
    pub score: i32,
}

/// A table that entries belong to and that has their time, as a journal's.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub table: usize,
    /// Its key, and its time.
    pub key: usize,
    pub at: usize,
    /// The column of the entries that refers to it.
    pub from: usize,
}

/// The places to try, the likeliest first; of one table only where it is named.
pub(super) fn places(catalogue: &Catalogue, ledger: Option<usize>, balances: Option<usize>) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    for (table, entries) in catalogue.tables.iter().enumerate() {
        if ledger.is_some_and(|only| only != table) || !entries.columns.iter().any(Column::is_number) {
            continue;
        }
        let mut own: Vec<Place> = accounts(catalogue, table)
            .into_iter()
            .chain(named_accounts(catalogue, table, balances.filter(|_| ledger.is_some())))
            .map(|account| {
                let joins = joins(catalogue, table, &account, balances);
                let column = &entries.columns[account.column()];
                let owner = if column.says(names::OWNER) && !is_of_kind(column) { 3 } else { 0 };
                let best = joins.first().map_or(0, |j| j.strength);
                // Where the account alone does as well, it is the account.
                let pair = match account {
                    Account::Pair(..) => 2,
                    Account::Mixed(kind, _) => match &entries.columns[kind] {
                        kind if kind.says(names::TENANT) => -1,
                        kind if is_type_of(kind, column) => 0,
                        kind if kind.is_of_account() => -1,
                        _ => -2,
                    },
                    Account::Scoped(..) => -2,
                    _ => 0,
                };
                let score = likeness(&entries.name) + best + owner + pair + carries(entries);
                Place { table, account, joins, score }
            })
            .filter(|place| ledger.is_some() || !place.joins.is_empty() || carries(entries) > 0)
            .collect();
        own.sort_by_key(|place| -place.score);
        own.truncate(if ledger.is_some() { NAMED_ACCOUNTS } else { ACCOUNTS });
        all.extend(own);
    }
    all.sort_by_key(|place| -place.score);
    all.truncate(TABLES);
    all
}

/// True for a word of what an account is, as `wallet_type`: that tells its units apart.
fn is_of_kind(column: &Column) -> bool {
    column.is_text()
        && words(&column.name).last().is_some_and(|word| {
            ["type", "kind", "category"].contains(&word.as_str()) || names::UNIT.contains(&word.as_str())
        })
}

/// True for `x_type` beside `x_id`.
fn is_type_of(column: &Column, key: &Column) -> bool {
    let (own, of) = (words(&column.name), words(&key.name));
    column.is_text() && own.last().is_some_and(|w| w == "type") && own[..own.len() - 1] == of[..of.len() - 1]
}

/// More for a table whose rows seem to carry a balance.
fn carries(entries: &Table) -> i32 {
    let running = entries.columns.iter().any(|c| c.is_number() && c.says(names::RUNNING));
    if running && entries.time().is_some() { 2 } else { 0 }
}

const SIDES: &[(&str, &str)] = &[
    ("from", "to"),
    ("source", "destination"),
    ("source", "target"),
    ("origin", "destination"),
    ("src", "dst"),
    ("sender", "receiver"),
    ("sender", "recipient"),
    ("sender", "beneficiary"),
    ("payer", "payee"),
    ("debit", "credit"),
    ("dr", "cr"),
    ("debtor", "creditor"),
    ("debited", "credited"),
];

fn accounts(catalogue: &Catalogue, table: usize) -> Vec<Account> {
    let entries = &catalogue.tables[table];
    let mut all = Vec::new();
    // A column of the same name is in the key of another table with numbers.
    let is_shared = |column: &Column| {
        let own = words(&column.name);
        let others = catalogue
            .tables
            .iter()
            .enumerate()
            .filter(|(other, t)| *other != table && t.columns.iter().any(Column::is_number));
        own != ["id"]
            && others
                .flat_map(|(_, t)| &t.columns)
                .any(|c| c.key && c.family() == column.family() && words(&c.name) == own)
    };
    let may = |c: &Column| c.family().is_some() && !c.is_time() && (!c.is_number() || c.says(&["id"]) || is_shared(c));
    let tenant = entries.columns.iter().position(|c| c.says(names::TENANT) && c.family().is_some() && !c.is_number());
    let is_tenant = |column: usize| entries.columns[column].says(names::TENANT);
    for (i, column) in entries.columns.iter().enumerate().filter(|(_, c)| may(c)) {
        let own = words(&column.name);
        for (from, to) in SIDES {
            let other: Vec<String> = own.iter().map(|w| if w == from { (*to).to_owned() } else { w.clone() }).collect();
            let other = entries.columns.iter().position(|c| words(&c.name) == other && c.family() == column.family());
            if own.iter().any(|w| w == from)
                && let Some(other) = other
            {
                all.push(Account::Pair(i, other));
            }
        }
        let named =
            column.says(&["id", "key", "uuid", "guid", "ref"]) || column.says(names::OWNER) || is_shared(column);
        if column.refers_to.is_some() || (named && !(column.key && column.unique)) {
            // `x_type` beside `x_id`: the key alone does not name the account.
            let kind = entries.columns.iter().position(|c| is_type_of(c, column));
            match kind.filter(|_| own.last().is_some_and(|w| w == "id") && own.len() > 1) {
                Some(kind) => all.push(Account::Mixed(kind, i)),
                None => {
                    all.push(Account::One(i));
                    let tenant = tenant.filter(|tenant| *tenant != i);
                    all.extend(tenant.map(|tenant| Account::Mixed(tenant, i)));
                    all.extend(together(catalogue, table, i).filter(|other| match other {
                        // A tenant comes first, as above, and of two others the one that stands first.
                        Account::Mixed(kind, _) => {
                            Some(*kind) != tenant && (is_tenant(*kind) || *kind < i && !is_tenant(i))
                        }
                        _ => true,
                    }));
                }
            }
        }
    }
    all
}

/// True if two columns hold the same by their names, or by what they refer to.
fn is_same(one: &Column, other: &Column) -> bool {
    one.family() == other.family()
        && (words(&one.name) == words(&other.name) || one.refers_to.is_some() && one.refers_to == other.refers_to)
}

/// The other columns that may name the accounts of a table of balances, where somebody says that both belong together: their
/// values decide.
fn named_accounts(catalogue: &Catalogue, table: usize, balances: Option<usize>) -> Vec<Account> {
    let Some(balances) = balances.filter(|balances| *balances != table) else { return Vec::new() };
    let known = accounts(catalogue, table);
    let keys = || catalogue.tables[balances].columns.iter().filter(|c| c.key || c.unique);
    let may = |c: &Column| c.family().is_some() && !(c.key && c.unique) && keys().any(|key| key.family() == c.family());
    let columns = catalogue.tables[table].columns.iter().enumerate().filter(|(_, c)| may(c));
    columns.map(|(i, _)| Account::One(i)).filter(|account| !known.contains(account)).collect()
}

/// The accounts that this column names together with another one, because balances of another table have both, and neither
/// alone tells them apart. A column that may be NULL there is a scope.
fn together(catalogue: &Catalogue, table: usize, account: usize) -> impl Iterator<Item = Account> {
    let entries = &catalogue.tables[table];
    let tables = catalogue.tables.iter().enumerate();
    let others = tables.filter(move |(other, t)| *other != table && t.columns.iter().any(Column::is_number));
    let in_both = move |own: usize, balances: &Table| {
        let own = &entries.columns[own];
        let same = |c: &&Column| is_same(c, own);
        balances.columns.iter().find(same).filter(|c| !c.unique).map(|c| !c.key && (c.nullable || own.nullable))
    };
    others.flat_map(move |(_, balances)| {
        let is_account = in_both(account, balances) == Some(false);
        let may = move |i: &usize| {
            let c = &entries.columns[*i];
            let in_key = || balances.columns.iter().any(|b| b.key && is_same(b, c));
            let named = words(&c.name) != ["id"] && (!c.is_number() || c.says(&["id"]) || in_key());
            is_account && *i != account && named && c.family().is_some() && !is_unit(c) && !(c.key && c.unique)
        };
        (0..entries.columns.len()).filter(may).filter_map(move |i| {
            Some(match in_both(i, balances)? {
                true => Account::Scoped(account, i),
                false => Account::Mixed(i, account),
            })
        })
    })
}

/// The tables that may hold balances of the accounts, the likeliest first. No foreign key is needed.
fn joins(catalogue: &Catalogue, table: usize, account: &Account, only: Option<usize>) -> Vec<Join> {
    let entries = &catalogue.tables[table];
    let column = &entries.columns[account.column()];
    // The account of a side, and the same where the word of a side is a part of its name, as `store_credit_id`.
    let whole = words(&column.name);
    let is_side = |w: &String| SIDES.iter().any(|(from, to)| w == from || w == to);
    let own: Vec<String> = whole.iter().filter(|w| !is_side(w)).cloned().collect();
    let stem_of = |words: &[String]| -> Vec<String> {
        words.iter().filter(|w| !["id", "key", "uuid"].contains(&w.as_str())).map(|w| singular(w)).collect()
    };
    let stems = [stem_of(&own), stem_of(&whole)];
    let mut all = Vec::new();
    for (other, balances) in catalogue.tables.iter().enumerate().filter(|(other, _)| *other != table) {
        if only.is_some_and(|only| only != other) || !balances.columns.iter().any(Column::is_number) {
            continue;
        }
        let title: Vec<String> = words(&balances.name).iter().map(|w| singular(w)).collect();
        let is_title = |stem: &Vec<String>| !stem.is_empty() && (title.ends_with(stem) || stem.ends_with(&title));
        for (i, c) in balances.columns.iter().enumerate() {
            let here =
                Reference { schema: catalogue.schema.clone(), table: balances.name.clone(), column: c.name.clone() };
            let comparable = c.family().is_some() && c.family() == column.family();
            let strength = if column.refers_to.as_ref() == Some(&here) {
                8
            } else if column.refers_to.is_some() && c.refers_to == column.refers_to {
                7
            } else if !comparable || column.refers_to.is_some() && c.refers_to.is_some() {
                continue;
            } else if words(&c.name) == own && own != ["id"] && !(c.is_number()) {
                6
            } else if (c.key || c.unique) && stems.iter().any(is_title) {
                5
            } else if (c.key || c.unique)
                && (only.is_some() || column.refers_to.is_none() && column.family() != Some('n'))
            {
                2
            } else {
                continue;
            };
            let kind = match account {
                Account::Mixed(kind, _) | Account::Scoped(_, kind) => {
                    balances.columns.iter().position(|b| is_same(b, &entries.columns[*kind]))
                }
                _ => None,
            };
            let scoped = matches!(account, Account::Scoped(..));
            if scoped && kind.is_none() {
                continue;
            }
            let named = balances.columns.iter().any(|c| c.is_number() && c.says(names::BALANCE));
            all.push(Join { table: other, account: i, kind, scoped, strength: strength + if named { 2 } else { 0 } });
        }
    }
    all.sort_by_key(|j| -j.strength);
    all.truncate(JOINS);
    all
}

/// The table of the entries' time, where they have none.
pub(super) fn head(catalogue: &Catalogue, place: &Place) -> Option<Head> {
    let entries = &catalogue.tables[place.table];
    let is_head =
        |t: &Table| likeness(&t.name) > 0 || names::says(&t.name, &["voucher", "document", "batch", "booking"]);
    let of = |(from, column): (usize, &Column)| {
        let to = column.refers_to.as_ref().filter(|to| to.schema == catalogue.schema)?;
        let table = catalogue.table(&to.table)?;
        let head = &catalogue.tables[table];
        let (key, at) = (head.position(&to.column)?, head.time()?);
        (is_head(head) && head.columns[key].unique).then_some(Head { table, key, at, from })
    };
    let mut columns = entries.columns.iter().enumerate().filter(|(i, _)| !place.account.uses(*i));
    if entries.time().is_some() { None } else { columns.find_map(of) }
}
