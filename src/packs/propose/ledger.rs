//! The ledger whose rows say best that it is one.

use super::catalogue::{Catalogue, is_unit};
use super::chain::{self, Chain};
use super::doubt::{self, Doubts};
use super::guess::{Guess, Units, sort, unit_column};
use super::names;
use super::places::{Account, Head, Place, head, places};
use super::proposal::Other;
use super::sample::{self, Sample};
use super::solve;
use super::trial::{Groups, Rule, Term, Trial};
use crate::db::Connection;
use crate::error::Result;
use crate::packs::asked::Untried;

/// A ledger to draft, with what was tried.
#[derive(Debug)]
pub(super) struct Plan {
    pub place: Place,
    pub sample: Sample,
    pub rule: Rule,
    pub filter: Vec<Term>,
    /// Terms of the filter that no row of the sample tells anything about.
    pub untold: Vec<Term>,
    pub units: Units,
    /// The guess of the balances; none for a ledger of running balances only.
    pub guess: Option<Guess>,
    /// The balances' rows of the sample's accounts.
    pub own: Sample,
    pub chain: Option<Chain>,
    /// Guesses that do as well, in words.
    pub ties: Vec<String>,
    /// The reason why nothing was tried.
    pub untried: Option<String>,
    /// The place of the time, where the entries have none of their own.
    pub head: Option<Head>,
    /// What the rows leave open.
    pub doubts: Doubts,
    /// True if somebody named the table.
    pub is_named: bool,
    score: i64,
}

impl Plan {
    /// The columns whose words the queries tell apart, with the words of the sample.
    pub fn words(&self) -> Vec<(usize, Vec<String>)> {
        let mut all = Vec::new();
        if self.untried.is_some() {
            return all;
        }
        let columns = match &self.rule {
            Rule::ByKind { kind, .. } => Some(*kind),
            _ => None,
        };
        let filters = self.filter.iter().filter(|t| matches!(t, Term::Among(..))).map(Term::column);
        for column in columns.into_iter().chain(filters) {
            all.extend(self.sample.words(column, 100).map(|words| (column, words)));
        }
        all
    }

    /// True if each entry of the sample names the account that gives and the one that receives: that is double entry.
    pub fn is_double(&self) -> bool {
        let Account::Pair(from, to) = &self.place.account else { return false };
        let named = |row: usize| [from, to].iter().all(|side| self.sample.text(row, **side).is_some());
        !self.sample.rows.is_empty() && (0..self.sample.rows.len()).all(named)
    }

    /// True if at least half of the accounts agree or chain.
    pub fn holds(&self) -> bool {
        match &self.guess {
            Some(guess) => guess.is_half(),
            None => self.chain.as_ref().is_some_and(|c| c.of > 0 && 2 * c.agree >= c.of),
        }
    }

    /// True if at least nine of ten do.
    pub fn is_confirmed(&self) -> bool {
        let (agree, of) = match (&self.guess, &self.chain) {
            (Some(guess), _) => (guess.agree, guess.of),
            (None, Some(chain)) => (chain.agree, chain.of),
            (None, None) => (0, 0),
        };
        self.holds() && 10 * agree >= 9 * of
    }
}

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

/// The user's own answers about the ledger.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Only {
    pub ledger: Option<usize>,
    pub balances: Option<(usize, usize)>,
}

