//! The clones that people make, and the tasks that the clones work through.

use chrono::TimeDelta;
use uuid::Uuid;

use super::model::{AiClone, Person};
use super::style::TaskKind;
use super::world::{World, quoted};
use crate::seed::Field;
use crate::seed::clock::{At, HOUR, MILLISECOND, MINUTE, SECOND, any, between, chance, delay, span, uuid, weighted};

/// The state of a task.
struct Task<'a> {
    id: Uuid,
    status: &'static str,
    error: Option<&'a str>,
    output: Option<String>,
    changed: At,
    completed: Option<At>,
}

impl<'a> World<'a> {
    pub fn make_clone(&mut self, person: &mut Person<'a>, at: At) {
        if !self.happens(at) {
            return;
        }
        let id = uuid(self.rng);
        let kind = &self.style.clones.kinds[weighted(self.rng, &self.style.clones.kinds, |k| k.weight)];
        let config = self.config();
        let number = person.clones.iter().filter(|c| c.kind.model_type == kind.model_type).count() + 1;
        self.log(person.subject("clone", id), "clone.created", at);
        person.clones.push(AiClone { id, kind, number, status: "active", config, created: at, updated: at });
    }

    /// Somebody tries other settings on one of their clones.
    pub fn reconfigure(&mut self, person: &mut Person<'a>, at: At) {
        let Some(place) = self.chosen(person, at) else { return };
        let config = self.config();
        let details = format!(r#"{{"changed_fields":["config"],"ip_address":"{}"}}"#, person.address);
        self.write_log(person.subject("clone", person.clones[place].id), "clone.updated", &details, "info", at);
        (person.clones[place].config, person.clones[place].updated) = (config, at);
    }

    /// A clone is not needed any more.
    pub fn retire(&mut self, person: &mut Person<'a>, at: At) {
        let Some(place) = self.chosen(person, at) else { return };
        let status = if chance(self.rng, self.style.clones.archived) { "archived" } else { "inactive" };
        let subject = person.subject("clone", person.clones[place].id);
        let (previous, fields) = (person.clones[place].status, r#"["status"]"#);
        self.log_change(subject, ("clone.retired", "info"), (previous, status), fields, at);
        (person.clones[place].status, person.clones[place].updated) = (status, at);
    }

    /// The place of one of somebody's active clones, if they have any and the time has not run out.
    fn chosen(&mut self, person: &Person<'a>, at: At) -> Option<usize> {
        let active: Vec<usize> = (0..person.clones.len())
            .filter(|place| person.clones[*place].status == "active" && person.clones[*place].updated < at)
            .collect();
        (self.happens(at) && !active.is_empty()).then(|| *any(self.rng, &active))
    }

    fn config(&mut self) -> String {
        let style = &self.style.clones;
        let version: &String = any(self.rng, &style.model_versions);
        let (temperature, tokens) = (any(self.rng, &style.temperatures), any(self.rng, &style.max_tokens));
        format!(
            r#"{{"model_version":{},"temperature":{temperature},"max_tokens":{tokens},"custom_parameters":{{}}}}"#,
            quoted(version),
        )
    }

    /// Gives one of somebody's clones a task, and follows it until it is done, given up, or the history ends.
    pub fn work(&mut self, person: &mut Person<'a>, at: At) {
        let Some(place) = self.chosen(person, at) else { return };
        let clone = person.clones[place].id;
        let style = &self.style.tasks;
        let kind = &style.kinds[weighted(self.rng, &style.kinds, |k| k.weight)];
        let priority = &style.priorities[weighted(self.rng, &style.priorities, |p| p.weight)].name;
        let input = self.input(kind, at);
        let id = uuid(self.rng);
        let mut task = Task { id, status: "pending", error: None, output: None, changed: at, completed: None };
        self.log(person.subject("task", id), "task.created", at);
        if at < self.clock.end - span(style.backlog_mins, MINUTE) {
            let mut tries = 1;
            while self.attempt(person, &mut task) && tries < style.most_tries && chance(self.rng, style.put_back) {
                tries += 1;
                if !self.put_back(person, &mut task) {
                    break;
                }
            }
        }
        let fields = [
            Field::Uuid(id),
            Field::Uuid(clone),
            Field::Text(&kind.name),
            Field::Text(&input),
            Field::Text(task.output.as_deref().unwrap_or("{}")),
            Field::Text(task.status),
            Field::Text(priority),
            Field::or_null(task.error, Field::Text),
            self.clock.field(at),
            self.clock.field(task.changed),
            Field::or_null(task.completed, |at| self.clock.field(at)),
        ];
        self.batch.row(self.tables.tasks, &fields);
    }

    /// A clone takes a task up and completes it or not. Returns whether it failed.
    fn attempt(&mut self, person: &Person<'a>, task: &mut Task<'a>) -> bool {
        let style = &self.style.tasks;
        let started = task.changed + delay(self.rng, style.wait_ms, MILLISECOND).max(MILLISECOND);
        if !self.move_task(person, task, "in_progress", r#"["status"]"#, started) {
            return false;
        }
        let fails = chance(self.rng, self.failing(started));
        let took = delay(self.rng, if fails { style.failure_secs } else { style.success_secs }, SECOND);
        let ended = started + took.max(MILLISECOND);
        if fails {
            let failed = self.move_task(person, task, "failed", r#"["status","error_message"]"#, ended);
            if failed {
                task.error = Some(&style.errors[weighted(self.rng, &style.errors, |e| e.weight)].name);
            }
            return failed;
        }
        let fields = r#"["status","task_output","completed_at"]"#;
        if self.move_task(person, task, "completed", fields, ended) {
            task.completed = Some(ended);
            task.output = Some(self.output(took));
        }
        false
    }

    /// Puts a failed task back into the queue. Returns true if there was time for it.
    fn put_back(&mut self, person: &Person<'a>, task: &mut Task<'a>) -> bool {
        let at = task.changed + delay(self.rng, self.style.tasks.put_back_mins, MINUTE).max(SECOND);
        let moved = self.move_task(person, task, "pending", r#"["status","error_message"]"#, at);
        if moved {
            task.error = None;
        }
        moved
    }

    fn move_task(
        &mut self,
        person: &Person<'a>,
        task: &mut Task<'a>,
        status: &'static str,
        fields: &str,
        at: At,
    ) -> bool {
        let happens = self.happens(at);
        if happens {
            let (action, level) = match status {
                "in_progress" => ("task.started", "info"),
                "completed" => ("task.completed", "info"),
                "failed" => ("task.failed", "error"),
                _ => ("task.put_back", "warning"),
            };
            self.log_change(person.subject("task", task.id), (action, level), (task.status, status), fields, at);
            (task.status, task.changed) = (status, at);
        }
        happens
    }

    /// The chance that an attempt fails at a time.
    fn failing(&self, at: At) -> f64 {
        let style = &self.style.tasks;
        let incident = style.incidents.iter().find(|i| {
            let ended = self.clock.end - span(i.ended_hours_ago, HOUR);
            (ended - span(i.hours, HOUR)..ended).contains(&at)
        });
        incident.map_or(style.failing, |i| i.failing)
    }

    fn input(&mut self, kind: &TaskKind, at: At) -> String {
        let days = *any(self.rng, &self.style.tasks.ranges);
        let end = self.clock.time(at).date_naive();
        let start = end - TimeDelta::days(i64::from(days));
        format!(
            r#"{{"dataset":{},"analysis_type":{},"date_range":{{"start":"{start}","end":"{end}"}}}}"#,
            quoted(&kind.dataset),
            quoted(&kind.analysis_type),
        )
    }

    fn output(&mut self, took: At) -> String {
        let style = &self.style.tasks;
        let records = between(self.rng, (i64::from(style.records.0), i64::from(style.records.1)));
        let (first, second): (&String, &String) = (any(self.rng, &style.insights), any(self.rng, &style.insights));
        let insights = if first == second { quoted(first) } else { format!("{},{}", quoted(first), quoted(second)) };
        let tenths = took * 10 / SECOND;
        format!(
            r#"{{"result":"success","data":{{"processed_records":{records},"insights":[{insights}]}},"execution_time":"{}.{}s"}}"#,
            tenths / 10,
            tenths % 10,
        )
    }

    pub fn write_clone(&mut self, user: Uuid, clone: &AiClone<'a>) {
        let name = match clone.number {
            1 => clone.kind.name.clone(),
            number => format!("{} {number}", clone.kind.name),
        };
        let fields = [
            Field::Uuid(clone.id),
            Field::Text(&name),
            Field::Text(&clone.kind.description),
            Field::Text(&clone.kind.model_type),
            Field::Text(clone.status),
            Field::Text(&clone.config),
            self.clock.field(clone.created),
            self.clock.field(clone.updated),
            Field::Uuid(user),
        ];
        self.batch.row(self.tables.clones, &fields);
    }
}
