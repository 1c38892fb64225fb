//! The broken links of the chains, and what is left of an account's difference once the links that
//! somebody acknowledged are taken as they are.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::explain::{balance_finding, rebased_finding, text};
use super::link::Link;
use super::loops::Joined;
use super::query::Query;
use super::sql::{BROKEN, LINKS, SETTLED, UNORDERED};
use crate::audit::acknowledged::{Gaps, Owner};
use crate::audit::finding::{Accepted, Finding};
use crate::audit::findings::Findings;
use crate::audit::options::Depth;
use crate::audit::scope::Scope;
use crate::db::Connection;
use crate::error::Result;

/// The broken links that were found, apart from those of chains that are whole in another order.
pub(super) struct Links {
    pub(super) broken: Findings,
    pub(super) unordered: Findings,
    rebased: BTreeMap<Owner, Rebased>,
}

/// An account whose chain is taken to begin anew after a break.
#[derive(Default)]
struct Rebased {
    /// The gap at each break.
    gaps: Vec<String>,
    /// The entries at which there is a break, acknowledged or not.
    entries: BTreeSet<String>,
    /// The first acknowledgement of a break; none yet for a plan of repair.
    by: Option<Accepted>,
    /// True if there is another break, which nobody acknowledged.
    open: bool,
    /// True if there is a break whose gap is not known.
    unknown: bool,
}

impl Rebased {
    /// The gaps that were acknowledged and are there no more. Entries never change, so somebody moved the running balances, and
    /// what is left of the gaps is not what was accepted.
    fn gone<'g>(&self, acknowledged: Option<&'g Gaps>) -> impl Iterator<Item = &'g String> {
        let gaps = acknowledged.into_iter().flatten();
        gaps.filter(|(entry, _)| !self.entries.contains(*entry)).filter_map(|(_, gap)| gap.as_ref())
    }
}

/// An account in which something does not follow, while its rows come in.
struct Account {
    owner: Owner,
    /// True if each link matters, and not just the first.
    every_link: bool,
    reported: bool,
    /// The first that is acknowledged, shown where all are.
    acknowledged: Option<(bool, Finding)>,
    /// Of a chain that is whole in another order: the entries that do not follow in this one, with
    /// the balance that each starts from.
    unlinked: Vec<(String, Link)>,
    /// The balances that such a chain leads through.
    joined: Joined,
}

impl Account {
    fn new(owner: Owner, scope: &Scope<'_>) -> Self {
        let every_link = scope.options.for_repair || scope.acknowledged.concerns(&owner);
        let (reported, acknowledged) = (false, None);
        Account { owner, every_link, reported, acknowledged, unlinked: Vec::new(), joined: Joined::default() }
    }
}

impl Links {
    /// None found.
    pub(super) fn none(scope: &Scope<'_>) -> Self {
        Links { broken: scope.options.findings(), unordered: scope.options.findings(), rebased: BTreeMap::new() }
    }

