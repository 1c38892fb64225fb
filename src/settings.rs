//! The settings of a database, `bursar.settings`. They live there so that no flag and no configuration
//! file can walk around them; whoever owns bursar's schema sets them.

use std::collections::BTreeSet;

use crate::db::{self, Connection, Database, WritePermit};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::moment::Moment;
use crate::money;
use crate::operations::{self, Actor, Entry};
use crate::store::UPGRADE;
use crate::store::settings::{self as store, Owner};

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// True where a write needs the database's name.
    Protected,
    /// The most that a refund may come to without an approval, for each currency.
    RefundLimit,
    /// The most that an adjustment of a balance may come to without an approval, for each unit.
    AdjustLimit,
    /// The most that a login which is no operator may refund in 24 hours without an approval, for each currency.
    SupportDailyLimit,
}

impl Name {
    /// All of them, in the order of a list.
    pub const ALL: [Name; 4] = [Name::Protected, Name::RefundLimit, Name::AdjustLimit, Name::SupportDailyLimit];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Name::Protected => "protected",
            Name::RefundLimit => "refund_limit",
            Name::AdjustLimit => "adjust_limit",
            Name::SupportDailyLimit => "support_daily_limit",
        }
    }

    /// The setting of this name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// The meaning of a value of it, or of none.
    pub fn meaning(self, value: Option<&str>) -> &'static str {
        match (self, value) {
            (Name::Protected, Some("false")) => "a write needs only a yes",
            (Name::Protected, Some(_)) => "a write needs the database's name, and seed is refused",
            (Name::Protected, None) => "protected, unless the server is on this machine",
            (Name::RefundLimit, Some(_)) => "a refund above it waits for another login's approval",
            (Name::RefundLimit, None) => "no refund waits for an approval",
            (Name::AdjustLimit, Some(_)) => "an adjustment above it waits for another login's approval",
            (Name::AdjustLimit, None) => "no adjustment waits for an approval",
            (Name::SupportDailyLimit, Some(_)) => {
                "what a login that is no operator refunds above it in 24 hours waits for an approval"
            }
            (Name::SupportDailyLimit, None) => "no login has a limit for a day",
        }
    }

    /// A value as it was typed, in the form that is kept; none where that takes the setting away.
    ///
    /// # Errors
    /// Usage errors that say how it is written.
    pub fn parse(self, text: &str) -> Result<Option<String>> {
        let text = text.trim();
        match self {
            Name::Protected if matches!(text, "true" | "false") => Ok(Some(text.to_owned())),
            Name::Protected => Err(Error::usage(format!("protected is true or false, not '{text}'"))
                .hint("bursar settings set protected true, or false")),
            Name::RefundLimit | Name::AdjustLimit | Name::SupportDailyLimit if text == "none" => Ok(None),
            Name::RefundLimit => self.limits(text, Of::Currencies, "THB 5000.00, USD 150"),
            Name::AdjustLimit => self.limits(text, Of::Units, "STAR 500, COIN 1000"),
            Name::SupportDailyLimit => self.limits(text, Of::Currencies, "THB 20000.00, USD 500"),
        }
    }

    /// Limits as they were typed; `like` shows how.
    fn limits(self, text: &str, of: Of, like: &str) -> Result<Option<String>> {
        let name = self.as_str();
        limits(text, of).map(Some).map_err(|why| {
            Error::usage(format!("{name} cannot be '{text}': {why}"))
                .hint(format!("bursar settings set {name} \"{like}\", or none"))
        })
    }
}

/// The limits of units in the spelling of the application, which knows these. A unit that it does not have would limit
/// nothing, and take the place of the limit that was meant.
///
/// # Errors
/// A usage error with the units that there are.
pub fn spelled(limits: &str, units: &[String]) -> Result<String> {
    let spelled = |part: &str| {
        let (name, amount) = part.split_once(' ').unwrap_or((part, ""));
        let alike: Vec<_> = units.iter().filter(|unit| unit.to_lowercase() == name.to_lowercase()).collect();
        let only = match alike[..] {
            [only] => Some(only),
            _ => None,
        };
        let unit = units.iter().find(|unit| *unit == name).or(only).ok_or_else(|| {
            Error::usage(format!("there is no unit '{name}' here, so nothing would be limited"))
                .hint(format!("the units are {}", units.join(", ")))
        })?;
        Ok(format!("{unit} {amount}"))
    };
    let all = limits.split(", ").map(spelled).collect::<Result<Vec<_>>>()?.join(", ");
    // Two spellings may have become one.
    Ok(Name::AdjustLimit.parse(&all)?.unwrap_or(all))
}

/// The kind of the amounts that are limited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Currencies,
    Units,
}

