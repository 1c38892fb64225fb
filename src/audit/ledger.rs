//! The canonical checks of a ledger: cached balances against entries, the chain of running
//! balances, their order in time, their domain, and the totals.
//!
//! Three queries answer them: one aggregate that says which accounts fail (`sql/sums.sql`), one that
//! reads the accounts in order and finds where (`sql/links.sql`), one for what lies outside its
//! domain (`sql/misplaced.sql`), run only where the first says that there is any.

use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{
    AssertSqlSafe, Column as _, Executor as _, PgConnection, Row as _, SqlSafeStr as _, Statement as _, TypeInfo as _,
};

use super::{Depth, Described, Finding, Kept, Options, Part, Scope, UnitTotal, guarded};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::packs::{Ledger, Severity};

const SUMS: &str = include_str!("sql/sums.sql");
const LINKS: &str = include_str!("sql/links.sql");
const MISPLACED: &str = include_str!("sql/misplaced.sql");

/// Up to this many entries, reading all of them in order is cheap enough to be the default.
const CHEAP: i64 = 1_000_000;

/// What the aggregate found, besides its findings.
struct Sums {
    balance: Kept,
    total: Kept,
    units: Vec<UnitTotal>,
    any_broken: bool,
    any_misplaced: bool,
}

impl Sums {
    fn entries(&self) -> i64 {
        self.units.iter().map(|u| u.entries).sum()
    }
}

/// The canonical checks, in the order of the report.
const CHECKS: [(&str, &str, Severity); 5] = [
    ("ledger.balance", "Cached balances equal the sum of their entries", Severity::Error),
    ("ledger.chain", "Each running balance follows from the one before it", Severity::Error),
    ("ledger.order", "The running balances follow each other in the order of time", Severity::Warn),
    ("ledger.domain", "Amounts, signs and dates are possible ones", Severity::Error),
    ("ledger.total", "Credits less debits equal all balances together", Severity::Error),
];

pub(super) fn described(ledger: &Ledger) -> Vec<Described> {
    let described = |(id, title, severity): &(&str, &str, Severity)| Described {
        id: (*id).to_owned(),
        title: (*title).to_owned(),
        severity: *severity,
        reads: ledger.reads.clone(),
    };
    CHECKS.iter().map(described).collect()
}

/// Runs the ledger's checks.
pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>, ledger: &Ledger) -> Result<Part> {
    let mut part = Part::default();
    let checks = described(ledger);
    let [balance, chain, order, domain, total] = checks.as_slice() else { return Ok(part) };
    let wanted = |check: &Described| scope.options.leaves_out(&check.id).is_none();
    let tolerance = i32::try_from(scope.pack.thresholds.future_tolerance_secs).unwrap_or(i32::MAX);

    // The aggregate comes first whatever was asked for: it says what the others have to look at.
    let started = Instant::now();
    let sums = guarded(tx, async |connection| {
        let query = Query::new(connection, ledger, scope.options.account.as_deref()).await?;
        sums(connection, &query, tolerance, scope.options).await.map(|sums| (sums, query))
    })
    .await?;
    let (sums, query) = match sums {
        Ok(found) => found,
        Err(error) => {
            for check in checks.iter().filter(|c| wanted(c)) {
                part.record(check, started, Err(Error::failed(error.message())));
            }
            return Ok(part);
        }
    };
    let (any_broken, any_misplaced, entries) = (sums.any_broken, sums.any_misplaced, sums.entries());
    if wanted(balance) {
        part.record(balance, started, Ok(sums.balance));
    }

    let depth = if ledger.running { Some(depth(tx, scope, &query, entries).await?) } else { None };
    part.depth = depth;
    if wanted(chain) || wanted(order) {
        let started = Instant::now();
        // Where no chain is broken, only their order is left to look at.
        let found = match depth {
            None => None,
            Some(Depth::Fast) if !any_broken => Some(Ok((Kept::new(scope.options), Kept::new(scope.options)))),
            Some(depth) => Some(guarded(tx, async |c| links(c, &query, depth, any_broken, scope.options).await).await?),
        };
        let mut both = |chain_outcome: Result<Kept>, order_outcome: Result<Kept>| {
            if wanted(chain) {
                part.record(chain, started, chain_outcome);
            }
            if wanted(order) && depth == Some(Depth::Fast) {
                part.skip(order, "the depth was fast; --strict reads every account in order");
            } else if wanted(order) {
                part.record(order, started, order_outcome);
            }
        };
        match found {
            Some(Ok((broken, unordered))) => both(Ok(broken), Ok(unordered)),
            Some(Err(error)) => both(Err(Error::failed(error.message())), Err(error)),
            None => {
                for check in [chain, order].into_iter().filter(|c| wanted(c)) {
                    part.skip(check, "the ledger keeps no running balances, so there is no chain");
                }
            }
        }
    }
    if wanted(domain) {
        let started = Instant::now();
        let misplaced = if any_misplaced {
            guarded(tx, async |c| misplaced(c, &query, tolerance, scope.options).await).await?
        } else {
            Ok(Kept::new(scope.options))
        };
        part.record(domain, started, misplaced);
    }
    if wanted(total) {
        part.record(total, started, Ok(sums.total));
    }
    part.units = sums.units;
    Ok(part)
}

