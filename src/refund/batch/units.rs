//! The units that all lines of an account take back together.

use std::collections::{BTreeMap, HashMap};

use serde_json::Number;

use super::model::CHUNK;
use super::{Planned, Work};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::refund::terms::Units;
use crate::refund::{self, Effects, IfSpent};
use crate::units::{scaled, unscaled};

/// The new lines of a payment.
#[derive(Default)]
struct Lines {
    /// The place of the last one.
    last: usize,
    count: usize,
    amount: i64,
}

/// Holds the lines of each account against its balance. The database has held each of them against it alone.
pub(super) async fn hold(
    connection: &mut Connection,
    planned: &mut [Planned],
    wrong: &mut Vec<(u64, Error)>,
    if_spent: IfSpent,
) -> Result<()> {
    let mut of_payment: BTreeMap<&str, Lines> = BTreeMap::new();
    let mut of_account: HashMap<&str, usize> = HashMap::new();
    for (at, line) in planned.iter().enumerate() {
        let Some(account) = &line.account else { continue };
        // What a second person has to approve takes nothing now.
        if line.work.effects().is_some_and(|effects| !effects.approval.is_needed) {
            *of_account.entry(account).or_default() += 1;
            let lines = of_payment.entry(line.request.payment.as_str()).or_default();
            *lines = Lines { last: at, count: lines.count + 1, amount: lines.amount.saturating_add(line.amount) };
        }
    }
    let shared = |at: usize| planned[at].account.as_deref().is_some_and(|a| of_account[a] > 1);
    let mut last: Vec<Lines> = of_payment.into_values().filter(|lines| shared(lines.last)).collect();
    last.sort_by_key(|lines| lines.last);
    // The units of several parts are those of their sum.
    let several: Vec<&Lines> = last.iter().filter(|lines| lines.count > 1).collect();
    let mut summed: HashMap<usize, Effects> = HashMap::new();
    for chunk in several.chunks(CHUNK) {
        let asked: Vec<_> =
            chunk.iter().map(|lines| (&planned[lines.last].request.payment, Some(lines.amount))).collect();
        for (lines, terms) in chunk.iter().zip(refund::previews(connection, &asked, if_spent).await?) {
            summed.insert(lines.last, terms.effects()?.clone());
        }
    }
    let mut left: HashMap<(String, String), i128> = HashMap::new();
    for Lines { last: at, .. } in last {
        let line = &mut planned[at];
        let Work::Request(own) = &mut line.work else { continue };
        let units = &summed.get(&at).unwrap_or(own).units;
        let (Some(account), Some(unit), Some(take), Some(balance)) =
            (&line.account, units.unit.clone(), due(units), units.balance.as_ref().and_then(exact))
        else {
            continue;
        };
        let left = left.entry((account.clone(), unit.clone())).or_insert(balance.max(0));
        let taken = if take <= *left {
            take
        } else {
            match if_spent {
                IfSpent::Refuse => {
                    let (take, there) = (unscaled(take), unscaled(*left));
                    let words = format!(
                        "{take} {unit} have to be taken back and {there} are left of account {account} after the lines before it"
                    );
                    let error = Error::refused(words).hint(
                        "--if-spent cap takes what is there and writes the rest off; --if-spent keep takes nothing",
                    );
                    wrong.push((line.line, error));
                    continue;
                }
                IfSpent::Cap => *left,
                IfSpent::Keep => 0,
            }
        };
        *left -= taken;
        if taken < take {
            // The preview of this line alone did not see it.
            own.units.written_off = serde_json::from_str(&unscaled(take - taken)).unwrap_or_else(|_| Number::from(1));
        }
    }
    Ok(())
}

/// The units that a refund has to take, without those that the application took by itself.
fn due(units: &Units) -> Option<i128> {
    Some(exact(&units.taken)? + exact(&units.written_off)? - exact(&units.found)?)
}

fn exact(number: &Number) -> Option<i128> {
    scaled(&number.to_string())
}