/// Limits in the form that is kept: `THB 5000.00, USD 150`.
fn limits(text: &str, of: Of) -> Result<String, String> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    let a = match of {
        Of::Currencies => "a currency",
        Of::Units => "a unit",
    };
    for part in text.split(',') {
        let part = part.trim();
        let Some((name, amount)) = part.split_once(char::is_whitespace) else {
            return Err(format!("'{part}' is not {a} and an amount, without commas inside the amount"));
        };
        if of == Of::Currencies && (name.len() != 3 || !name.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(format!("'{name}' is not a currency: three capitals, as ISO 4217 has them"));
        }
        let decimals = match of {
            Of::Units => 18,
            // An application that keeps Stripe's amounts has Stripe's decimals.
            Of::Currencies => match (money::digits(name), money::stripe_digits(name)) {
                (Some(decimals), stripes) => decimals.max(stripes.unwrap_or_default()) as usize,
                (None, _) => return Err(format!("ISO 4217 has no amounts in {name}")),
            },
        };
        if !seen.insert(name) {
            return Err(format!("{name} is there twice"));
        }
        let amount = amount_of(amount.trim(), decimals).map_err(|why| match (of, decimals) {
            (Of::Units, _) => why,
            (Of::Currencies, 0) => format!("{why}; {name} has no decimals"),
            (Of::Currencies, _) => format!("{why}; {name} has {decimals} decimals"),
        })?;
        kept.push(format!("{name} {amount}"));
    }
    Ok(kept.join(", "))
}

/// An amount: digits, and after a point at most so many more; above zero.
fn amount_of(text: &str, decimals: usize) -> Result<String, String> {
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    if !digits(whole, 12) || part.is_some_and(|part| !digits(part, decimals)) {
        return Err(format!("'{text}' is not an amount, such as 5000 or 5000.00"));
    }
    if text.bytes().all(|b| matches!(b, b'0' | b'.')) {
        return Err(format!("'{text}' is not more than zero"));
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(part.map_or(whole.to_owned(), |part| format!("{whole}.{part}")))
}

/// A setting as it stands.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The setting.
    pub name: Name,
    /// Its value, where it has one.
    pub value: Option<String>,
    /// The time at which it was set.
    pub set_at: Option<Moment>,
    /// The role that set it.
    pub set_by: Option<String>,
}

/// Every setting, also those that have no value.
///
/// # Errors
/// A usage error where bursar's own schema is missing; refused where they may not be read.
pub async fn list(connection: &mut Connection) -> Result<Vec<Setting>> {
    if !db::relation_exists(connection, store::TABLE).await? {
        return Err(Error::usage("this database has no settings: bursar's own schema is missing").hint(UPGRADE));
    }
    let rows = store::all().all(connection).await?;
    let settings = Name::ALL.map(|name| match rows.iter().find(|row| row.name == name.as_str()) {
        Some(row) => Setting {
            name,
            value: Some(row.value.clone()),
            set_at: Some(row.updated_at),
            set_by: Some(row.updated_by.clone()),
        },
        None => Setting { name, value: None, set_at: None, set_by: None },
    });
    Ok(settings.into())
}

/// A change of a setting, as it was planned.
#[derive(Debug)]
pub struct Change {
    /// The setting.
    pub name: Name,
    /// The value that it was planned on.
    pub from: Option<String>,
    /// The value that it is to have; none takes it away.
    pub to: Option<String>,
    /// The command, as the operator log has it.
    pub command: &'static str,
}

/// Plans a change on the value that there is now.
///
/// # Errors
/// As [`list`]; refused where the role does not own bursar's schema.
pub async fn plan(
    connection: &mut Connection,
    command: &'static str,
    name: Name,
    to: Option<String>,
) -> Result<Change> {
    let settings = list(connection).await?;
    let Owner { owner, role, owns } = store::owner().one(connection).await?;
    if !owns {
        return Err(Error::refused(format!(
            "only the owner of bursar's schema sets {}: that is '{owner}', and this is '{role}'",
            name.as_str()
        ))
        .hint(format!("connect as {owner}")));
    }
    let from = settings.into_iter().find(|s| s.name == name).and_then(|s| s.value);
    Ok(Change { name, from, to, command })
}

