//! Entries that form a loop apart from the chain: they add up to nothing, so that no sum shows them,
//! and each of them starts where another one ended.

use std::collections::HashMap;

/// The balances that an account's entries lead from and to, joined where an entry connects them.
/// Entries form one chain from zero only where all their balances are joined with zero.
#[derive(Default)]
pub(super) struct Joined {
    places: HashMap<String, usize>,
    parents: Vec<usize>,
}

impl Joined {
    /// An entry leads from one balance to another.
    pub(super) fn join(&mut self, before: &str, after: &str) {
        let (before, after) = (self.place(before), self.place(after));
        let (before, after) = (self.root(before), self.root(after));
        self.parents[before] = after;
    }

    /// True if entries lead from the one balance to the other, in whatever direction.
    pub(super) fn together(&mut self, one: &str, other: &str) -> bool {
        let (one, other) = (self.place(one), self.place(other));
        self.root(one) == self.root(other)
    }

    fn place(&mut self, balance: &str) -> usize {
        if let Some(place) = self.places.get(balance) {
            return *place;
        }
        let place = self.parents.len();
        self.places.insert(balance.to_owned(), place);
        self.parents.push(place);
        place
    }

    /// The one that stands for all that are joined with it; the way to it is halved on the way.
    fn root(&mut self, mut place: usize) -> usize {
        while self.parents[place] != place {
            self.parents[place] = self.parents[self.parents[place]];
            place = self.parents[place];
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::Joined;

    #[test]
    fn a_loop_apart_is_not_joined_with_the_chain() {
        let mut joined = Joined::default();
        for (before, after) in [("0", "10"), ("10", "7"), ("500", "600"), ("7", "12"), ("600", "500")] {
            joined.join(before, after);
        }
        assert!(joined.together("0", "12") && joined.together("500", "600"));
        assert!(!joined.together("0", "500"));
        joined.join("600", "7");
        assert!(joined.together("0", "500"));
    }
}
