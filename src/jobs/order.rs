//! The order in which workers take the jobs of several queues.

use super::judge::silence;
use super::queue::Queue;
use super::registry::Registered;

/// The order in which some workers take jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// The queues that they take; none where these are all.
    queues: Option<Vec<String>>,
    /// True if they take all jobs of one queue before those of the next one.
    in_turn: bool,
}

/// The orders in which the workers take the jobs of one queue, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Orders {
    /// The orders; there is always one.
    pub orders: Vec<Order>,
    /// False where workers may take jobs of other queues first and nothing tells it. The order is then that of the one queue.
    pub told: bool,
}

impl Orders {
    /// The orders of the workers that take jobs of a queue and kind.
    pub(super) fn of(
        queue: &Queue<'_>,
        workers: Option<&[Registered]>,
        own: Option<&str>,
        kind: Option<&str>,
    ) -> Orders {
        let Some(own) = own else { return Orders::one(None, true) };
        if !queue.jobs.across_queues {
            return Orders::one(Some(own), true);
        }
        // Where the application registers no workers at all, each takes every queue.
        if queue.jobs.workers.is_none() {
            return Orders::one(None, true);
        }
        let patience = silence(i64::from(queue.jobs.patience_secs));
        let mut orders: Vec<Order> = Vec::new();
        for worker in workers.unwrap_or_default().iter().filter(|w| w.is_alive(patience) && w.takes(Some(own), kind)) {
            let Some(in_turn) = worker.in_turn else { return Orders::one(Some(own), false) };
            let order = Order { queues: worker.queues.clone(), in_turn };
            if !orders.contains(&order) {
                orders.push(order);
            }
        }
        match orders.is_empty() {
            true => Orders::one(Some(own), false),
            false => Orders { orders, told: true },
        }
    }

    fn one(own: Option<&str>, told: bool) -> Orders {
        let queues = own.map(|own| vec![own.to_owned()]);
        Orders { orders: vec![Order { queues, in_turn: false }], told }
    }
}

impl Order {
    /// The place of a queue: a smaller one goes first, whatever the priority. None where they do not take it.
    pub(super) fn place(&self, queue: Option<&str>) -> Option<usize> {
        let Some(queues) = &self.queues else { return Some(0) };
        let at = queues.iter().position(|name| Some(name.as_str()) == queue)?;
        Some(if self.in_turn { at } else { 0 })
    }

    /// The queues of which they take all jobs before those of a queue.
    pub(super) fn first(&self, own: Option<&str>) -> Vec<String> {
        let place = self.place(own).unwrap_or_default();
        self.queues.iter().flatten().take(place).cloned().collect()
    }

    /// The queues whose jobs they take in one order with those of a queue; none where these are all.
    pub(super) fn together(&self, own: Option<&str>) -> Option<Vec<String>> {
        match (self.in_turn, own) {
            (true, Some(own)) => Some(vec![own.to_owned()]),
            _ => self.queues.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn a_queue_goes_before_another_only_where_they_are_taken_in_turn() {
        let order = |names: &[&str], in_turn| Order {
            queues: Some(names.iter().map(|&name| name.to_owned()).collect()),
            in_turn,
        };
        let turn = order(&["a", "b", "c"], true);
        assert_eq!((turn.place(Some("a")), turn.place(Some("c")), turn.place(Some("d"))), (Some(0), Some(2), None));
        assert_eq!((turn.first(Some("b")), turn.first(Some("a"))), (vec!["a".to_owned()], Vec::new()));
        assert_eq!(turn.together(Some("b")), Some(vec!["b".to_owned()]));
        let one = order(&["a", "b"], false);
        assert_eq!(
            (one.place(Some("b")), one.first(Some("b")), one.together(Some("b"))),
            (Some(0), Vec::new(), one.queues.clone())
        );
        let all = Order { queues: None, in_turn: false };
        assert_eq!((all.place(Some("b")), all.place(None), all.together(Some("b"))), (Some(0), Some(0), None));
    }
}
