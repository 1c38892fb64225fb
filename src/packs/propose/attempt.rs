//! One place of a ledger, tried on a sample of its rows.

use super::catalogue::{Catalogue, Table, is_unit};
use super::chain::{self, Chain};
use super::doubt::{self, Doubts};
use super::guess::{Guess, Units, sort, unit_column};
use super::names;
use super::places::{Account, Join, Place, head};
use super::plan::{Only, Plan};
use super::sample::{self, Sample};
use super::solve;
use super::trial::{Groups, Rule, Term, Trial};
use crate::db::Connection;
use crate::error::Result;
use crate::packs::asked::Untried;

/// Tries a place; none where nothing of it can be compared and no column chains.
pub(super) async fn tried(
    connection: &mut Connection,
    catalogue: &Catalogue,
    place: Place,
    only: Only,
) -> Result<Option<Plan>> {
    let table = &catalogue.tables[place.table];
    let (sample, untried) = sampled(connection, catalogue, table, &place.account).await?;
    let trial = Trial::new(table, &sample, &place.account);
    let Compared { guesses, rows } = compared(connection, catalogue, &trial, &place.joins, only).await?;
    if let Some(why) = untried {
        let filter = trial.customary();
        return Ok(by_names(catalogue, place, guesses, filter, only, why));
    }
    let Some((way, guess)) = way(&trial, nearest(catalogue, &guesses), only) else { return Ok(None) };
    let Way { rule, filter, units, chain } = way;
    let (filter, untold) = with_customary(&trial, filter);
    let ties = guess.as_ref().map(|g| ties(catalogue, &place, g, &guesses)).unwrap_or_default();
    let beside = guess.as_ref().map(|g| beside(catalogue, &place, g, &guesses)).unwrap_or_default();
    let own = guess.as_ref().and_then(|g| rows.into_iter().find(|(j, _)| *j == g.join)).map(|(_, own)| own);
    let mut doubts = match guess.as_ref().filter(|g| g.is_half()).zip(own.as_ref()) {
        Some((guess, own)) => doubt::doubts(&trial, &catalogue.tables[guess.join.table], own, guess),
        None => Doubts::default(),
    };
    // A running balance tells the sign of each entry.
    if chain.as_ref().is_some_and(Chain::is_confirmed) {
        doubts.kinds.clear();
    }
    let score = score(catalogue, &place, guess.as_ref(), chain.as_ref());
    Ok(Some(Plan {
        rule,
        filter,
        untold,
        units,
        guess,
        own: own.unwrap_or_default(),
        chain,
        ties,
        beside,
        untried: None,
        head: head(catalogue, &place),
        doubts,
        is_named: only.ledger.is_some(),
        score,
        place,
        sample,
    }))
}

/// The sample of a table of entries, or the reason why there is none.
async fn sampled(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    account: &Account,
) -> Result<(Sample, Option<String>)> {
    let why = match sample::entries(connection, catalogue, table, account).await? {
        Ok(sample) if !sample.accounts.is_empty() => return Ok((sample, None)),
        Ok(sample) if sample.rows.is_empty() => format!("{} has no rows", table.name),
        Ok(_) => {
            format!("each account of {} has more than {} rows", table.name, crate::text::thousands(sample::ROWS))
        }
        Err(Untried::Slow | Untried::Unsafe) => format!("reading a sample of {} took too long", table.name),
        Err(Untried::Refused(why)) => format!("{} cannot be read: {why}", table.name),
    };
    Ok((Sample::default(), Some(why)))
}

/// The guesses about a place, the best first, and the rows of each table that may hold its balances.
struct Compared {
    guesses: Vec<Guess>,
    rows: Vec<(Join, Sample)>,
}

