//! The balance that a sum of entries agrees with, over all guesses.

use super::catalogue::Table;
use super::ground::{Ground, Target, shifted};
use super::guess::{Guess, Units, sort, unit_column};
use super::names;
use super::places::Join;
use super::residues::Parts;
use super::sample::Sample;
use super::signs::{is_fitted, signs};
use super::trial::{Groups, Rule, Term, Trial};
use super::units::{Rows, other_side, units};

/// The best guesses, best first. Entries in hundredths and balances in whole units are tried where nothing else agrees.
pub(super) fn best(
    trial: &Trial<'_>,
    by_chain: &[Rule],
    balances: &Table,
    own: &Sample,
    join: &Join,
    only: Option<usize>,
) -> Vec<Guess> {
    let mut all = best_at(trial, by_chain, balances, own, join, only, 0);
    if !own.rows.is_empty() && !all.first().is_some_and(Guess::is_half) {
        for shift in [HUNDREDTHS, -HUNDREDTHS] {
            all.extend(
                best_at(trial, by_chain, balances, own, join, only, shift).into_iter().filter(Guess::is_half).take(1),
            );
        }
        sort(&mut all);
    }
    all
}

/// The decimals that whole numbers of the smallest unit lack.
const HUNDREDTHS: i32 = 2;

fn best_at(
    trial: &Trial<'_>,
    by_chain: &[Rule],
    balances: &Table,
    own: &Sample,
    join: &Join,
    only: Option<usize>,
    shift: i32,
) -> Vec<Guess> {
    let pair = trial.account.is_pair();
    let mut rules = trial.rules(pair);
    rules.extend(by_chain.iter().cloned());
    let whole = |column: usize| trial.table.columns[column].is_integer();
    rules.retain(|rule| shift == 0 || whole(rule.amount()) == (shift > 0));
    let targets = targets(trial, balances, own, join, only, shift);
    if shift != 0 && (targets.is_empty() || rules.is_empty()) {
        return Vec::new();
    }
    let grouped = targets.iter().map(|t| unit_column(&t.units).map(|column| trial.groups(Some(column)))).collect();
    let ground = Ground { trial, balances, own, join, shift, targets, one: trial.groups(None), grouped };
    let mut all: Vec<Guess> = Vec::new();
    for filter in &trial.filters() {
        for rule in &rules {
            let mut sums: Vec<(Option<usize>, Vec<Option<i128>>)> = Vec::new();
            for at in 0..ground.targets.len() {
                let column = unit_column(&ground.targets[at].units);
                if !sums.iter().any(|(c, _)| *c == column) {
                    sums.push((column, trial.sums(rule, filter, ground.groups(at))));
                }
                let Some((_, sum)) = sums.iter().find(|(c, _)| *c == column) else { continue };
                all.push(ground.guess(at, rule, filter, sum));
            }
        }
    }
    let mut fits = FITS;
    for named in [true, false] {
        if pair || all.iter().any(Guess::is_whole) {
            break;
        }
        let mut filters = trial.filters();
        filters.extend(trial.terms().into_iter().take(if named { FILTERS } else { 0 }).map(|term| vec![term]));
        filters.dedup();
        let kinds = trial.kinds(named);
        for filter in &filters {
            by_kind(&ground, &kinds, filter, &mut fits, |at, rule, sums| {
                all.push(ground.guess(at, rule, filter, sums))
            });
        }
    }
    sort(&mut all);
    if all.first().is_some_and(|first| !first.is_whole()) {
        let mut refined = refined(&ground, &all);
        refined.extend(all.iter().take(8).flat_map(|start| ground.turned(start)).collect::<Vec<_>>());
        all.extend(refined);
        sort(&mut all);
    }
    all
}