/// Tries every place of a ledger.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn search(connection: &mut Connection, catalogue: &Catalogue, only: Only) -> Result<Search> {
    let (mut plans, mut untried, mut near) = (Vec::new(), Vec::new(), Vec::new());
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
                if let Some(guess) = &plan.guess {
                    near.push((guess.share, figure(catalogue, &plan, guess)));
                }
            }
            None if has_joins => {}
            None => near.push((0, format!("{name} has no balance to compare: no other table holds the accounts of {account}, and no column of it chains"))),
        }
    }
    near.extend(incomplete(catalogue).into_iter().map(|n| (0, n)));
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
    let mut seen = vec![(best.place.table, of(best))];
    let mut said = Vec::new();
    for plan in all.iter().rev().filter(|p| p.is_confirmed()) {
        let Some(guess) = &plan.guess else { continue };
        let (entries, balances) = (&catalogue.tables[plan.place.table], &catalogue.tables[guess.join.table]);
        let balance = &balances.columns[guess.balance];
        let is_known = seen.iter().any(|(table, balance)| *table == plan.place.table || *balance == of(plan));
        if is_known || names::likeness(&entries.name) <= 0 || !balance.says(names::BALANCE) {
            continue;
        }
        seen.push((plan.place.table, of(plan)));
        said.push(Other {
            said: format!(
                "another candidate: {} against {}, {} of {} agree",
                entries.name,
                guess.said_balance(balances),
                guess.agree,
                crate::text::counted(guess.of, "account"),
            ),
            ledger: entries.name.clone(),
            balances: format!("{}.{}", balances.name, balance.name),
        });
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

async fn tried(connection: &mut Connection, catalogue: &Catalogue, place: Place, only: Only) -> Result<Option<Plan>> {
    let table = &catalogue.tables[place.table];
    let (sample, untried) = match sample::entries(connection, catalogue, table, &place.account).await? {
        Ok(sample) if sample.accounts.is_empty() => {
            let why = match sample.rows.is_empty() {
                true => format!("{} has no rows", table.name),
                false => format!(
                    "each account of {} has more than {} rows",
                    table.name,
                    crate::text::thousands(sample::ROWS)
                ),
            };
            (Sample::default(), Some(why))
        }
        Ok(sample) => (sample, None),
        Err(Untried::Slow | Untried::Unsafe) => {
            (Sample::default(), Some(format!("reading a sample of {} took too long", table.name)))
        }
        Err(Untried::Refused(why)) => (Sample::default(), Some(format!("{} cannot be read: {why}", table.name))),
    };
    let is_pair = matches!(place.account, Account::Pair(..));
    let accounts: Vec<String> = sample.accounts.keys().cloned().collect();
    let of_pair = |name: &String| name.split_once('/').map_or_else(String::new, |(_, key)| key.to_owned());
    let keys: Vec<String> = match place.account {
        Account::Mixed(..) => accounts.iter().map(of_pair).collect(),
        _ => accounts,
    };
    let head = head(catalogue, &place);
    let trial = Trial::new(table, &sample, &place.account);
    let by_chain = if is_pair { Vec::new() } else { chained_signs(&trial) };
    let (mut guesses, mut rows) = (Vec::new(), Vec::new());
    for join in &place.joins {
        let balances = &catalogue.tables[join.table];
        let own = match keys.is_empty() {
            true => Sample::default(),
            false => match sample::of_join(connection, catalogue, join, &keys).await? {
                Ok(own) => own,
                Err(_) => continue,
            },
        };
        let column = only.balances.map(|(_, column)| column);
        let best = solve::best(&trial, &by_chain, balances, &own, join, column);
        guesses.extend(best.into_iter().take(40));
        rows.push((join.clone(), own));
    }
    sort(&mut guesses);
    if untried.is_some() {
        // Only names speak.
        let said = |g: &Guess| {
            let balance = &catalogue.tables[g.join.table].columns[g.balance];
            only.balances.is_some() || balance.says(names::BALANCE) && g.join.strength > 4
        };
        let amount = |g: &Guess| table.columns[g.rule.amount()].says(names::AMOUNT);
        guesses.retain(|g| said(g) && amount(g));
        let Some(first) = guesses.first().cloned() else { return Ok(None) };
        let chain = by_name(catalogue, &place, &first.rule);
        let filter = trial.customary();
        let score = i64::from(first.hint);
        return Ok(Some(Plan {
            rule: first.rule.clone(),
            untold: filter.clone(),
            filter,
            units: first.units.clone(),
            guess: Some(first),
            own: Sample::default(),
            chain,
            ties: Vec::new(),
            untried,
            head: None,
            doubts: Doubts::default(),
            is_named: only.ledger.is_some(),
            score,
            place,
            sample,
        }));
    }
    let near = guesses.first().cloned();
    let good = near.clone().filter(Guess::is_half);
    let found = match &good {
        Some(guess) => {
            let unit = unit_column(&guess.units);
            let chain =
                if is_pair { None } else { chain::chain(&trial, &trial.groups(unit), &guess.rule, &guess.filter) };
            Some((guess.rule.clone(), guess.filter.clone(), guess.units.clone(), chain))
        }
        None if is_pair => None,
        None => running_only(&trial),
    };
    let only_running = good.is_none() && found.is_some() && only.balances.is_none();
    let guess = if only_running { None } else { near };
    let Some((rule, filter, units, chain)) =
        found.or_else(|| guess.as_ref().map(|g| (g.rule.clone(), g.filter.clone(), g.units.clone(), None)))
    else {
        return Ok(None);
    };
    let mut filter = filter;
    let mut untold = Vec::new();
    for term in trial.customary() {
        let without_row = trial.moves.iter().enumerate().all(|(m, _)| trial.counts(m, std::slice::from_ref(&term)));
        if filter.contains(&term) && without_row {
            untold.push(term);
        } else if without_row {
            filter.push(term.clone());
            untold.push(term);
        }
    }
    let bonus = chain.as_ref().map_or(0, |c| 300 * c.agree / (c.of + 1));
    let share = match &guess {
        Some(guess) => guess.share,
        None => chain.as_ref().map_or(0, |c| 800 * c.agree / (c.of + 1)),
    };
    // What is no unit by its name tells accounts apart where both tables have another column that is one.
    let of_account = guess.as_ref().is_some_and(|guess| {
        let balances = &catalogue.tables[guess.join.table];
        let is_other = unit_column(&guess.units).is_some_and(|column| !is_unit(&table.columns[column]));
        is_other && table.unit().is_some() && balances.unit().is_some()
    });
    let score = i64::try_from(share + bonus).unwrap_or(0) + 15 * i64::from(place.score) - i64::from(of_account) * 45;
    let ties = guess.as_ref().map(|g| ties(catalogue, &place, g, &guesses)).unwrap_or_default();
    let own = guess.as_ref().and_then(|g| rows.into_iter().find(|(j, _)| *j == g.join)).map(|(_, own)| own);
    let mut doubts = match guess.as_ref().filter(|g| g.is_half()).zip(own.as_ref()) {
        Some((guess, own)) => doubt::doubts(&trial, &catalogue.tables[guess.join.table], own, guess),
        None => Doubts::default(),
    };
    // A running balance tells the sign of each entry.
    if chain.as_ref().is_some_and(|c| c.after.or(c.before).is_some() && c.of > 0 && 10 * c.agree >= 9 * c.of) {
        doubts.kinds.clear();
    }
    Ok(Some(Plan {
        rule,
        filter,
        untold,
        units,
        guess,
        own: own.unwrap_or_default(),
        chain,
        ties,
        untried: None,
        head,
        doubts,
        is_named: only.ledger.is_some(),
        score,
        place,
        sample,
    }))
}

/// Guesses that do as well as the best, with another column.
fn ties(catalogue: &Catalogue, place: &Place, best: &Guess, all: &[Guess]) -> Vec<String> {
    let differs = |g: &&Guess| {
        // The same two columns the other way round are no other guess.
        let sides = |g: &Guess| matches!(g.rule, Rule::Sides { .. });
        let amounts = g.rule.amount() != best.rule.amount() && !(sides(g) && sides(best));
        // What came and what went say of themselves what they come to.
        let is_part = |g: &Guess, of: &Guess| {
            [Some(g.balance), g.minus].iter().all(|c| c.is_none() || [Some(of.balance), of.minus].contains(c))
        };
        let more = g.minus.is_some() && best.minus.is_none();
        let less = best.minus.is_some() && is_part(g, best);
        !more && !less && (g.join.table != best.join.table || g.balance != best.balance || amounts)
    };
    let mut ties: Vec<String> = Vec::new();
    for guess in all.iter().filter(|g| g.share == best.share && g.share > 0).filter(differs) {
        let (entries, balances) = (&catalogue.tables[place.table], &catalogue.tables[guess.join.table]);
        let text = format!("{} against {}", entries.columns[guess.rule.amount()].name, guess.said_balance(balances));
        if !ties.contains(&text) {
            ties.push(text);
        }
    }
    ties.truncate(3);
    ties
}

/// The signs of kinds as running balances show them, under the filters that are customary.
fn chained_signs(trial: &Trial<'_>) -> Vec<Rule> {
    let groups = trial.groups(None);
    let mut rules: Vec<Rule> =
        [Vec::new(), trial.customary()].iter().flat_map(|filter| signs_under(trial, &groups, filter)).collect();
    rules.dedup();
    rules
}

fn signs_under(trial: &Trial<'_>, groups: &Groups, filter: &[Term]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for amount in trial.unsigned() {
        for (kind, _) in trial.kinds(true).into_iter().chain(trial.kinds(false)) {
            rules.extend(chain::signs(trial, groups, filter, amount, kind));
        }
    }
    rules
}