/// How deeply to read: as asked; otherwise strict where it is cheap, because there are few entries,
/// one account, or an index that yields them in order.
async fn depth(tx: &mut Tx, scope: &Scope<'_>, query: &Query, entries: i64) -> Result<Depth> {
    if let Some(depth) = scope.options.depth {
        return Ok(depth);
    }
    if entries <= CHEAP || scope.options.account.is_some() {
        return Ok(Depth::Strict);
    }
    let plan = guarded(tx, async |connection| {
        let explain = format!("EXPLAIN {}", query.fill(&LINKS.replace("{scope}", ALL)));
        let lines = sqlx::query(AssertSqlSafe(explain)).bind(false).bind(&query.account).fetch_all(connection).await?;
        Ok(lines.iter().filter_map(|l| l.try_get::<String, _>(0).ok()).collect::<Vec<_>>().join("\n"))
    })
    .await?;
    Ok(if plan.is_ok_and(|p| !p.contains("Sort Key")) { Depth::Strict } else { Depth::Fast })
}

/// The ledger's queries, ready to be filled into the templates.
struct Query {
    entries: String,
    balances: String,
    number: &'static str,
    account: Option<String>,
}

impl Query {
    /// Looks at the types that the pack's queries return: native integers are hashed and summed much
    /// faster than `numeric`, and an account is compared in its own type, so that an index serves.
    async fn new(connection: &mut PgConnection, ledger: &Ledger, account: Option<&str>) -> Result<Self> {
        let sql = format!(
            "SELECT e.delta, e.running, b.balance, e.account, b.account FROM ({}\n) e, ({}\n) b",
            ledger.entries.text, ledger.balances.text
        );
        let statement = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
        let types: Vec<&str> = statement.columns().iter().map(|c| c.type_info().name()).collect();
        let integral = types.iter().take(3).all(|t| matches!(*t, "INT2" | "INT4" | "INT8"));
        let narrow = |sql: &str, account_type: Option<&&str>| match (account, account_type) {
            (Some(_), Some(kind @ (&"UUID" | &"INT2" | &"INT4" | &"INT8"))) => {
                format!("SELECT x.* FROM ({sql}\n) x WHERE x.account = $2::text::{kind}")
            }
            (Some(_), _) => format!("SELECT x.* FROM ({sql}\n) x WHERE x.account::text = $2::text"),
            // The parameter is there in any case, so that the templates need not know.
            (None, _) => format!("SELECT x.* FROM ({sql}\n) x WHERE $2::text IS NULL"),
        };
        Ok(Query {
            entries: narrow(&ledger.entries.text, types.get(3)),
            balances: narrow(&ledger.balances.text, types.get(4)),
            number: if integral { "bigint" } else { "numeric" },
            account: account.map(str::to_owned),
        })
    }

