//! The chains of accounts whose entries stand in the table nearly in the order of the ledger, as those of a ledger do that
//! is only appended to. Each entry is compared with the one before it as it comes, without a sort. An account is whole only
//! where its entries were put into one row of strictly rising places, each of which goes on from the one before: that row is
//! the one that a sort gives. Every other account is a suspect, about which only a sort has a say.

use std::collections::HashMap;

use super::rows::{Cached, Entry, Id};
pub(super) use super::whole::{Total, Whole};
use crate::packs::Order;

/// Number of entries of an account that wait for one before them which the table has later: sessions that write at the same
/// time fill a page each.
const LATE: usize = 16;

/// Number of entries of all accounts that wait.
const ALL_LATE: usize = 50_000;

/// Largest number of suspects. One sort of everything is cheaper than reading more of them apart.
pub(super) const MOST: usize = 10_000;

/// The rules of a ledger, as far as a pass goes by them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) order: Order,
    /// True if balances are cached.
    pub(super) cached: bool,
    /// True if no balance may be below zero.
    pub(super) zero: bool,
    /// True if accounts had something before the ledger began.
    pub(super) opening: bool,
    /// The last time that is not in the future, as the server counts: in microseconds since 2000.
    pub(super) latest: i64,
    /// Largest number of accounts and units at a time.
    pub(super) most: usize,
    /// The type of an account's id.
    pub(super) id: Id,
}

/// The place of an entry in its account. None is after every number, and a tie leaves the account to a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place(i64, i64);

/// An entry of a chain: it leads from one balance to another.
#[derive(Debug, Clone, Copy)]
struct Step {
    before: i64,
    after: i64,
    place: Place,
}

const SUSPECT: u8 = 1;
/// An entry with a running balance, and one without.
const KEPT: u8 = 2;
const LACKING: u8 = 4;
/// A cached balance.
const CACHED: u8 = 8;
/// A step that the chain rests on.
const BEGUN: u8 = 16;
/// Steps that wait for one before them.
const WAITING: u8 = 32;

/// An account and unit, up to the last step that its chain reaches without a gap.
#[derive(Debug)]
struct State {
    /// The balance that the chain starts from.
    start: i64,
    /// The running balance of that step; where no entry carries one, the sum so far.
    last: i64,
    place: Place,
    first_at: i64,
    lowest: i64,
    flags: u8,
}

impl State {
    const EMPTY: State =
        State { start: 0, last: 0, place: Place(i64::MIN, i64::MIN), first_at: i64::MAX, lowest: i64::MAX, flags: 0 };

    fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// After what was sealed: its sum, and the last running balance where there is one. None where the two do not fit.
    fn sealed(total: &str, running: Option<&str>, rules: &Rules) -> Option<Self> {
        let total: i64 = total.parse().ok()?;
        let Some(running) = running else { return Some(State { last: total, flags: LACKING, ..State::EMPTY }) };
        let last: i64 = running.parse().ok()?;
        let start = last.checked_sub(total)?;
        (start == 0 || rules.opening).then_some(State { start, last, flags: KEPT | BEGUN, ..State::EMPTY })
    }

    /// Takes an entry, and returns its step where its account has a chain; none where the account is a suspect with it.
    fn take(&mut self, entry: &Entry<'_>, rules: &Rules) -> Option<Option<Step>> {
        self.flags |= if entry.running.is_some() { KEPT } else { LACKING };
        let (delta, at) = (entry.delta?, entry.at?);
        if at > rules.latest || self.is(SUSPECT) || (self.is(KEPT) && self.is(LACKING)) {
            return None;
        }
        self.first_at = self.first_at.min(at);
        let Some(after) = entry.running else {
            self.last = self.last.checked_add(delta)?;
            return Some(None);
        };
        if rules.zero && after < 0 {
            return None;
        }
        self.lowest = self.lowest.min(after);
        let place = match rules.order {
            Order::At => Place(at, entry.seq.unwrap_or(i64::MAX)),
            Order::Seq => Place(entry.seq?, 0),
        };
        Some(Some(Step { before: after.checked_sub(delta)?, after, place }))
    }

