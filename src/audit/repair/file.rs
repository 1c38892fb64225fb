//! A plan as a file that people read and edit. What comes from the database is written by the TOML
//! library, and no comment can be left through a line break in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use toml::Spanned;

use super::model::{Action, Header, Plan, Proposal, Proposed, RepairLine, SCHEMA_VERSION};
use crate::error::{Error, Result};
use crate::text::{escape, is_blank};

const OPENING: &str = "\
# A plan of repair. Nothing is done until `bursar audit repair --apply` is given this file, and then only what stands
# here: read each line, delete what should not be done, and fill in the reasons. Entries are never edited or removed.
#
#   rebuild_cache   sets a cached balance to what the ledger says; one that takes from an account needs your reason
#   adjust          sets it so too, and adds an entry that brings it back to what people saw
#   acknowledge     takes a break as it is, with your reason: the chain, and the balance with it, goes on from there
";

/// The plan as the text of its file.
///
/// # Errors
/// If a value cannot be written as TOML, which no value of a plan can bring about.
pub fn render(header: &Header, proposed: &Proposed) -> Result<String> {
    let mut out = format!("{OPENING}\n{}", toml_of(header)?);
    for proposal in &proposed.proposals {
        let _ = write!(out, "\n[[line]]\n{}{}", sides(proposal), toml_of(&proposal.line)?);
        if let Some(alternative) = &proposal.alternative {
            let RepairLine { from, to, amount, .. } = alternative;
            let text = |fact: &Option<String>| escape(fact.as_deref().unwrap_or_default()).into_owned();
            let _ = writeln!(
                out,
                "\n# If the balance of {} is owed, put this in the place of the line above: the cache is set to the ledger's {},\n# and an entry of {} brings both to {0}.",
                text(from),
                text(to),
                text(amount)
            );
            for line in format!("[[line]]\n{}", toml_of(alternative)?).lines() {
                let _ = writeln!(out, "# {line}");
            }
        }
    }
    for not in &proposed.not_mended {
        let _ = write!(
            out,
            "\n# Not mended here: {}: {}\n#   {}\n",
            escape(&not.check),
            escape(&not.what),
            escape(&not.remedy)
        );
    }
    Ok(out)
}

/// Both sides of a balance and the effect of the line on the account, as a comment.
fn sides(proposal: &Proposal) -> String {
    let text = |fact: Option<&String>| escape(fact.map_or("", String::as_str)).into_owned();
    let line = &proposal.line;
    let gap = text(line.gap.as_ref());
    let amount = text(proposal.alternative.as_ref().and_then(|other| other.amount.as_ref()));
    match line.action {
        // Whether the balance is wrong by as much is another question, which only the balance's own finding answers.
        Action::Acknowledge if gap.is_empty() => String::new(),
        Action::Acknowledge => match gap.strip_prefix('-') {
            Some(less) => format!("# Accepted, the chain of running balances falls by {less} here without an entry.\n"),
            None => format!("# Accepted, the chain of running balances rises by {gap} here without an entry.\n"),
        },
        Action::RebuildCache | Action::Adjust => {
            let (from, to) = (text(line.from.as_ref()), text(line.to.as_ref()));
            let does = match amount.strip_prefix('-') {
                Some(less) => format!("gives the account {less}"),
                None => format!("takes {amount} from what the account had, so it needs a reason"),
            };
            format!("# cache {from}, ledger {to}: this line {does}.\n")
        }
    }
}

fn toml_of<T: serde::Serialize>(value: &T) -> Result<String> {
    toml::to_string(value).map_err(|e| Error::failed(format!("a plan cannot be written as TOML: {e}")))
}

/// The file, before its lines are looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: u32,
    app: String,
    database: String,
    system_identifier: Option<String>,
    #[serde(default)]
    snapshot: String,
    #[serde(default)]
    planned_at: String,
    #[serde(default)]
    line: Vec<Spanned<toml::Table>>,
}