/// The balances that the accounts may have: each number of the table, and each less another that belongs to it.
fn targets(
    trial: &Trial<'_>,
    balances: &Table,
    own: &Sample,
    join: &Join,
    only: Option<usize>,
    shift: i32,
) -> Vec<Target> {
    let (one, mut targets) = (trial.groups(None), Vec::new());
    for units in units(trial, balances, join) {
        let groups = unit_column(&units).map(|column| trial.groups(Some(column)));
        let columns: Vec<usize> = match &units {
            Units::Columns(_, pairs) => vec![pairs[0].1],
            _ => {
                (0..balances.columns.len()).filter(|&i| i != join.account && balances.columns[i].is_number()).collect()
            }
        };
        let rows = Rows::new(trial, own, join, &units, groups.as_ref().unwrap_or(&one));
        let fits = |c: &usize| {
            only.is_none_or(|only| only == *c) && (shift == 0 || balances.columns[*c].is_integer() == (shift < 0))
        };
        let columns: Vec<usize> = columns.into_iter().filter(fits).take(24).collect();
        let sides = columns.iter().filter(|_| !matches!(units, Units::Columns(..)));
        let sides = sides.flat_map(|column| subtrahends(balances, join, *column).map(|minus| (*column, Some(minus))));
        for (column, minus) in columns.iter().map(|column| (*column, None)).chain(sides) {
            let values = rows.values(balances, own, (column, minus), &units);
            let values = values.into_iter().map(|v| shifted(v?, shift)).collect();
            targets.push(Target { units: units.clone(), column, minus, rows: rows.row.clone(), values });
        }
    }
    targets
}

/// The columns that may have to be taken from one: what went, for one of what came, or what an account began with.
fn subtrahends(balances: &Table, join: &Join, column: usize) -> impl Iterator<Item = usize> {
    let is_opening = move |at: usize| {
        let c = &balances.columns[at];
        at != join.account && c.is_number() && c.refers_to.is_none() && c.says(names::OPENING)
    };
    let openings = (0..balances.columns.len()).filter(move |at| is_opening(*at) && !is_opening(column));
    other_side(balances, column).into_iter().chain(openings.take(2))
}

/// The best guesses with a filter more, as long as each leaves more accounts that agree.
fn refined(ground: &Ground<'_>, all: &[Guess]) -> Vec<Guess> {
    let terms = ground.trial.terms();
    let mut refined = Vec::new();
    for start in all.iter().take(8).cloned() {
        let mut now = start;
        for _ in 0..3 {
            let at = ground.at(&now);
            let tried = terms.iter().filter(|t| !now.filter.iter().any(|f| f.column() == t.column())).map(|term| {
                let filter = [&now.filter[..], std::slice::from_ref(term)].concat();
                ground.guess(at, &now.rule, &filter, &ground.trial.sums(&now.rule, &filter, ground.groups(at)))
            });
            let mut better: Option<Guess> = None;
            for next in tried.filter(|g| g.share > now.share) {
                if better.as_ref().is_none_or(|b| next.share > b.share) {
                    better = Some(next);
                }
            }
            match better {
                Some(next) => now = next,
                None => break,
            }
        }
        refined.push(now);
    }
    refined
}

/// Filters under which the signs of kinds are tried.
const FILTERS: usize = 24;

/// Maximum number of fits of many kinds' signs to the balances of one table. A fit takes a millisecond or more.
const FITS: usize = 64;

/// Tries the signs of each kind on each target.
fn by_kind(
    ground: &Ground<'_>,
    kinds: &[(usize, Vec<String>)],
    filter: &[Term],
    fits: &mut usize,
    mut found: impl FnMut(usize, &Rule, &[Option<i128>]),
) {
    let trial = ground.trial;
    for amount in trial.unsigned() {
        if ground.shift != 0 && trial.table.columns[amount].is_integer() != (ground.shift > 0) {
            continue;
        }
        for (kind, words) in kinds.iter().filter(|(kind, _)| !filter.iter().any(|term| term.column() == *kind)) {
            let parts_of = |groups: &Groups| -> Parts {
                let part = |word: &String| {
                    let only = [filter, &[Term::Among(*kind, vec![word.clone()])]].concat();
                    trial.sums(&Rule::Signed { amount, negated: false }, &only, groups)
                };
                words.iter().map(part).collect()
            };
            if is_fitted(words) && *fits == 0 {
                continue;
            }
            let plain = parts_of(&ground.one);
            for (at, target) in ground.targets.iter().enumerate() {
                if is_fitted(words) {
                    if *fits == 0 || !ground.is_named(target.column) {
                        continue;
                    }
                    *fits -= 1;
                }
                let own = ground.grouped[at].as_ref().map(parts_of);
                let signs = signs(words, own.as_ref().unwrap_or(&plain), &target.values);
                let rule = Rule::ByKind { amount, kind: *kind, signs: words.iter().cloned().zip(signs).collect() };
                found(at, &rule, &trial.sums(&rule, filter, ground.groups(at)));
            }
        }
    }
}
