//! The simulations of the built-in applications: a folder each, which knows its application's tables.

mod aethercrown;
mod avolve;
#[cfg(test)]
mod harness;
mod mimivibe;
mod organic_os;
mod rules;

use super::model::Simulate;

/// The pack that the demonstration shows: the reference system.
pub const DEMONSTRATION: &str = "mimivibe";

/// The simulations, by the names of the packs whose databases they fill.
const SIMULATIONS: [(&str, Simulate); 4] = [
    ("aethercrown", aethercrown::simulate),
    ("avolve", avolve::simulate),
    ("mimivibe", mimivibe::simulate),
    ("organic-os", organic_os::simulate),
];

/// The simulation for the built-in pack of this name.
pub fn simulation(name: &str) -> Option<Simulate> {
    SIMULATIONS.iter().find(|(known, _)| *known == name).map(|(_, simulate)| *simulate)
}

#[cfg(test)]
mod tests {
    use super::SIMULATIONS;
    use super::harness::System;
    use crate::error::Kind;

    #[test]
    fn every_system_has_a_simulation() {
        assert_eq!(SIMULATIONS.map(|(name, _)| name).to_vec(), crate::packs::systems());
    }

    #[test]
    fn the_same_seed_makes_the_same_rows_and_another_one_others() {
        for (name, _) in SIMULATIONS {
            let system = System::new(name);
            let text = |seed| -> Vec<Vec<u8>> {
                system.simulated(seed, 90).tables().iter().map(|t| t.text().to_vec()).collect()
            };
            let (first, second, other) = (text(1), text(1), text(2));
            assert_eq!(first, second, "{name}");
            assert_ne!(first, other, "{name}");
        }
    }

    #[test]
    fn people_are_counted_by_the_first_table() {
        for (name, _) in SIMULATIONS {
            let batch = System::new(name).simulated(1, 9);
            assert_eq!((batch.tables()[0].name, batch.tables()[0].rows), ("users", 120), "{name}");
        }
    }

    #[test]
    fn any_length_of_history_will_do_but_none() {
        for (name, _) in SIMULATIONS {
            for first in [0, 500] {
                let system = System::new(name).from(first);
                for days in [1, 2, 400] {
                    assert!(system.try_simulated(4, days).is_ok(), "{name}: {days} days");
                }
                assert_eq!(system.try_simulated(4, 0).map(drop).map_err(|e| e.kind), Err(Kind::Usage), "{name}");
            }
        }
    }

    #[test]
    fn a_wrong_key_of_the_style_is_a_usage_error_that_names_it() {
        for (name, _) in SIMULATIONS {
            for key in System::new(name).keys() {
                let message = System::new(name).complaint(|style| drop(style.remove(&key)));
                assert!(message.contains(&key), "{name}: {message}");
            }
            let message = System::new(name).complaint(|style| drop(style.insert("typo".to_owned(), 1.into())));
            assert!(message.contains("typo"), "{name}: {message}");
        }
    }
}
