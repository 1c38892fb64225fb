//! Questions, their readings, and the cost.

use rand::RngExt as _;
use uuid::Uuid;

use super::model::{Answer, Event, For, Unit};
use super::world::World;
use crate::seed::Field;
use crate::seed::clock::{At, HOUR, MILLISECOND, MINUTE, SECOND, any, between, chance, delay, uuid};

impl World<'_> {
    /// Somebody has a question: they ask it, or get the stars for it first, or leave.
    pub fn ask(&mut self, who: usize, at: At, more: u32) {
        let style = &self.style.readings;
        let (three, five) = (i64::from(style.three_cards), i64::from(style.five_cards));
        let free = self.people[who].free_stars();
        let wants_five = chance(self.rng, style.five);
        if wants_five && free >= five {
            self.queue(who, at, 5, five, more);
        } else if free >= three && !(wants_five && chance(self.rng, style.insisting)) {
            // Who cannot afford five cards is mostly content with three.
            self.queue(who, at, 3, three, more);
        } else if self.exchange(who, at) {
            let again = at + delay(self.rng, (5.0, 60.0), SECOND);
            self.plan(again, who, Event::Ask { more });
        } else if chance(self.rng, self.style.payments.buy) {
            let pays = at + delay(self.rng, (15.0, 120.0), SECOND);
            self.plan(pays, who, Event::Pay { more });
        }
    }

    /// A reading is ready: it is stored and paid for.
    pub fn answered(&mut self, who: usize, at: At, answer: &Answer) {
        let style = self.style;
        let bad = chance(self.rng, style.readings.bad);
        self.write_reading(who, at, answer, bad);
        self.people[who].reserved -= answer.stars;
        let debited = at + between(self.rng, (200, 900));
        self.entry(who, debited, "reading", (Unit::Star, -answer.stars), For::Reading(answer.reading), None);
        if bad {
            let from = debited + delay(self.rng, style.readings.give_back_hours, HOUR);
            let back = self.clock.pick(self.rng, &style.office, (from, from + 18 * HOUR));
            self.plan(back, who, Event::GiveBack { reading: answer.reading, stars: answer.stars });
        }
        // Whoever had to wait for too long has closed the application.
        if answer.more > 0 && at - answer.asked < 10 * MINUTE {
            let next = at + delay(self.rng, style.readings.pause_secs, SECOND);
            self.plan(next, who, Event::Ask { more: answer.more - 1 });
        }
    }

    /// A reading that made no sense gives its stars back.
    pub fn give_back(&mut self, who: usize, at: At, reading: Uuid, stars: i64) {
        self.entry(who, at, "refund", (Unit::Star, stars), For::Reading(reading), None);
    }

    /// Changes coins into stars, as many as there are. Returns whether there were enough for one.
    pub fn exchange(&mut self, who: usize, at: At) -> bool {
        let rate = i64::from(self.style.exchanges.coins);
        let stars = self.people[who].coins / rate;
        if stars == 0 {
            return false;
        }
        let exchange = uuid(self.rng);
        let metadata = format!(r#"{{"exchange_id":"{exchange}"}}"#);
        let (_, at) = self.entry(who, at, "exchange", (Unit::Coin, -stars * rate), For::Nothing, Some(&metadata));
        let credited = at + between(self.rng, (150, 800));
        self.entry(who, credited, "exchange", (Unit::Star, stars), For::Nothing, Some(&metadata));
        true
    }

    fn write_reading(&mut self, who: usize, at: At, answer: &Answer, bad: bool) {
        let style = self.style;
        let thai = self.people[who].thai != chance(self.rng, style.accounts.other_language);
        let language = if thai { &style.texts.th } else { &style.texts.other };
        let question = any(self.rng, &language.questions);
        let time = any(self.rng, &language.times);
        let said = any(self.rng, &language.readings);
        let cards = self.spread(answer.cards);
        let text = format!("{}{time}{}", question.text, language.ending);
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let analysis = format!(r#"{{"topic":{}}}"#, question.topic.0);
        let reading = format!(r#"{{"mood":{},"summary":{}}}"#, said.mood.0, said.text.0);
        let fields = [
            Field::Uuid(answer.reading),
            Field::Uuid(self.people[who].id),
            Field::Text(&text),
            Field::Int(length),
            Field::Text(&language.locale),
            Field::Int(i64::from(answer.cards)),
            Field::Text(&cards),
            Field::Text(&analysis),
            Field::Text(&reading),
            Field::Int((answer.took / MILLISECOND).max(1)),
            Field::Uuid(answer.job),
            Field::Int(i64::from(answer.attempts)),
            if bad { Field::Text(r#"{"complaint":true}"#) } else { Field::Null },
            self.clock.field(at),
            self.clock.field(at),
        ];
        self.batch.row(self.tables.readings, &fields);
    }

    /// Cards as JSON, none of them twice.
    fn spread(&mut self, cards: u8) -> String {
        let style = self.style;
        let mut drawn: [usize; 5] = [usize::MAX; 5];
        let mut text = String::with_capacity(32 * usize::from(cards));
        for place in 0..usize::from(cards).min(drawn.len()) {
            // There are more cards than places, so another draw finds one that is not there yet.
            let card = loop {
                let card = self.rng.random_range(0..style.texts.cards.len());
                if !drawn.contains(&card) {
                    break card;
                }
            };
            drawn[place] = card;
            text.push(if place == 0 { '[' } else { ',' });
            let quoted = &style.texts.cards[card].0;
            if chance(self.rng, style.readings.reversed) {
                text.push_str(&quoted[..quoted.len() - 1]);
                text.push_str(r#", reversed""#);
            } else {
                text.push_str(quoted);
            }
        }
        text.push(']');
        text
    }
}