    /// Fills a template in: the pack's queries, the number type, `{h:EXPRESSION}`, the hash of a
    /// number, or with `:sum` its sum over the group, and `{odd:EXPRESSION}`, whether it is not a
    /// finite number.
    fn fill(&self, template: &str) -> String {
        let number = self.number;
        let (hash, integral) =
            if number == "bigint" { ("hashint8extended", true) } else { ("hash_numeric_extended", false) };
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(start) = rest.find("{h:").into_iter().chain(rest.find("{odd:")).min() {
            let Some(length) = rest[start..].find('}') else { break };
            out.push_str(&rest[..start]);
            let (word, inside) = rest[start + 1..start + length].split_once(':').unwrap_or_default();
            match (word, inside.strip_suffix(":sum")) {
                ("odd", _) if integral => out.push_str("false"),
                ("odd", _) => out.push_str(&format!("{inside} IN ('NaN', 'Infinity', '-Infinity')")),
                (_, Some(expression)) => out.push_str(&format!("sum({hash}(({expression})::{number}, 0))")),
                (_, None) => out.push_str(&format!("{hash}(({inside})::{number}, 0)::numeric")),
            }
            rest = &rest[start + length + 1..];
        }
        out.push_str(rest);
        out.replace("{number}", number).replace("{entries}", &self.entries).replace("{balances}", &self.balances)
    }
}

/// The entries that the search for broken links reads: all of them, or those of broken accounts.
const ALL: &str = "({entries}) AS e";
const BROKEN: &str =
    "(SELECT x.* FROM ({entries}) AS x JOIN broken f ON f.account = x.account AND f.unit = x.unit) AS e";

async fn sums(connection: &mut PgConnection, query: &Query, tolerance: i32, options: &Options) -> Result<Sums> {
    let mut found = Sums {
        balance: Kept::new(options),
        total: Kept::new(options),
        units: Vec::new(),
        any_broken: false,
        any_misplaced: false,
    };
    let mut rows = sqlx::query(AssertSqlSafe(query.fill(SUMS))).bind(tolerance).bind(&query.account).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        if row.try_get("summary")? {
            let total = UnitTotal {
                unit: text(&row, "unit")?,
                accounts: row.try_get("accounts")?,
                entries: row.try_get("entries")?,
                ledger: text(&row, "total")?,
                cached: text(&row, "balance")?,
            };
            if !row.try_get::<bool, _>("explained")? {
                found.total.push(total_finding(&total, text(&row, "difference")?));
            }
            found.units.push(total);
            continue;
        }
        found.any_broken |= row.try_get::<bool, _>("broken")?;
        found.any_misplaced |= row.try_get::<bool, _>("misplaced")?;
        if row.try_get("unequal")? {
            found.balance.push(balance_finding(&row)?);
        }
    }
    found.units.sort_by(|a, b| a.unit.cmp(&b.unit));
    Ok(found)
}

/// Broken links apart from those of accounts whose chain is whole in another order.
async fn links(
    connection: &mut PgConnection,
    query: &Query,
    depth: Depth,
    any_broken: bool,
    options: &Options,
) -> Result<(Kept, Kept)> {
    let (mut broken, mut unordered) = (Kept::new(options), Kept::new(options));
    let sql = query.fill(&LINKS.replace("{scope}", if depth == Depth::Strict { ALL } else { BROKEN }));
    let mut last: Option<(String, String)> = None;
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(any_broken).bind(&query.account).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        // What follows the first broken link of an account is its consequence more often than not.
        let account = (text(&row, "account")?, text(&row, "unit")?);
        if last.as_ref() == Some(&account) {
            continue;
        }
        let link = Link::read(&row)?;
        if row.try_get("broken")? {
            broken.push(link.broken_finding(&account));
        } else {
            unordered.push(link.unordered_finding(&account));
        }
        last = Some(account);
    }
    Ok((broken, unordered))
}