/// Compares the sums of the entries with each table that may hold the balances.
async fn compared(
    connection: &mut Connection,
    catalogue: &Catalogue,
    trial: &Trial<'_>,
    joins: &[Join],
    only: Only,
) -> Result<Compared> {
    let key_of_two = |name: &String| name.split_once('/').map_or_else(String::new, |(_, key)| key.to_owned());
    let accounts = trial.sample.accounts.keys();
    let keys: Vec<String> = match trial.account {
        Account::Mixed(..) => accounts.map(key_of_two).collect(),
        _ => accounts.cloned().collect(),
    };
    let by_chain = if trial.account.is_pair() { Vec::new() } else { chained_signs(trial) };
    let mut all = Compared { guesses: Vec::new(), rows: Vec::new() };
    for join in joins {
        let own = match keys.is_empty() {
            true => Sample::default(),
            false => match sample::of_join(connection, catalogue, join, &keys).await? {
                Ok(own) => own,
                Err(_) => continue,
            },
        };
        let column = only.balances.map(|(_, column)| column);
        let best = solve::best(trial, &by_chain, &catalogue.tables[join.table], &own, join, column);
        all.guesses.extend(best.into_iter().take(40));
        all.rows.push((join.clone(), own));
    }
    sort(&mut all.guesses);
    Ok(all)
}

/// The plan that the names alone speak for, where no rows do, with the reason why they do not.
fn by_names(
    catalogue: &Catalogue,
    place: Place,
    mut guesses: Vec<Guess>,
    filter: Vec<Term>,
    only: Only,
    why: String,
) -> Option<Plan> {
    let table = &catalogue.tables[place.table];
    let said = |g: &Guess| {
        let balance = &catalogue.tables[g.join.table].columns[g.balance];
        only.balances.is_some() || balance.says(names::BALANCE) && g.join.strength > 4
    };
    let amount = |g: &Guess| table.columns[g.rule.amount()].says(names::AMOUNT);
    // An opening is told by the rows alone.
    guesses.retain(|g| said(g) && amount(g) && g.opening(&catalogue.tables[g.join.table]).is_none());
    let first = guesses.into_iter().next()?;
    Some(Plan {
        rule: first.rule.clone(),
        untold: filter.clone(),
        filter,
        units: first.units.clone(),
        own: Sample::default(),
        chain: by_name(catalogue, &place, &first.rule),
        ties: Vec::new(),
        beside: Vec::new(),
        untried: Some(why),
        head: None,
        doubts: Doubts::default(),
        is_named: only.ledger.is_some(),
        score: i64::from(first.hint),
        guess: Some(first),
        place,
        sample: Sample::default(),
    })
}

/// The best guess; where none has evidence, the one with a balance's name that the most accounts agree with.
fn nearest(catalogue: &Catalogue, guesses: &[Guess]) -> Option<Guess> {
    let first = guesses.first()?;
    let is_named = |g: &&Guess| catalogue.tables[g.join.table].columns[g.balance].says(names::BALANCE);
    let named = guesses.iter().filter(is_named).max_by_key(|g| (g.agree, g.hint)).filter(|g| g.agree > first.agree);
    Some(named.filter(|_| first.share == 0).unwrap_or(first).clone())
}

/// The reading of a place's rows.
#[derive(Debug, Clone)]
struct Way {
    rule: Rule,
    filter: Vec<Term>,
    units: Units,
    chain: Option<Chain>,
}

impl Way {
    fn of(guess: &Guess, chain: Option<Chain>) -> Self {
        Way { rule: guess.rule.clone(), filter: guess.filter.clone(), units: guess.units.clone(), chain }
    }
}

/// The best reading: that of the balances that agree, else of running balances that chain, else of the balances that come
/// nearest.
fn way(trial: &Trial<'_>, near: Option<Guess>, only: Only) -> Option<(Way, Option<Guess>)> {
    if let Some(good) = near.as_ref().filter(|g| g.is_half()) {
        let chain = match trial.account.is_pair() {
            true => None,
            false => chain::chain(trial, &trial.groups(unit_column(&good.units)), &good.rule, &good.filter),
        };
        return Some((Way::of(good, chain), near));
    }
    match if trial.account.is_pair() { None } else { running_only(trial) } {
        Some(way) => Some((way, near.filter(|_| only.balances.is_some()))),
        None => near.map(|guess| (Way::of(&guess, None), Some(guess))),
    }
}