    /// Goes on by a step; false where it is not the next one.
    fn go_on(&mut self, step: Step, rules: &Rules) -> bool {
        let begins = rules.opening && !self.is(BEGUN);
        if step.place <= self.place || (step.before != self.last && !begins) {
            return false;
        }
        if begins {
            self.start = step.before;
        }
        (self.last, self.place) = (step.after, step.place);
        self.flags |= BEGUN;
        true
    }

    /// True where the cached balance is what the entries come to, and nothing of both is outside its domain.
    fn agrees(&self, cached: &Cached<'_>, rules: &Rules) -> bool {
        let opening = cached.opening.unwrap_or(0);
        let total = match self.is(KEPT) {
            true => (self.start == opening || !rules.opening).then_some(self.last),
            false => self.last.checked_add(opening),
        };
        total.is_some()
            && cached.balance == total
            && !cached.is_low(rules.zero)
            && cached.floor.is_none_or(|floor| self.lowest >= floor)
            && cached.earliest.is_none_or(|earliest| self.first_at >= earliest)
    }
}

/// The accounts of a pass.
pub(super) struct Chains {
    rules: Rules,
    /// By account and the number of the unit.
    states: HashMap<Box<[u8]>, State>,
    /// The steps that wait, by place.
    waiting: HashMap<Box<[u8]>, Vec<Step>>,
    all_waiting: usize,
    suspects: usize,
    /// The accounts without entries whose balance is not zero.
    unfounded: Vec<Box<[u8]>>,
    units: Vec<(Box<[u8]>, Total)>,
    numbers: HashMap<Box<[u8]>, u16>,
    unnumbered: bool,
    /// The reason why a sort has to do it, if there is one.
    given_up: Option<&'static str>,
    key: Vec<u8>,
}

impl Chains {
    pub(super) fn new(rules: Rules) -> Self {
        Chains {
            rules,
            states: HashMap::new(),
            waiting: HashMap::new(),
            all_waiting: 0,
            suspects: 0,
            unfounded: Vec::new(),
            units: Vec::new(),
            numbers: HashMap::new(),
            unnumbered: false,
            given_up: None,
            key: Vec::new(),
        }
    }

    pub(super) fn rules(&self) -> Rules {
        self.rules
    }

    /// Begins an account and unit with what was sealed of it.
    pub(super) fn begin(&mut self, account: &str, unit: &str, total: &str, running: Option<&str>) {
        let Some(account) = self.rules.id.bytes(account) else { return self.give_up(ODD) };
        if self.find(&account, unit.as_bytes()).is_none() {
            return;
        }
        if self.states.len() >= self.rules.most {
            return self.give_up(FULL);
        }
        let state = State::sealed(total, running, &self.rules);
        let fits = state.is_some();
        let kept = if running.is_some() { KEPT } else { LACKING };
        self.states.insert(self.key.as_slice().into(), state.unwrap_or(State { flags: kept, ..State::EMPTY }));
        if !fits {
            self.suspect();
        }
    }

    /// Leaves everything to a sort.
    pub(super) fn give_up(&mut self, why: &'static str) {
        self.given_up.get_or_insert(why);
        (self.states, self.waiting, self.unfounded) = (HashMap::new(), HashMap::new(), Vec::new());
    }

    pub(super) fn has_given_up(&self) -> bool {
        self.given_up.is_some()
    }

    /// Takes a row of the entries off; none where it is not all there.
    pub(super) fn entry(&mut self, left: &mut &[u8]) -> Option<()> {
        match Entry::read(left)? {
            Some(entry) => self.add(&entry),
            None => self.give_up(ODD),
        }
        Some(())
    }

    /// Takes a row of the balances off; none where it is not all there.
    pub(super) fn balance(&mut self, left: &mut &[u8]) -> Option<()> {
        match Cached::read(left)? {
            Some(cached) => self.compare(&cached),
            None => self.give_up(ODD),
        }
        Some(())
    }