async fn misplaced(connection: &mut PgConnection, query: &Query, tolerance: i32, options: &Options) -> Result<Kept> {
    let mut kept = Kept::new(options);
    let mut rows =
        sqlx::query(AssertSqlSafe(query.fill(MISPLACED))).bind(tolerance).bind(&query.account).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        kept.push(domain_finding(&row)?);
    }
    Ok(kept)
}

/// A column as text; null reads as empty.
fn text(row: &PgRow, column: &str) -> Result<String> {
    Ok(row.try_get::<Option<String>, _>(column)?.unwrap_or_default())
}

/// A finding about an account's ledger, to be completed.
fn finding(check: &str, severity: Severity, account: &str, unit: &str) -> Finding {
    Finding {
        check: check.to_owned(),
        severity,
        table: "ledger".to_owned(),
        key: account.to_owned(),
        account: Some(account.to_owned()),
        unit: Some(unit.to_owned()),
        expected: None,
        actual: None,
        difference: None,
        first_bad_entry: None,
        message: String::new(),
        cause: String::new(),
        remedy: String::new(),
        fingerprint: String::new(),
    }
}

fn balance_finding(row: &PgRow) -> Result<Finding> {
    let (account, unit, total) = (text(row, "account")?, text(row, "unit")?, text(row, "total")?);
    let (difference, entries): (String, i64) = (text(row, "difference")?, row.try_get("entries")?);
    let balance: Option<String> = row.try_get("balance")?;
    let whole = if row.try_get("chained")? { ", whose chain is whole," } else { "" };
    let (message, cause, remedy) = if row.try_get("uncached")? {
        (
            format!(
                "The ledger holds {entries} entries worth {total} {unit} for account {account}, which has no cached balance."
            ),
            "The account was removed, or its balance row was never made.",
            format!("Make the balance row, with {total} {unit}, or find out why entries name this account."),
        )
    } else if entries == 0 {
        (
            format!(
                "Account {account} has a cached balance of {} {unit} and no entries at all.",
                balance.as_deref().unwrap_or("0")
            ),
            "The balance was set without an entry, or the entries were removed.",
            format!(
                "If nothing was ever granted, set the cached balance to 0; otherwise record an adjustment of {difference} {unit} with its reason."
            ),
        )
    } else if row.try_get("broken")? {
        (
            format!(
                "Account {account} has a cached balance of {} {unit}, but its {entries} entries sum to {total}.",
                balance.as_deref().unwrap_or("0")
            ),
            "An entry was removed, added or changed: the running balances do not follow from the entries either (see ledger.chain).",
            format!(
                "Settle ledger.chain first; if the cache is right, an adjustment of {difference} {unit} records what the entries lack."
            ),
        )
    } else {
        (
            format!(
                "Account {account} has a cached balance of {} {unit}, but its {entries} entries{whole} sum to {total}.",
                balance.as_deref().unwrap_or("0")
            ),
            "The cached balance was written past the ledger, or the last entries were removed.",
            format!(
                "If the ledger is right, set the cached balance to {total}; if the balance is owed, record an adjustment of {difference} {unit} with its reason."
            ),
        )
    };
    let mut finding = finding("ledger.balance", Severity::Error, &account, &unit);
    finding.expected = Some(total);
    finding.actual = balance;
    finding.difference = Some(difference);
    (finding.message, finding.cause, finding.remedy) = (message, cause.to_owned(), remedy);
    Ok(finding.sealed())
}

fn total_finding(total: &UnitTotal, difference: String) -> Finding {
    let UnitTotal { unit, ledger, cached, .. } = total;
    let mut finding = finding("ledger.total", Severity::Error, "", unit);
    finding.account = None;
    finding.key.clone_from(unit);
    finding.message = format!(
        "The entries in {unit} sum to {ledger}, all cached balances together to {cached}, and no account explains the difference of {difference}."
    );
    finding.cause = "A balance is stored twice for one account, or an account is missing from one side.".to_owned();
    finding.remedy = "Look for accounts with more than one balance row.".to_owned();
    (finding.expected, finding.actual, finding.difference) =
        (Some(ledger.clone()), Some(cached.clone()), Some(difference));
    finding.sealed()
}