/// The filter with the customary terms that leave no row of the sample out, and those of the terms that no row tells anything
/// about.
fn with_customary(trial: &Trial<'_>, mut filter: Vec<Term>) -> (Vec<Term>, Vec<Term>) {
    let mut untold = Vec::new();
    for term in trial.customary() {
        if (0..trial.moves.len()).all(|movement| trial.counts(movement, std::slice::from_ref(&term))) {
            if !filter.contains(&term) {
                filter.push(term.clone());
            }
            untold.push(term);
        }
    }
    (filter, untold)
}

/// The score of a plan: more is better.
fn score(catalogue: &Catalogue, place: &Place, guess: Option<&Guess>, chain: Option<&Chain>) -> i64 {
    let table = &catalogue.tables[place.table];
    let of_chain = |most: usize| chain.map_or(0, |c| most * c.agree / (c.of + 1));
    let share = guess.map_or_else(|| of_chain(800), |guess| guess.share);
    // What is no unit by its name tells accounts apart where both tables have another column that is one.
    let of_account = guess.is_some_and(|guess| {
        let balances = &catalogue.tables[guess.join.table];
        let is_other = unit_column(&guess.units).is_some_and(|column| !is_unit(&table.columns[column]));
        is_other && table.unit().is_some() && balances.unit().is_some()
    });
    i64::try_from(share + of_chain(300)).unwrap_or(0) + 15 * i64::from(place.score) - i64::from(of_account) * 45
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

/// The guesses that agree as another ledger of the same tables does: another balance, which is called like what is kept aside,
/// or has a word of its own in common with another amount, as `held_change` and `held`.
fn beside(catalogue: &Catalogue, place: &Place, best: &Guess, all: &[Guess]) -> Vec<Guess> {
    let (entries, balances) = (&catalogue.tables[place.table], &catalogue.tables[best.join.table]);
    let share_a_word = |amount: usize, balance: usize| {
        let theirs = names::words(&balances.columns[balance].name);
        let is_own = |word: &String| !names::says(word, names::AMOUNT) && !names::says(word, &["balance"]);
        names::words(&entries.columns[amount].name).iter().any(|word| is_own(word) && theirs.contains(word))
    };
    let mut found: Vec<Guess> = Vec::new();
    for guess in all.iter().filter(|g| g.is_confirmed() && g.minus.is_none()) {
        let (amount, balance) = (guess.rule.amount(), guess.balance);
        let is_own = !best.rule.uses(amount) && share_a_word(amount, balance);
        let is_other = guess.join == best.join && ![Some(best.balance), best.minus].contains(&Some(balance));
        let is_new = found.iter().all(|g| g.balance != balance);
        let of_one_column = [&guess.units, &best.units].iter().all(|units| !matches!(units, Units::Columns(..)));
        if is_other && is_new && of_one_column && (is_own || balances.columns[balance].says(names::HELD)) {
            found.push(guess.clone());
        }
    }
    found
}

/// The signs of kinds as running balances show them, under the filters that are customary.
fn chained_signs(trial: &Trial<'_>) -> Vec<Rule> {
    let groups = trial.groups(None);
    let mut rules: Vec<Rule> = trial.filters().iter().flat_map(|filter| signs_under(trial, &groups, filter)).collect();
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

/// The reading whose running balances chain best, for a ledger without balances of its own.
fn running_only(trial: &Trial<'_>) -> Option<Way> {
    let (one, by_unit) = (trial.groups(None), trial.table.unit().map(|unit| trial.groups(Some(unit))));
    let mut best: Option<(Way, usize, usize, i32)> = None;
    for filter in &trial.filters() {
        let rules = trial.rules(false).into_iter().chain(signs_under(trial, &one, filter));
        for rule in rules.filter(|rule| !trial.table.columns[rule.amount()].says(names::RUNNING)) {
            for groups in std::iter::once(&one).chain(&by_unit) {
                let Some(found) = chain::chain(trial, groups, &rule, filter) else { continue };
                let (agree, of, hint) = (found.agree, found.of, rule.hint(trial.table));
                if best.as_ref().is_none_or(|(_, a, o, h)| (agree * o, hint) > (a * of, *h)) {
                    let way = Way { rule: rule.clone(), filter: filter.clone(), units: Units::One, chain: Some(found) };
                    best = Some((way, agree, of, hint));
                }
            }
        }
    }
    best.map(|(way, ..)| way)
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