/// A rule whose running balances chain, for a ledger without balances of its own.
fn running_only(trial: &Trial<'_>) -> Option<(Rule, Vec<Term>, Units, Option<Chain>)> {
    let unit = trial.table.unit();
    let mut best: Option<(Rule, Vec<Term>, Units, Chain, i32)> = None;
    let customary = trial.customary();
    for filter in [Vec::new(), customary] {
        let groups = trial.groups(None);
        let rules = trial.rules(false).into_iter().chain(signs_under(trial, &groups, &filter));
        for rule in rules {
            if trial.table.columns[rule.amount()].says(names::RUNNING) {
                continue;
            }
            let by_unit = unit.map(|u| trial.groups(Some(u)));
            for groups in std::iter::once(&groups).chain(&by_unit) {
                let Some(found) = chain::chain(trial, groups, &rule, &filter) else { continue };
                let hint = rule.hint(trial.table);
                if best.as_ref().is_none_or(|(.., b, h)| (found.agree * b.of, hint) > (b.agree * found.of, *h)) {
                    best = Some((rule.clone(), filter.clone(), Units::One, found, hint));
                }
            }
        }
    }
    best.map(|(rule, filter, units, chain, _)| (rule, filter, units, Some(chain)))
}

/// The chain that the names of an empty table promise.
fn by_name(catalogue: &Catalogue, place: &Place, rule: &Rule) -> Option<Chain> {
    let table = &catalogue.tables[place.table];
    let named = |any: &[&str]| table.columns.iter().position(|c| c.is_number() && c.says(any));
    let after = named(&["after", "current", "running", "closing"]).or_else(|| named(&["balance"]));
    let after = after.filter(|c| !rule.uses(*c))?;
    Some(Chain {
        after: Some(after),
        before: None,
        at: table.time()?,
        seq: None,
        by_seq: false,
        agree: 0,
        of: 0,
        others: Vec::new(),
    })
}