    fn add(&mut self, entry: &Entry<'_>) {
        let Some(total) = self.find(entry.account, entry.unit) else { return };
        total.entries += 1;
        total.total += i128::from(entry.delta.unwrap_or(0));
        self.unnumbered |= entry.seq.is_none();
        let state = match self.states.get_mut(self.key.as_slice()) {
            Some(state) => state,
            None => {
                if self.states.len() >= self.rules.most {
                    return self.give_up(FULL);
                }
                self.states.entry(self.key.as_slice().into()).or_insert(State::EMPTY)
            }
        };
        let keeps = match state.take(entry, &self.rules) {
            None => false,
            Some(None) => true,
            Some(Some(step)) => (!state.is(WAITING) && state.go_on(step, &self.rules)) || self.wait(step),
        };
        if !keeps {
            self.suspect();
        }
    }

    /// Keeps a step until the one before it has come; false where that cannot be, or lasts for too long.
    fn wait(&mut self, step: Step) -> bool {
        let Some(state) = self.states.get_mut(self.key.as_slice()) else { return false };
        if step.place <= state.place {
            return false;
        }
        let steps = match self.waiting.get_mut(self.key.as_slice()) {
            Some(steps) => steps,
            None => self.waiting.entry(self.key.as_slice().into()).or_default(),
        };
        let before = steps.len();
        steps.insert(steps.partition_point(|other| other.place <= step.place), step);
        let followed = steps.iter().take_while(|step| state.go_on(**step, &self.rules)).count();
        steps.drain(..followed);
        let waits = steps.len();
        self.all_waiting = self.all_waiting + waits - before;
        state.flags |= WAITING;
        if waits == 0 {
            state.flags &= !WAITING;
            self.waiting.remove(self.key.as_slice());
        }
        waits <= LATE && self.all_waiting <= ALL_LATE
    }

    /// Leaves the account that was found last to a sort.
    fn suspect(&mut self) {
        let Some(state) = self.states.get_mut(self.key.as_slice()) else { return };
        self.suspects += usize::from(!state.is(SUSPECT));
        if state.is(WAITING) {
            self.all_waiting -= self.waiting.remove(self.key.as_slice()).map_or(0, |steps| steps.len());
        }
        state.flags = (state.flags | SUSPECT) & !WAITING;
        if self.suspects > MOST {
            self.give_up(MANY);
        }
    }

    fn compare(&mut self, cached: &Cached<'_>) {
        let rules = self.rules;
        let Some(total) = self.find(cached.account, cached.unit) else { return };
        total.accounts += 1;
        total.balance += i128::from(cached.balance.unwrap_or(0));
        total.opening += i128::from(cached.opening.unwrap_or(0));
        match self.states.get_mut(self.key.as_slice()) {
            // It would count twice on one side only.
            Some(state) if state.is(CACHED) => self.give_up("an account has two balances"),
            Some(state) => {
                state.flags |= CACHED;
                if !state.agrees(cached, &rules) {
                    self.suspect();
                }
            }
            None if cached.balance == Some(cached.opening.unwrap_or(0)) && !cached.is_low(rules.zero) => {}
            None if self.unfounded.len() >= MOST => self.give_up(MANY),
            None => self.unfounded.push(self.key.as_slice().into()),
        }
    }

    /// Sets the key to that of an account and unit, and returns the sums of the unit; none where everything was given up.
    fn find(&mut self, account: &[u8], unit: &[u8]) -> Option<&mut Total> {
        if self.has_given_up() {
            return None;
        }
        let number = match self.numbers.get(unit) {
            Some(number) => *number,
            None => {
                let Ok(number) = u16::try_from(self.units.len()) else {
                    self.give_up("the units are too many");
                    return None;
                };
                self.numbers.insert(unit.into(), number);
                self.units.push((unit.into(), Total::default()));
                number
            }
        };
        self.key.clear();
        self.key.extend_from_slice(account);
        self.key.extend_from_slice(&number.to_be_bytes());
        self.units.get_mut(usize::from(number)).map(|(_, total)| total)
    }

