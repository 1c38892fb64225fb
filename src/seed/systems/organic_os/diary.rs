//! The entries that somebody makes about their days.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::days;
use super::people::{Person, World};
use super::style::{Value, within};
use crate::seed::Field;
use crate::seed::clock::{At, DAY, HOUR, SECOND, any, chance, span, uuid};

/// The usual values of a person.
struct Usual {
    sleep: f64,
    water: f64,
    exercise: f64,
    meditation: f64,
    mood: f64,
    energy: f64,
}

impl World<'_> {
    /// An entry a day, as long as the habit lasts.
    pub fn keep_a_diary(&mut self, person: &Person) {
        let style = self.style;
        let rules = &style.wellness;
        let usual = Usual {
            sleep: own_mean(self.rng, &rules.sleep_hours),
            water: own_mean(self.rng, &rules.water_ml),
            exercise: own_mean(self.rng, &rules.exercise_minutes),
            meditation: own_mean(self.rng, &rules.meditation_minutes),
            mood: own_mean(self.rng, &rules.mood),
            energy: own_mean(self.rng, &rules.energy),
        };
        let devotion = within(self.rng, rules.devotion);
        let (first, last) = (
            days::day(&self.clock, person.created, person.offset),
            days::day(&self.clock, self.clock.end - 1, person.offset),
        );
        let mut kept = true;
        for day in first..=last {
            kept = chance(self.rng, if kept { devotion } else { devotion * rules.comeback });
            if kept {
                self.enter(person, &usual, day);
            }
        }
    }

    /// The entry of one day, if there is time left to make it.
    fn enter(&mut self, person: &Person, usual: &Usual, day: i64) {
        let style = self.style;
        let rules = &style.wellness;
        let midnight = days::midnight(&self.clock, day, person.offset);
        let made = if chance(self.rng, rules.next_morning) {
            midnight + DAY + span(within(self.rng, rules.morning), HOUR)
        } else {
            midnight + span(within(self.rng, rules.evening), HOUR)
        };
        // Nobody makes an entry before they sign up.
        let made = (made + self.rng.random_range(0..SECOND)).max(person.created + 90 * SECOND);
        if made >= self.clock.end {
            return;
        }
        let slept = on_day(self.rng, usual.sleep, &rules.sleep_hours).clamp(0.0, 24.0);
        let lift = (slept - usual.sleep) * rules.rested;
        let mood = on_day(self.rng, usual.mood + lift, &rules.mood).clamp(0.0, 9.99);
        let energy = on_day(self.rng, usual.energy + lift, &rules.energy).clamp(0.0, 9.99);
        let water = on_day(self.rng, usual.water, &rules.water_ml);
        let exercise = on_day(self.rng, usual.exercise, &rules.exercise_minutes);
        let meditation = on_day(self.rng, usual.meditation, &rules.meditation_minutes);

        // People write quarters of an hour, glasses, and five minutes.
        let sleep = format!("{:.2}", (slept * 4.0).round() / 4.0);
        let (mood, energy) = (format!("{mood:.1}"), format!("{energy:.1}"));
        // The type would round 9.99 up to 10.
        let (mood, energy) =
            (if mood == "10.0" { "9.99" } else { &mood }, if energy == "10.0" { "9.99" } else { &energy });
        let date = days::date(day);
        let note = chance(self.rng, rules.noted).then(|| any(self.rng, &rules.notes).as_str());
        let changed = self.changed(made);
        let mut entered = |value: &Value| chance(self.rng, value.entered);
        let optional = [
            entered(&rules.sleep_hours).then_some(Field::Text(&sleep)),
            entered(&rules.water_ml).then(|| steps(water, 250)),
            entered(&rules.exercise_minutes).then(|| steps(exercise, 5)),
            entered(&rules.meditation_minutes).then(|| steps(meditation, 5)),
            entered(&rules.mood).then_some(Field::Text(mood)),
            entered(&rules.energy).then_some(Field::Text(energy)),
            note.map(Field::Text),
        ]
        .map(|field| field.unwrap_or(Field::Null));
        let [sleep, water, exercise, meditation, mood, energy, note] = optional;
        let fields = [
            Field::Uuid(uuid(self.rng)),
            Field::Uuid(person.id),
            Field::Text(&date),
            sleep,
            water,
            exercise,
            meditation,
            mood,
            energy,
            note,
            self.clock.field(made),
            self.clock.field(changed),
        ];
        self.batch.row(self.tables.entries, &fields);
    }

    /// The time of the last change of an entry.
    fn changed(&mut self, made: At) -> At {
        if !chance(self.rng, self.style.wellness.changed) {
            return made;
        }
        (made + self.rng.random_range(0..2 * DAY)).min(self.clock.end - 1)
    }
}

/// The mean of one person.
fn own_mean(rng: &mut ChaCha8Rng, value: &Value) -> f64 {
    value.mean + value.people * rng.sample::<f64, _>(StandardNormal)
}

/// The value of one day.
fn on_day(rng: &mut ChaCha8Rng, usual: f64, value: &Value) -> f64 {
    usual + value.days * rng.sample::<f64, _>(StandardNormal)
}

/// A number in whole steps, and never below zero. A float becomes an integer by saturating.
fn steps(number: f64, step: u16) -> Field<'static> {
    let step = f64::from(step);
    Field::Int(((number / step).round() * step).clamp(0.0, 100_000.0) as i64)
}
