//! `pack.toml` of a draft.

use super::states::{Placed, quoted, toml};

/// The text of the file.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub detect: Vec<String>,
    pub tables: Vec<String>,
    /// Of a ledger: whether entries carry the balance, whether a sequence orders them, whether it is double entry.
    pub ledger: Option<(bool, bool, bool)>,
    /// Of payments: what amounts count, and the words of their states.
    pub payments: Option<(&'static str, Placed)>,
    /// Of refunds: the words of their states.
    pub refunds: Option<Placed>,
    /// Of jobs: what they lack, and the words of their states.
    pub jobs: Option<(Vec<&'static str>, Placed)>,
}

impl Manifest {
    /// The file of a pack called `name`.
    pub fn text(&self, name: &str, schema: &str) -> String {
        let list = |items: &[String]| items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", ");
        let mut text = format!(
            "# The mapping from this schema to bursar. Every other file here is a query that returns canonical rows.
name = {0}
title = {0}
# The schema that the tables live in; the queries name them without it.
schema = {1}
# Columns that must all exist, and exist together in no other application's database.
detect = [{2}]
# Every table that the queries read: each is counted, and a check may read only these.
tables = [{3}]
# The sign rules in words, for the next reader.
signs = \"\"

[thresholds]
# The furthest that an entry may be dated ahead of the server's clock, in seconds.
future_tolerance_secs = 300
",
            quoted(name),
            quoted(schema),
            list(&self.detect),
            list(&self.tables),
        );
        if let Some((running, by_seq, balanced)) = self.ledger {
            text.push_str(&format!(
                "\n[ledger]\n# true if each entry carries the balance after it.\nrunning = {running}\n"
            ));
            if by_seq {
                text.push_str("# More accounts chain by this than by time.\norder = \"seq\"\n");
            }
            if balanced {
                text.push_str("# Double entry: the entries of one reference sum to zero.\nbalanced = \"ref\"\n");
            }
        }
        if let Some((amounts, states)) = &self.payments {
            text.push_str(&format!(
                "\n[payments]\n# The scale of the amounts: the smallest unit of the currency (minor), the currency itself (major), or Stripe's own (stripe).\namounts = {}\n",
                quoted(amounts)
            ));
            if !states.0.is_empty() {
                text.push_str("\n# The meaning of each status.\n[payments.states]\n");
            }
            text.push_str(&toml(states));
        }
        if let Some(states) = &self.refunds {
            text.push_str(&format!("\n# The meaning of each status of a refund.\n[refunds.states]\n{}", toml(states)));
        }
        if let Some((lacks, states)) = &self.jobs {
            let lacks: Vec<String> = lacks.iter().map(|l| (*l).to_owned()).collect();
            text.push_str(&format!(
                "\n[jobs]\n# Facts that the jobs do not hold, of \"leases\", \"workers\", \"starts\", \"ends\", \"attempts\", \"added\" and \"done\".\nlacks = [{}]\n# The longest that a job may wait for a worker before bursar reports it, in seconds.\npatience_secs = 60\n\n# The meaning of each status. A failed job is retried automatically, a dead one is not. Somebody\n# forbade a cancelled one, and something holds a waiting one back.\n[jobs.states]\n{}",
                list(&lacks),
                toml(states)
            ));
        }
        text
    }
}
