//! The run of a history: every event goes to what it is about.

use super::model::Event;
use super::world::World;

impl World<'_> {
    /// Lets everything happen, and writes the rows that could change until then.
    pub fn run(&mut self) {
        while let Some((at, who, event)) = self.next_event() {
            match event {
                Event::Visit => self.visit(who, at),
                Event::Ask { more } => self.ask(who, at, more),
                Event::Pay { more } => self.pay(who, at, more),
                Event::Paid { payment, more } => self.paid(who, at, payment, more),
                Event::TakeBack { payment } => self.take_back(who, at, payment),
                Event::Answered(answer) => self.answered(who, at, &answer),
                Event::GiveBack { reading, stars } => self.give_back(who, at, reading, stars),
                Event::Accepted(sent) => self.accepted(who, at, &sent),
                Event::Adjust => self.adjust(who, at),
                Event::Reverse { entry, unit, delta } => self.reverse(who, at, entry, unit, delta),
            }
        }
        self.write_payments();
        self.write_people();
    }
}