    /// The result, after all entries and all balances.
    pub(super) fn finish(mut self) -> Result<Whole, &'static str> {
        if let Some(why) = self.given_up {
            return Err(why);
        }
        let mut whole = Whole { unnumbered: self.unnumbered, ..Whole::default() };
        let mut suspect = |key: &[u8]| {
            let account = key.split_last_chunk::<2>().and_then(|(account, _)| self.rules.id.text(account));
            whole.suspects.insert(account.ok_or(ODD)?);
            Ok::<(), &'static str>(())
        };
        for (key, state) in &self.states {
            if let Some((_, number)) = key.split_last_chunk::<2>()
                && let Some((_, total)) = self.units.get_mut(usize::from(u16::from_be_bytes(*number)))
            {
                total.holders += 1;
                total.chains += i64::from(state.is(KEPT));
                total.accounts += i64::from(!state.is(CACHED));
            }
            if state.is(SUSPECT | WAITING) || (self.rules.cached && !state.is(CACHED)) {
                suspect(key)?;
            }
        }
        self.unfounded.iter().try_for_each(|key| suspect(key))?;
        for (unit, total) in self.units {
            whole.units.insert(String::from_utf8(unit.into()).map_err(|_| ODD)?, total);
        }
        Ok(whole)
    }
}