/// An entry whose running balance does not follow from the one before it.
struct Link {
    entry: String,
    kind: String,
    at: String,
    delta: String,
    running: String,
    expected: String,
    gap: String,
    previous: String,
    position: i64,
    previous_entry: Option<String>,
    previous_delta: Option<String>,
    next_gap: Option<String>,
    tied: bool,
}

impl Link {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Link {
            entry: text(row, "entry_id")?,
            kind: text(row, "kind")?,
            at: text(row, "at")?,
            delta: text(row, "delta")?,
            running: text(row, "running")?,
            expected: text(row, "expected")?,
            gap: text(row, "gap")?,
            previous: text(row, "previous")?,
            position: row.try_get("position")?,
            previous_entry: row.try_get("previous_id")?,
            previous_delta: row.try_get("previous_delta")?,
            next_gap: row.try_get("next_gap")?,
            tied: row.try_get::<Option<bool>, _>("tied")?.unwrap_or(false),
        })
    }

    fn finding(&self, check: &str, severity: Severity, (account, unit): &(String, String)) -> Finding {
        let mut finding = finding(check, severity, account, unit);
        finding.first_bad_entry = Some(self.entry.clone());
        (finding.expected, finding.actual, finding.difference) =
            (some(&self.expected), some(&self.running), some(&self.gap));
        finding
    }

    fn broken_finding(&self, account: &(String, String)) -> Finding {
        let mut finding = self.finding("ledger.chain", Severity::Error, account);
        let Link { entry, kind, at, delta, running, expected, previous, .. } = self;
        let unit = &account.1;
        finding.message = format!(
            "Entry {entry} ({kind} of {at}) is worth {delta} {unit} after a balance of {previous}, so it should leave {expected}, but says {running}."
        );
        (finding.cause, finding.remedy) = self.cause(unit);
        finding.sealed()
    }

    /// The likely cause of a break, read off the gap and its neighbours, and what to do.
    fn cause(&self, unit: &str) -> (String, String) {
        let Link { gap, entry, .. } = self;
        let keep = "Entries are never edited: find out what happened, and record an adjustment for what is owed.";
        if self.delta.is_empty() {
            return ("The entry has no valid sign (see ledger.domain).".to_owned(), keep.to_owned());
        }
        if self.next_gap.as_deref() == Some(negated(gap).as_str()) && gap != "0" {
            return (
                format!(
                    "The running balance of this one entry was changed by {gap}; the next entry goes on as if it had not been."
                ),
                format!("The amounts are whole, so no {unit} is missing; find out who edited entry {entry}."),
            );
        }
        if self.previous_delta.as_deref().is_some_and(|d| negated(d) == *gap)
            && self.previous_delta.as_deref() != Some("0")
        {
            let previous = self.previous_entry.as_deref().unwrap_or_default();
            return (
                format!(
                    "It starts from the same balance as entry {previous}: the two were written at the same time without a lock, and one update was lost."
                ),
                keep.to_owned(),
            );
        }
        if self.position == 1 {
            return (
                format!(
                    "The chain starts from {gap} instead of zero: earlier entries were removed, or never recorded."
                ),
                keep.to_owned(),
            );
        }
        (
            format!(
                "An entry worth {gap} {unit} was removed before this one, or the amount of this one was changed by {}.",
                negated(gap)
            ),
            format!(
                "Look for what happened to this account just before it, in a backup or the application's log. {keep}"
            ),
        )
    }

    fn unordered_finding(&self, account: &(String, String)) -> Finding {
        let mut finding = self.finding("ledger.order", Severity::Warn, account);
        let Link { entry, kind, at, .. } = self;
        finding.message = format!(
            "The running balances of account {} in {} form a whole chain, but not in the order of time: entry {entry} ({kind} of {at}) is the first out of place.",
            account.0, account.1
        );
        finding.cause = if self.tied {
            "Several entries carry the same instant, so time alone does not order them.".to_owned()
        } else {
            "The clocks of two servers disagree, the time was taken before the account was locked, or two times were exchanged.".to_owned()
        };
        finding.remedy =
            "No balance is wrong. Take the time after locking the account, from the database's own clock.".to_owned();
        finding.sealed()
    }
}