/// Reads a plan. `name` is the file's, for messages.
///
/// # Errors
/// Usage errors with the line: no TOML, an unknown key, a fact that is missing, a reason that is
/// blank, one balance that is set twice.
pub fn parse(name: &str, text: &str) -> Result<Plan> {
    let file: File = toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(String::new(), |span| format!(":{}", line_of(text, span.start)));
        Error::usage(format!("{name}{at}: {}", e.message()))
    })?;
    if file.schema_version != SCHEMA_VERSION {
        return Err(Error::usage(format!(
            "{name} is a plan of version {}, and this bursar reads version {SCHEMA_VERSION}",
            file.schema_version
        ))
        .hint("bursar audit repair --plan FILE"));
    }
    let mut lines = Vec::new();
    let mut seen = BTreeMap::new();
    for table in file.line {
        let number = line_of(text, table.span().start);
        let wrong = |why: String| Error::usage(format!("{name}:{number}: {why}"));
        let mut line = RepairLine::deserialize(table.into_inner().into_deserializer())
            .map_err(|e: toml::de::Error| wrong(e.message().to_owned()))?;
        line.number = number;
        if let Some(key) = missing(&line) {
            return Err(wrong(format!("{} needs `{key}`", line.action.name())));
        }
        if line.needs_reason() && is_blank(&line.reason) {
            let takes = if line.takes() { " to take from an account" } else { "" };
            return Err(wrong(format!("{} needs a reason{takes}", line.action.name()))
                .hint("say why in `reason`, for whoever reads the log later; or delete the line"));
        }
        // Two lines would act on one fact, whichever of the two ways to set a balance they choose.
        if let Some(other) = seen.insert(line.fingerprint.clone(), number) {
            return Err(wrong(format!("line {other} is about the same finding")).hint("keep one of the two"));
        }
        lines.push(line);
    }
    let File { schema_version, app, database, system_identifier, snapshot, planned_at, .. } = file;
    let header = Header { schema_version, app, database, system_identifier, snapshot, planned_at };
    Ok(Plan { header, lines })
}

/// The fact that a line of this kind has to have and lacks.
fn missing(line: &RepairLine) -> Option<&'static str> {
    let RepairLine { from, to, amount, entry, .. } = line;
    let facts: &[(&str, &Option<String>)] = match line.action {
        Action::RebuildCache => &[("from", from), ("to", to)],
        Action::Adjust => &[("from", from), ("to", to), ("amount", amount)],
        Action::Acknowledge => &[("entry", entry)],
    };
    facts.iter().find(|(_, fact)| fact.is_none()).map(|(key, _)| *key)
}

/// The line of a place in a text, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::NotMended;
    use super::{Action, Header, Proposal, Proposed, RepairLine, parse, render};

    fn planned(account: &str, unit: &str, what: &str) -> (Header, Proposed) {
        let line = RepairLine {
            action: Action::RebuildCache,
            account: account.to_owned(),
            unit: unit.to_owned(),
            check: "ledger.balance".into(),
            fingerprint: "f".into(),
            what: what.to_owned(),
            from: Some("1.50".into()),
            to: Some("1".into()),
            amount: None,
            entry: None,
            gap: None,
            reason: String::new(),
            number: 0,
        };
        let alternative = RepairLine { action: Action::Adjust, amount: Some("0.50".into()), ..line.clone() };
        let header = Header {
            schema_version: 1,
            app: "a".into(),
            database: unit.to_owned(),
            system_identifier: None,
            snapshot: "s".into(),
            planned_at: "t".into(),
        };
        let not = NotMended { check: "ledger.total".into(), what: what.to_owned(), remedy: account.to_owned() };
        let proposals = vec![Proposal { line, alternative: Some(alternative) }];
        (header, Proposed { proposals, not_mended: vec![not] })
    }

    proptest! {
        /// Whatever text a database holds: it comes back as it was, and nothing of it becomes a line.
        #[test]
        fn a_plan_says_what_it_was_made_of(account in "(?s).{0,40}", unit in "[\"'\\\\\n\r#\\[\\]=a]{0,12}", what in "(?s).{0,60}") {
            let (header, mut proposed) = planned(&account, &unit, &what);
            // It takes from an account.
            proposed.proposals[0].line.reason = "why".to_owned();
            let plan = parse("x", &render(&header, &proposed).unwrap()).unwrap();
            prop_assert_eq!(&plan.header, &header);
            prop_assert_eq!(plan.lines.len(), 1);
            let line = RepairLine { number: 0, ..plan.lines[0].clone() };
            prop_assert_eq!(&line, &proposed.proposals[0].line);
        }

        /// The commented line is one as it stands once its marks are taken away.
        #[test]
        fn the_alternative_can_take_the_lines_place(account in "(?s).{0,40}", unit in "(?s).{0,12}") {
            let (header, proposed) = planned(&account, &unit, "w");
            let text = render(&header, &proposed).unwrap();
            let comment = text.split("# [[line]]\n").nth(1).unwrap().lines().map_while(|l| l.strip_prefix("# "));
            let other = comment.collect::<Vec<_>>().join("\n").replace("reason = \"\"", "reason = \"why\"");
            let head = text.split("[[line]]").next().unwrap();
            let plan = parse("x", &format!("{head}[[line]]\n{other}\n")).unwrap();
            prop_assert!(plan.lines[0].agrees(proposed.proposals[0].alternative.as_ref().unwrap()));
        }
    }
}
