//! An earlier look and this one, side by side.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::model::{CheckOutcome, CheckVerdict, Finding};

/// The difference between a finding and an earlier run's.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The check.
    pub check: String,
    /// The object of the finding.
    pub object: Option<String>,
    /// The earlier finding; `None` if there was none.
    pub before: Option<Finding>,
    /// The finding now; `None` if it is gone.
    pub after: Option<Finding>,
}

impl Change {
    /// The verdict that it has got worse to, if it has.
    pub fn worse(&self) -> Option<CheckVerdict> {
        let before = self.before.as_ref().map_or(CheckVerdict::Ok, |f| f.verdict);
        self.after.as_ref().map(|f| f.verdict).filter(|after| *after > before && *after >= CheckVerdict::Warn)
    }

    /// The difference of the two values, if both have one of the same unit.
    pub fn by(&self) -> Option<f64> {
        let (before, after) = (self.before.as_ref()?, self.after.as_ref()?);
        let number = |f: &Finding| f.value.as_ref()?.parse::<f64>().ok();
        (before.unit == after.unit).then(|| Some(number(after)? - number(before)?))?
    }
}

/// A check that was not compared with an earlier look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// The check.
    pub check: String,
    /// The earlier verdict; `None` if the earlier run was without the check.
    pub before: Option<CheckVerdict>,
    /// The verdict now.
    pub after: CheckVerdict,
    /// The reason why there is nothing to compare.
    pub why: String,
}

/// An earlier look and this one, side by side.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// The differences.
    pub changes: Vec<Change>,
    /// The checks that one of the two says nothing about.
    pub not_compared: Vec<NotCompared>,
    /// Number of checks that both runs answered.
    pub compared: usize,
}

/// Compares a run with an earlier one. Values that changed by less than a tenth are left out.
pub fn compare(before: &[CheckOutcome], after: &[CheckOutcome]) -> Comparison {
    let mut comparison = Comparison::default();
    for now in after {
        let then = before.iter().find(|o| o.check == now.check);
        match then.map_or(Err("the earlier run did not include it".to_owned()), |then| both(then, now)) {
            Ok(changes) => {
                comparison.compared += 1;
                comparison.changes.extend(changes);
            }
            Err(why) => {
                let (check, before) = (now.check.clone(), then.map(|o| o.verdict));
                comparison.not_compared.push(NotCompared { check, before, after: now.verdict, why });
            }
        }
    }
    comparison
}

/// The changes in one check, or the reason why there is nothing to compare.
fn both(then: &CheckOutcome, now: &CheckOutcome) -> Result<Vec<Change>, String> {
    let reason = |outcome: &CheckOutcome| outcome.reason.clone().unwrap_or_default();
    match (then.verdict == CheckVerdict::Skipped, now.verdict == CheckVerdict::Skipped) {
        (true, true) => Err(format!("skipped then and now: {}", reason(now))),
        (false, true) => Err(format!("skipped now: {}", reason(now))),
        (true, false) => Err(format!("skipped then: {}", reason(then))),
        (false, false) => Ok(changes(then, now)),
    }
}

fn changes(then: &CheckOutcome, now: &CheckOutcome) -> Vec<Change> {
    let mut changes = Vec::new();
    // What has no name of its own may be there twice, such as two replicas of one name.
    let mut old: BTreeMap<Option<&str>, VecDeque<&Finding>> = BTreeMap::new();
    for finding in &then.findings {
        old.entry(finding.object.as_deref()).or_default().push_back(finding);
    }
    for finding in &now.findings {
        let before = old.get_mut(&finding.object.as_deref()).and_then(VecDeque::pop_front);
        let change = Change {
            check: now.check.clone(),
            object: finding.object.clone(),
            before: before.cloned(),
            after: Some(finding.clone()),
        };
        let was: f64 = before.and_then(|f| f.value.as_ref()?.parse().ok()).unwrap_or(0.0);
        let grown = change.by().is_some_and(|by| by.abs() > was.abs() / 10.0 && by != 0.0);
        if before.is_none() || grown || before.is_some_and(|b| b.verdict != finding.verdict) {
            changes.push(change);
        }
    }
    changes.extend(old.into_values().flatten().map(|finding| Change {
        check: now.check.clone(),
        object: finding.object.clone(),
        before: Some(finding.clone()),
        after: None,
    }));
    changes
}

#[cfg(test)]
mod tests {
    use super::compare;
    use crate::inspect::{CheckOutcome, CheckVerdict, Finding};

    fn outcome(findings: &[(&str, CheckVerdict, &str)]) -> Vec<CheckOutcome> {
        let findings: Vec<Finding> = findings
            .iter()
            .map(|(object, verdict, value)| Finding {
                object: Some((*object).to_owned()),
                verdict: *verdict,
                message: String::new(),
                value: Some((*value).to_owned()),
                unit: Some("bytes".to_owned()),
            })
            .collect();
        vec![CheckOutcome {
            check: "a.b".to_owned(),
            title: String::new(),
            verdict: CheckVerdict::Ok,
            reason: None,
            incomplete: false,
            findings,
            why: String::new(),
            remedy: String::new(),
        }]
    }

    #[test]
    fn what_changed_is_told_and_what_got_worse() {
        use CheckVerdict::{Fail, Ok, Warn};
        let before = outcome(&[
            ("same", Ok, "100"),
            ("grown", Ok, "100"),
            ("worse", Warn, "1"),
            ("gone", Fail, "1"),
            ("better", Fail, "1"),
            ("two", Warn, "1"),
            ("two", Warn, "2"),
        ]);
        let after = outcome(&[
            ("same", Ok, "105"),
            ("grown", Ok, "150"),
            ("worse", Fail, "1"),
            ("new", Warn, "1"),
            ("better", Ok, "1"),
            ("two", Warn, "1"),
            ("two", Warn, "2"),
        ]);
        let compared = compare(&before, &after);
        assert_eq!((compared.compared, compared.not_compared), (1, Vec::new()));
        let found: Vec<_> =
            compared.changes.into_iter().map(|c| (c.object.clone().unwrap(), c.worse(), c.by())).collect();
        assert_eq!(
            found,
            [
                ("grown".to_owned(), None, Some(50.0)),
                ("worse".to_owned(), Some(Fail), Some(0.0)),
                ("new".to_owned(), Some(Warn), None),
                ("better".to_owned(), None, Some(0.0)),
                ("gone".to_owned(), None, None),
            ]
        );
    }

    #[test]
    fn a_check_that_either_look_is_without_is_not_compared() {
        let looked = outcome(&[]);
        let mut skipped = outcome(&[]);
        skipped[0].verdict = CheckVerdict::Skipped;
        skipped[0].reason = Some("closed".to_owned());
        let why = |before: &[CheckOutcome], after: &[CheckOutcome]| {
            let compared = compare(before, after);
            assert_eq!((compared.compared, compared.changes.len()), (0, 0));
            compared.not_compared.into_iter().map(|n| n.why).collect::<Vec<_>>()
        };
        assert_eq!(why(&[], &looked), ["the earlier run did not include it"]);
        assert_eq!(why(&skipped, &looked), ["skipped then: closed"]);
        assert_eq!(why(&looked, &skipped), ["skipped now: closed"]);
        assert_eq!(why(&skipped, &skipped), ["skipped then and now: closed"]);
        // What was not asked for now is not missed.
        assert!(why(&looked, &[]).is_empty());
    }
}