/// The reasons to leave everything to a sort.
pub(super) const FULL: &str = "the accounts are too many for the memory of a pass";
const ODD: &str = "a row has no account or no unit, or is not understood";
pub(super) const MANY: &str = "too many accounts are not whole in the order in which the table has them";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::rows::COLUMNS;
    use super::{Chains, Id, LATE, Order, Rules, Total, Whole};
    use crate::audit::copied::Rows;
    use crate::audit::copied::tests::copied;

    const RULES: Rules =
        Rules { order: Order::At, cached: true, zero: true, opening: false, latest: 1000, most: 10, id: Id::Text };

    /// The account, then the delta, the running balance, the time and the number of an entry; or the balance, the earliest
    /// time, the floor and the opening of an account.
    type Line = (&'static str, [Option<i64>; 4]);

    fn rows(lines: &[Line]) -> Vec<u8> {
        let row = |(account, numbers): &Line| {
            let texts = [account, "STAR"].map(|text| Some(text.as_bytes().to_vec()));
            texts.into_iter().chain(numbers.iter().map(|n| n.map(|n| n.to_be_bytes().to_vec()))).collect()
        };
        copied(COLUMNS, &lines.iter().map(row).collect::<Vec<_>>())
    }

    fn passed(rules: Rules, entries: &[Line], balances: &[Line]) -> Result<Whole, &'static str> {
        let mut chains = Chains::new(rules);
        assert!(Rows::of(COLUMNS).take(&rows(entries), |left| chains.entry(left)));
        assert!(Rows::of(COLUMNS).take(&rows(balances), |left| chains.balance(left)));
        chains.finish()
    }

    fn suspects(rules: Rules, entries: &[Line], balances: &[Line]) -> Vec<String> {
        passed(rules, entries, balances).unwrap().suspects.into_iter().collect()
    }

    fn entry(delta: i64, running: i64, at: i64) -> Line {
        ("a", [Some(delta), Some(running), Some(at), None])
    }

    fn balance(balance: i64) -> Line {
        ("a", [Some(balance), None, None, None])
    }

    #[test]
    fn a_chain_is_whole_in_the_order_of_the_table_and_nearly_in_it() {
        let chain = [entry(5, 5, 1), entry(-2, 3, 2), entry(4, 7, 3), entry(-7, 0, 4)];
        let none: Vec<String> = Vec::new();
        for order in [[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let entries = order.map(|n| chain[n]);
            assert_eq!(suspects(RULES, &entries, &[balance(0)]), none, "{order:?}");
            assert_eq!(suspects(RULES, &entries, &[balance(1)]), ["a"]);
            assert_eq!(suspects(RULES, &entries[1..], &[balance(0)]), ["a"]);
            assert_eq!(suspects(RULES, &entries[..3], &[balance(0)]), ["a"]);
        }
        // Many may be late, and no more.
        let long: Vec<Line> = (1..=LATE as i64 + 2).map(|n| entry(1, n, n)).collect();
        let late = |by: usize| {
            let entries: Vec<Line> = long[1..=by].iter().chain(&long[..1]).chain(&long[by + 1..]).copied().collect();
            suspects(RULES, &entries, &[balance(LATE as i64 + 2)])
        };
        assert_eq!((late(LATE), late(LATE + 1)), (none, vec!["a".to_owned()]));
    }

    #[test]
    fn what_one_row_of_rising_places_does_not_show_is_left_to_a_sort() {
        let whole = [entry(5, 5, 1), entry(-2, 3, 2)];
        let changed = |n: usize, column: usize, to: Option<i64>| {
            let mut entries = whole;
            entries[n].1[column] = to;
            suspects(RULES, &entries, &[balance(3)])
        };
        for (column, to) in [
            (0, None),
            (0, Some(-1)),
            (0, Some(i64::MAX)),
            (0, Some(i64::MIN)),
            (1, None),
            (1, Some(4)),
            (1, Some(-3)),
            (2, None),
            (2, Some(1001)),
            (2, Some(i64::MAX)),
        ] {
            assert_eq!(
                (changed(0, column, to), changed(1, column, to)),
                (vec!["a".into()], vec!["a".into()]),
                "{column} {to:?}"
            );
        }
        // A tie, and one that its number decides.
        assert_eq!(changed(1, 2, Some(1)), ["a"]);
        let numbered = |one, other| {
            let at = |(account, mut line): Line, seq| {
                (line[2], line[3]) = (Some(1), seq);
                (account, line)
            };
            suspects(RULES, &[at(whole[0], one), at(whole[1], other)], &[balance(3)])
        };
        assert!(numbered(Some(1), Some(2)).is_empty() && numbered(Some(1), None).is_empty());
        for (one, other) in
            [(Some(2), Some(1)), (Some(1), Some(1)), (None, Some(1)), (None, None), (Some(i64::MAX), None)]
        {
            assert_eq!(numbered(one, other), ["a"], "{one:?} {other:?}");
        }
        let by_seq = Rules { order: Order::Seq, ..RULES };
        assert_eq!(suspects(by_seq, &whole, &[balance(3)]), ["a"]);
        assert!(passed(by_seq, &whole, &[balance(3)]).unwrap().unnumbered);
    }

    #[test]
    fn balances_are_compared_with_what_the_entries_come_to() {
        let whole = [entry(5, 5, 10), entry(-2, 3, 20)];
        let with = |rules, line: [Option<i64>; 4]| !suspects(rules, &whole, &[("a", line)]).is_empty();
        assert!(with(RULES, [None; 4]) && !with(RULES, [Some(3), Some(10), None, None]));
        assert!(with(RULES, [Some(3), Some(11), None, None]));
        let floor = Rules { zero: false, ..RULES };
        assert!(!with(floor, [Some(3), None, Some(3), None]) && with(floor, [Some(3), None, Some(4), None]));
        let opening = Rules { opening: true, ..RULES };
        assert!(!with(opening, [Some(3), None, None, Some(0)]) && with(opening, [Some(3), None, None, Some(1)]));
        assert!(suspects(opening, &[entry(-2, 3, 1)], &[("a", [Some(3), None, None, Some(5)])]).is_empty());
        // Without entries it is nothing, and with them it has to be there.
        assert_eq!(suspects(RULES, &[], &[balance(0)]), Vec::<String>::new());
        assert_eq!(
            (suspects(RULES, &[], &[balance(1)]), suspects(RULES, &whole, &[])),
            (vec!["a".into()], vec!["a".into()])
        );
        let uncached = Rules { cached: false, ..RULES };
        assert!(suspects(uncached, &whole, &[]).is_empty());
        assert_eq!(passed(RULES, &whole, &[balance(3), balance(3)]), Err("an account has two balances"));
    }

    #[test]
    fn chains_go_on_from_what_was_sealed() {
        let passed = |rules, (total, running): (&str, Option<&str>), entries: &[Line], balances: &[Line]| {
            let mut chains = Chains::new(rules);
            chains.begin("a", "STAR", total, running);
            assert!(Rows::of(COLUMNS).take(&rows(entries), |left| chains.entry(left)));
            assert!(Rows::of(COLUMNS).take(&rows(balances), |left| chains.balance(left)));
            chains.finish().unwrap()
        };
        let whole =
            |sealed, entries: &[Line], at: i64| passed(RULES, sealed, entries, &[balance(at)]).suspects.is_empty();
        let sealed = ("5", Some("5"));
        assert!(whole(sealed, &[], 5) && whole(sealed, &[entry(-2, 3, 1), entry(1, 4, 2)], 4));
        assert!(
            !whole(sealed, &[], 6) && !whole(sealed, &[entry(-2, 3, 1)], 5) && !whole(sealed, &[entry(-2, 4, 1)], 4)
        );
        // The sum and the last running balance differ, or one of both is no native integer.
        for odd in
            [("5", Some("4")), ("4", Some("5")), ("5.0", Some("5")), ("5", Some("5.0")), ("9999999999999999999", None)]
        {
            assert!(!whole(odd, &[], 5) && !whole(odd, &[], 4), "{odd:?}");
        }
        // Entries with a running balance beside entries without one.
        let chainless = ("a", [Some(-2), None, Some(1), None]);
        assert!(whole(("5", None), &[chainless], 3) && !whole(("5", None), &[entry(-2, 3, 1)], 3));
        assert!(!whole(sealed, &[chainless], 3));
        let nothing = passed(RULES, sealed, &[], &[]);
        assert_eq!(nothing.suspects, BTreeSet::from(["a".to_owned()]));
        let total = &nothing.units["STAR"];
        assert_eq!((total.entries, total.holders, total.chains), (0, 1, 1));
        let opening = Rules { opening: true, ..RULES };
        let opened = |n| [("a", [Some(5), None, None, Some(n)])];
        let suspects = |n| passed(opening, ("3", Some("5")), &[], &opened(n)).suspects.len();
        assert_eq!((suspects(2), suspects(3)), (0, 1));
        let mut chains = Chains::new(Rules { id: Id::Uuid, ..RULES });
        chains.begin("A0000000-0000-4000-8000-000000000000", "STAR", "5", None);
        assert!(chains.has_given_up());
    }

    #[test]
    fn accounts_without_running_balances_are_summed() {
        let entries = [("b", [Some(2), None, Some(9), None]), ("b", [Some(-1), None, Some(3), None])];
        let balance = |n| [("b", [Some(n), None, None, None])];
        assert_eq!(
            (suspects(RULES, &entries, &balance(1)), suspects(RULES, &entries, &balance(2))),
            (vec![], vec!["b".into()])
        );
        let whole = passed(RULES, &[&entries[..], &[entry(5, 5, 1)]].concat(), &balance(1)).unwrap();
        assert_eq!(whole.suspects, BTreeSet::from(["a".to_owned()]));
        let total = Total { entries: 3, total: 6, accounts: 2, balance: 1, opening: 0, holders: 2, chains: 1 };
        assert_eq!(whole.units.into_values().collect::<Vec<_>>(), [total]);
        let huge = ("b", [Some(i64::MAX), None, Some(4), None]);
        assert_eq!(suspects(RULES, &[entries[0], huge], &balance(1)), ["b"]);
    }

    #[test]
    fn a_pass_gives_up_where_it_cannot_hold_or_read_the_accounts() {
        let few = Rules { most: 1, ..RULES };
        assert!(passed(few, &[entry(1, 1, 1), ("b", [Some(0); 4])], &[]).is_err());
        let mut chains = Chains::new(RULES);
        let nobody = copied(COLUMNS, &[vec![None, Some(b"STAR".to_vec()), None, None, None, None]]);
        assert!(Rows::of(COLUMNS).take(&nobody, |left| chains.entry(left)));
        assert!(chains.has_given_up() && chains.finish().is_err());
    }

    #[test]
    fn an_id_is_written_as_the_server_does() {
        assert_eq!(Id::Integer.text(&7i64.to_be_bytes()).as_deref(), Some("7"));
        assert_eq!(Id::Uuid.text(&[1; 16]).as_deref(), Some("01010101-0101-0101-0101-010101010101"));
        assert_eq!((Id::Uuid.text(&[1]), Id::Text.text(&[0xff])), (None, None));
        assert_eq!(Id::Integer.bytes("7"), Some(7i64.to_be_bytes().to_vec()));
        assert_eq!(Id::Uuid.bytes("01010101-0101-0101-0101-010101010101"), Some(vec![1; 16]));
        for (id, other) in
            [(Id::Integer, "+7"), (Id::Integer, "07"), (Id::Uuid, ""), (Id::Uuid, "01010101010101010101010101010101")]
        {
            assert_eq!(id.bytes(other), None, "{other}");
        }
    }
}