/// Makes a change, and its row in the operator log, in one transaction.
///
/// # Errors
/// A conflict where the value is no longer the one that was planned on. Nothing is changed then.
pub async fn apply(database: &Database, permit: &WritePermit, actor: &Actor, change: &Change) -> Result<()> {
    let Change { name, from, to, command } = change;
    let mut tx = database.write(permit).await?;
    store::lock().run(&mut tx).await?;
    let now = store::value(name.as_str()).optional(&mut tx).await?.map(|(value,)| value);
    if now != *from {
        tx.rollback().await?;
        return Err(Error::new(
            Kind::Conflict,
            format!("{} became {} meanwhile; nothing was changed", name.as_str(), now.as_deref().unwrap_or("none")),
        )
        .hint("bursar settings list"));
    }
    match to {
        Some(value) => store::set(name.as_str(), value).run(&mut tx).await?,
        None => store::unset(name.as_str()).run(&mut tx).await?,
    }
    let entry = Entry {
        operation: None,
        command,
        parameters: serde_json::json!({"name": name.as_str(), "from": from, "to": to}),
        reason: None,
        outcome: "done",
    };
    operations::add(&mut tx, actor, &entry).await?;
    tx.commit().await.context("nothing was changed")
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn a_limit_is_kept_in_one_form_or_refused() {
        let parse = |text: &str| Name::RefundLimit.parse(text).map_err(|e| e.message());
        for (typed, kept) in [
            ("THB 5000.00, USD 150", "THB 5000.00, USD 150"),
            ("  THB   5000.00 ,USD 150 ", "THB 5000.00, USD 150"),
            ("JPY 007", "JPY 7"),
            ("KWD 0.001", "KWD 0.001"),
            ("USD 00.50", "USD 0.50"),
        ] {
            assert_eq!(parse(typed), Ok(Some(kept.to_owned())), "{typed}");
        }
        assert_eq!(parse("none"), Ok(None));
        for (typed, why) in [
            ("", "not a currency and an amount"),
            ("THB", "not a currency and an amount"),
            ("5000", "not a currency and an amount"),
            ("THB 5000,", "not a currency and an amount"),
            ("THB 5,000.00", "not a currency and an amount"),
            ("thb 5000", "not a currency: three capitals"),
            ("THBX 5000", "not a currency: three capitals"),
            ("5000 THB", "not a currency: three capitals"),
            ("THB 1, THB 2", "THB is there twice"),
            ("THB 0", "not more than zero"),
            ("THB 0.00", "not more than zero"),
            ("THB -1", "not an amount"),
            ("THB 1e3", "not an amount"),
            ("THB .5", "not an amount"),
            ("THB 5.", "not an amount"),
            ("THB 1.2.3", "not an amount"),
            ("THB 1 2", "not an amount"),
            ("THB ๕", "not an amount"),
            ("THB 1.00001", "not an amount"),
            ("THB 1234567890123", "not an amount"),
        ] {
            let error = parse(typed).expect_err(typed);
            assert!(error.contains(why), "{typed}: {error}");
        }
    }

    #[test]
    fn a_limit_of_units_is_kept_in_one_form_or_refused() {
        let parse = |text: &str| Name::AdjustLimit.parse(text).map_err(|e| e.message());
        assert_eq!(parse("  STAR  0500 ,COIN 0.000001"), Ok(Some("STAR 500, COIN 0.000001".to_owned())));
        assert_eq!(parse("none"), Ok(None));
        for (typed, why) in [
            ("", "not a unit and an amount"),
            ("500", "not a unit and an amount"),
            ("STAR 1, STAR 2", "STAR is there twice"),
            ("STAR 0", "not more than zero"),
            ("STAR -1", "not an amount"),
            ("STAR 1,000", "not a unit and an amount"),
        ] {
            let error = parse(typed).expect_err(typed);
            assert!(error.contains(why), "{typed}: {error}");
        }
    }

    #[test]
    fn a_limit_of_units_is_in_units_that_there_are() {
        let units = ["STAR", "COIN", "gem", "GEM"].map(str::to_owned);
        let spelled = |limits: &str| super::spelled(limits, &units).map_err(|e| e.message());
        assert_eq!(spelled("STAR 5"), Ok("STAR 5".to_owned()));
        assert_eq!(spelled("star 5, Coin 0.5"), Ok("STAR 5, COIN 0.5".to_owned()));
        assert_eq!(spelled("gem 5"), Ok("gem 5".to_owned()));
        for (limits, why) in [("FOO 5", "'FOO'"), ("STAR 5, Gem 1", "'Gem'"), ("STAR 5, star 6", "STAR is there twice")]
        {
            let error = spelled(limits).expect_err(limits);
            assert!(error.contains(why), "{limits}: {error}");
        }
    }

    #[test]
    fn protection_is_true_or_false() {
        assert_eq!(Name::Protected.parse("true").ok().flatten().as_deref(), Some("true"));
        for wrong in ["yes", "none", "TRUE", ""] {
            assert!(Name::Protected.parse(wrong).is_err(), "{wrong}");
        }
    }
}
