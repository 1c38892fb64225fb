//! The ledger whose rows say best that it is one.

use super::attempt::tried;
use super::catalogue::{Catalogue, Table};
use super::guess::Guess;
use super::names;
use super::places::{Account, head, places};
use super::plan::{Only, Plan};
use super::proposal::Other;
use crate::db::Connection;
use crate::error::Result;

/// The plan to draft, and what else came near, in sentences.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub plan: Option<Plan>,
    pub near: Vec<String>,
    /// Other tables that agree as a ledger of other balances.
    pub others: Vec<Other>,
    /// True if somebody named the tables of the entries and of the balances.
    pub is_named: bool,
}

/// Tries every place of a ledger.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn search(connection: &mut Connection, catalogue: &Catalogue, only: Only) -> Result<Search> {
    let (mut plans, mut untried, mut near, mut without) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for place in places(catalogue, only.ledger, only.balances.map(|(table, _)| table)) {
        let table = &catalogue.tables[place.table];
        if table.time().is_none() && head(catalogue, &place).is_none() {
            near.push((0, format!("{} has no time", table.name)));
            continue;
        }
        let (score, has_joins, name) = (place.score, !place.joins.is_empty(), table.name.clone());
        let account = table.columns[place.account.column()].name.clone();
        let is_alone = matches!(place.account, Account::One(column) if table.columns[column].unique);
        match tried(connection, catalogue, place, only).await? {
            // Where nothing can be tried, a table with one row for each account is no ledger.
            Some(plan) if plan.untried.is_some() && is_alone && only.ledger.is_none() => {}
            Some(plan) if plan.untried.is_some() => untried.push((score, plan)),
            Some(plan) if plan.holds() || only.ledger.is_some() && plan.guess.is_some() => plans.push(plan),
            Some(plan) => {
                near.extend(plan.guess.as_ref().map(|guess| (guess.share, figure(catalogue, &plan, guess))));
            }
            None if has_joins => without.push(name),
            None => near.push((0, format!("{name} has no balance to compare: no other table holds the accounts of {account}, and no column of it chains"))),
        }
    }
    near.extend(incomplete(catalogue).into_iter().map(|n| (0, n)));
    if near.is_empty() {
        near.extend(of_money(catalogue).map(|n| (0, n)));
    }
    if near.is_empty() && !without.is_empty() {
        without.dedup();
        near.push((0, format!("no number of {} could be compared with a balance", without.join(", "))));
    }
    near.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
    near.dedup_by(|a, b| a.1 == b.1);
    plans.sort_by_key(|p| p.score);
    let mut plan = plans.pop();
    let others = match &plan {
        Some(plan) if only.ledger.is_none() => others(catalogue, plan, &plans),
        _ => Vec::new(),
    };
    if plan.is_none() && near.iter().all(|(share, _)| *share == 0) {
        plan = untried.into_iter().max_by_key(|(score, plan)| (*score, plan.score)).map(|(_, plan)| plan);
    }
    let is_named = only.ledger.is_some() && only.balances.is_some();
    if is_named && plan.is_none() && near.is_empty() {
        near.push((0, "no column of the entries holds the accounts of the balances".to_owned()));
    }
    Ok(Search { plan, near: near.into_iter().map(|(_, text)| text).take(3).collect(), others, is_named })
}

/// The tables that the rows confirm as a ledger of balances that the drafted one does not explain, the best first.
fn others(catalogue: &Catalogue, best: &Plan, all: &[Plan]) -> Vec<Other> {
    let of = |plan: &Plan| plan.guess.as_ref().map(|g| (g.join.table, g.balance));
    let other = |entries: &Table, guess: &Guess| {
        let balances = &catalogue.tables[guess.join.table];
        Other {
            said: format!(
                "another candidate: {} against {}, {} of {} agree",
                entries.name,
                guess.said_balance(balances),
                guess.agree,
                crate::text::counted(guess.of, "account"),
            ),
            ledger: entries.name.clone(),
            balances: format!("{}.{}", balances.name, balances.columns[guess.balance].name),
        }
    };
    let mut seen = vec![(best.place.table, of(best))];
    let mut said: Vec<Other> =
        best.beside.iter().map(|guess| other(&catalogue.tables[best.place.table], guess)).collect();
    for plan in all.iter().rev().filter(|p| p.is_confirmed()) {
        let Some(guess) = &plan.guess else { continue };
        let entries = &catalogue.tables[plan.place.table];
        let balance = &catalogue.tables[guess.join.table].columns[guess.balance];
        let is_known = seen.iter().any(|(table, balance)| *table == plan.place.table || *balance == of(plan));
        if is_known || names::likeness(&entries.name) <= 0 || !balance.says(names::BALANCE) {
            continue;
        }
        seen.push((plan.place.table, of(plan)));
        said.push(other(entries, guess));
    }
    said.truncate(3);
    said
}

/// The outcome of a guess that fails.
fn figure(catalogue: &Catalogue, plan: &Plan, guess: &Guess) -> String {
    let (entries, balances) = (&catalogue.tables[plan.place.table], &catalogue.tables[guess.join.table]);
    // Accounts of one entry each, or with one and the same balance, agree with anything.
    let but = if guess.agree > 0 && 2 * guess.agree >= guess.of {
        ", which is no evidence, because their entries or their balances are too much alike"
    } else {
        ""
    };
    format!(
        "{}.{} against {}: {} of {} agree{but}",
        entries.name,
        entries.columns[guess.rule.amount()].name,
        guess.said_balance(balances),
        guess.agree,
        crate::text::counted(guess.of, "account"),
    )
}

/// The tables with an amount and a time that lack an account.
fn incomplete(catalogue: &Catalogue) -> Vec<String> {
    let tables = catalogue.tables.iter().filter(|t| names::likeness(&t.name) > 0 && t.time().is_some());
    let amount = tables.filter(|t| t.find(|c| c.is_number() && c.says(names::AMOUNT)).is_some());
    let lacks = amount.filter(|t| {
        t.find(|c| {
            c.family().is_some() && (c.refers_to.is_some() || !c.key && (c.says(&["id"]) || c.says(names::OWNER)))
        })
        .is_none()
    });
    lacks.map(|t| format!("{} has no column of the account", t.name)).collect()
}

/// The columns of the type money, in a sentence: its text depends on the server's language, so no draft reads it.
fn of_money(catalogue: &Catalogue) -> Option<String> {
    let tables = catalogue.tables.iter();
    let of = |t: &Table| -> Vec<String> {
        t.columns.iter().filter(|c| c.base == "money").map(|c| format!("{}.{}", t.name, c.name)).collect()
    };
    let all: Vec<String> = tables.flat_map(of).take(3).collect();
    (!all.is_empty())
        .then(|| format!("{} has the type money, which a draft does not read: write it as ::numeric", all.join(", ")))
}