fn domain_finding(row: &PgRow) -> Result<Finding> {
    let (account, unit, entry) = (text(row, "account")?, text(row, "unit")?, text(row, "entry_id")?);
    let (kind, at, running) = (text(row, "kind")?, text(row, "at")?, text(row, "running")?);
    let mut finding = finding("ledger.domain", Severity::Error, &account, &unit);
    let (message, cause, remedy) = match text(row, "fault")?.as_str() {
        "sign" => (
            format!(
                "Entry {entry} ({kind}, {unit}) of {at} has no sign: a {kind} is not allowed in {unit}, or what it refers to does not exist."
            ),
            "It was written past the wallet's functions.",
            "Find out what it should have been, and record an adjustment with the reason.",
        ),
        "odd" => (
            format!("Entry {entry} ({kind}, {unit}) of {at} is worth {}, which is no amount.", text(row, "delta")?),
            "A number was not checked before it was written; NaN and Infinity pass a test for being positive.",
            "Find out what it should have been, and record an adjustment with the reason.",
        ),
        "negative" => (
            format!("Entry {entry} ({kind}) of {at} leaves a negative balance of {running} {unit}."),
            "A balance was spent without being checked under a lock.",
            "Settle the debt with an adjustment, and use the wallet's functions, which lock and check.",
        ),
        "future" => (
            format!("Entry {entry} ({kind}, {unit}) is dated {at}, which is still to come."),
            "A clock was wrong, or the time was written by hand.",
            "No balance is wrong; find out whose clock it was.",
        ),
        "early" => (
            format!(
                "Entry {entry} ({kind}, {unit}) is dated {at}, before its account was opened on {}.",
                text(row, "opened_at")?
            ),
            "A clock was wrong, or the entry was moved from another account.",
            "Find out whose entry it is.",
        ),
        _ => (
            format!("The cached balance of account {account} is {running} {unit}."),
            "A balance was spent without being checked under a lock.",
            "Settle the debt with an adjustment, and use the wallet's functions, which lock and check.",
        ),
    };
    if !entry.is_empty() {
        finding.key.clone_from(&entry);
        finding.first_bad_entry = Some(entry);
    }
    finding.actual = some(&running);
    (finding.message, finding.cause, finding.remedy) = (message, cause.to_owned(), remedy.to_owned());
    Ok(finding.sealed())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The negative of a number that is written out, exactly.
fn negated(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if number.chars().all(|c| matches!(c, '0' | '.')) => number.to_owned(),
        None => format!("-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Link, negated};

    fn link(gap: &str, previous_delta: Option<&str>, next_gap: Option<&str>, position: i64) -> Link {
        Link {
            entry: "e".into(),
            kind: "reading".into(),
            at: String::new(),
            delta: "-1".into(),
            running: "0".into(),
            expected: "0".into(),
            gap: gap.into(),
            previous: "0".into(),
            position,
            previous_entry: Some("p".into()),
            previous_delta: previous_delta.map(Into::into),
            next_gap: next_gap.map(Into::into),
            tied: false,
        }
    }

    #[test]
    fn a_number_is_negated_as_text() {
        for (from, to) in [("5", "-5"), ("-5", "5"), ("0", "0"), ("0.00", "0.00"), ("-1.50", "1.50")] {
            assert_eq!(negated(from), to);
        }
    }

    #[test]
    fn the_gap_and_its_neighbours_tell_the_cause() {
        let cause = |l: Link| l.cause("STAR").0;
        assert!(
            cause(link("9", Some("-3"), Some("-9"), 4)).contains("running balance of this one entry was changed by 9")
        );
        assert!(cause(link("3", Some("-3"), Some("0"), 4)).contains("one update was lost"));
        assert!(cause(link("7", None, Some("0"), 1)).contains("starts from 7 instead of zero"));
        assert!(cause(link("-1", Some("-3"), Some("0"), 4)).contains("An entry worth -1 STAR was removed"));
    }
}