    /// Reads the broken links. What follows an account's first one is its consequence more often than
    /// not, so an account is one finding: the first link that is not acknowledged.
    pub(super) async fn read(
        connection: &mut Connection,
        query: &Query,
        depth: Depth,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        let mut links = Links::none(scope);
        let suspects = if depth == Depth::Strict { UNORDERED } else { BROKEN };
        let sql = query.fill(&LINKS.replace("{suspects}", suspects));
        let mut current: Option<Account> = None;
        // The planner counts handing a row from one process to another so dear that it would sort alone.
        connection.execute("SET LOCAL parallel_tuple_cost = 0").await?;
        let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(&query.account).fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            let owner = (text(&row, "account")?, text(&row, "unit")?);
            let mut account = match current.take() {
                Some(account) if account.owner == owner => account,
                done => {
                    links.close(done, scope)?;
                    Account::new(owner, scope)
                }
            };
            links.add(&mut account, &row, scope)?;
            current = Some(account);
        }
        drop(rows);
        links.close(current, scope)?;
        connection.execute("SET LOCAL parallel_tuple_cost TO DEFAULT").await?;
        Ok(links)
    }

    fn add(&mut self, account: &mut Account, row: &PgRow, scope: &Scope<'_>) -> Result<()> {
        if !row.try_get::<bool, _>("broken")? {
            let before = text(row, "before")?;
            account.joined.join(&before, &text(row, "after")?);
            if row.try_get("unlinked")? {
                account.unlinked.push((before, Link::read(row)?));
            }
            return Ok(());
        }
        if account.reported && !account.every_link {
            return Ok(());
        }
        let finding = Link::read(row)?.broken_finding(&account.owner);
        if account.every_link {
            let acknowledged = scope.acknowledged.of(&finding.fingerprint);
            let rebased = self.rebased.entry(account.owner.clone()).or_default();
            rebased.entries.extend(finding.first_bad_entry.clone());
            if acknowledged.is_some() || scope.options.for_repair {
                rebased.by = rebased.by.take().or_else(|| acknowledged.cloned());
                rebased.unknown |= finding.difference.is_none();
                rebased.gaps.extend(finding.difference.clone());
            } else {
                rebased.open = true;
            }
        }
        self.report(account, true, finding, scope)
    }

    fn report(&mut self, account: &mut Account, broken: bool, finding: Finding, scope: &Scope<'_>) -> Result<()> {
        if scope.acknowledged.of(&finding.fingerprint).is_some() {
            account.acknowledged.get_or_insert((broken, finding));
        } else if !account.reported || scope.options.for_repair {
            account.reported = true;
            self.of(broken).push(finding)?;
        }
        Ok(())
    }

    /// Reports what is open about an account whose rows have all come.
    fn close(&mut self, account: Option<Account>, scope: &Scope<'_>) -> Result<()> {
        let Some(mut account) = account else { return Ok(()) };
        let unlinked = std::mem::take(&mut account.unlinked);
        match unlinked.iter().find(|(before, link)| !account.joined.together(link.start(), before)) {
            Some((before, link)) => {
                let finding = link.loop_finding(&account.owner, before);
                self.report(&mut account, true, finding, scope)?;
            }
            None => {
                for (_, link) in &unlinked {
                    let finding = link.unordered_finding(&account.owner, scope.order());
                    self.report(&mut account, false, finding, scope)?;
                }
            }
        }
        match account.acknowledged {
            Some((broken, finding)) if !account.reported => self.of(broken).push(finding),
            _ => Ok(()),
        }
    }

    fn of(&mut self, broken: bool) -> &mut Findings {
        if broken { &mut self.broken } else { &mut self.unordered }
    }

    /// Compares the balances of accounts that were held back with their entries and the breaks that
    /// are acknowledged. A difference that these explain to the last digit is accepted with them, as long as all that were
    /// acknowledged of the account come to it too.
    pub(super) async fn settle(
        &self,
        connection: &mut Connection,
        held: &[PgRow],
        balance: &mut Findings,
        scope: &Scope<'_>,
    ) -> Result<()> {
        let (mut totals, mut differences) = (Vec::new(), Vec::new());
        let (mut gaps, mut numbers, mut gone): (Vec<&String>, Vec<i64>, Vec<bool>) =
            (Vec::new(), Vec::new(), Vec::new());
        let mut accounts: Vec<Option<&Rebased>> = Vec::new();
        for (row, number) in held.iter().zip(1..) {
            totals.push(text(row, "total")?);
            differences.push(text(row, "difference")?);
            let owner = (text(row, "account")?, text(row, "unit")?);
            let rebased = self.rebased.get(&owner).filter(|r| !r.unknown);
            let there = rebased.iter().flat_map(|r| &r.gaps).map(|gap| (gap, false));
            let acknowledged = scope.acknowledged.gaps_of(&owner);
            let lost = rebased.iter().flat_map(|r| r.gone(acknowledged)).map(|gap| (gap, true));
            for (gap, is_gone) in there.chain(lost) {
                gaps.push(gap);
                numbers.push(number);
                gone.push(is_gone);
            }
            accounts.push(rebased.filter(|r| !r.gaps.is_empty()));
        }
        let answers = sqlx::query(SETTLED)
            .bind(&totals)
            .bind(&differences)
            .bind(&gaps)
            .bind(&numbers)
            .bind(&gone)
            .fetch_all(connection)
            .await?;
        for ((row, rebased), answer) in held.iter().zip(accounts).zip(&answers) {
            let uncached: bool = row.try_get("uncached")?;
            let (settled, different) = (answer.try_get::<bool, _>("settled")?, answer.try_get::<bool, _>("different")?);
            let null = row.try_get::<Option<String>, _>("balance")?.is_none();
            match rebased.filter(|_| !uncached && !null) {
                Some(Rebased { by: Some(by), .. }) if settled && different => {
                    balance.push_accepted(balance_finding(row)?, by.clone())?;
                }
                Some(_) if settled => {}
                Some(rebased) => balance.push(rebased_finding(row, answer, rebased.open)?)?,
                None if row.try_get("unequal")? => balance.push(balance_finding(row)?)?,
                None => {}
            }
        }
        Ok(())
    }
}
