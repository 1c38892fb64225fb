//! The broken links of the chains, and what is left of an account's difference once the links that
//! somebody acknowledged are taken as they are.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::super::acknowledged::Owner;
use super::super::{Accepted, Depth, Finding, Findings, Scope};
use super::explain::{Link, balance_finding, rebased_finding, text};
use super::query::Query;
use crate::error::Result;

const LINKS: &str = super::LINKS;
const SETTLED: &str = include_str!("../sql/settled.sql");

/// The broken links that were found, apart from those of chains that are whole in another order.
pub(super) struct Links {
    pub(super) broken: Findings,
    pub(super) unordered: Findings,
    rebased: BTreeMap<Owner, Rebased>,
}

/// An account whose chain is taken to begin anew after a break.
#[derive(Default)]
struct Rebased {
    /// By how much at each break.
    gaps: Vec<String>,
    /// Who acknowledged the first of them; nobody yet, for a plan of repair.
    by: Option<Accepted>,
    /// Whether there is another break, which nobody acknowledged.
    open: bool,
    /// Whether there is a break whose gap is not known.
    unknown: bool,
}

/// The links of one account as they come.
struct Account {
    owner: Owner,
    /// Whether each link matters, and not just the first.
    every_link: bool,
    reported: bool,
    /// The first that is acknowledged, shown where all are.
    acknowledged: Option<(bool, Finding)>,
}

impl Links {
    /// None found.
    pub(super) fn none(scope: &Scope<'_>) -> Self {
        Links { broken: scope.options.findings(), unordered: scope.options.findings(), rebased: BTreeMap::new() }
    }

    /// Reads the broken links. What follows an account's first one is its consequence more often than
    /// not, so an account is one finding: the first link that is not acknowledged.
    pub(super) async fn read(
        connection: &mut PgConnection,
        query: &Query,
        depth: Depth,
        any_broken: bool,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        let mut links = Links::none(scope);
        let sql =
            query.fill(&LINKS.replace("{scope}", if depth == Depth::Strict { super::ALL } else { super::BROKEN }));
        let mut current: Option<Account> = None;
        let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(any_broken).bind(&query.account).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            let owner = (text(&row, "account")?, text(&row, "unit")?);
            let account = match current.take() {
                Some(account) if account.owner == owner => account,
                done => {
                    links.close(done)?;
                    let every_link = scope.options.for_repair || scope.acknowledged.concerns(&owner);
                    Account { owner, every_link, reported: false, acknowledged: None }
                }
            };
            current = Some(links.add(account, &row, scope)?);
        }
        links.close(current)?;
        Ok(links)
    }

    fn add(&mut self, mut account: Account, row: &PgRow, scope: &Scope<'_>) -> Result<Account> {
        if account.reported && !account.every_link {
            return Ok(account);
        }
        let broken = row.try_get("broken")?;
        let link = Link::read(row)?;
        let finding = if broken { link.broken_finding(&account.owner) } else { link.unordered_finding(&account.owner) };
        let acknowledged = scope.acknowledged.of(&finding.fingerprint);
        if broken && account.every_link {
            let rebased = self.rebased.entry(account.owner.clone()).or_default();
            if acknowledged.is_some() || scope.options.for_repair {
                rebased.by = rebased.by.take().or_else(|| acknowledged.cloned());
                rebased.unknown |= finding.difference.is_none();
                rebased.gaps.extend(finding.difference.clone());
            } else {
                rebased.open = true;
            }
        }
        if acknowledged.is_some() {
            account.acknowledged.get_or_insert((broken, finding));
        } else if !account.reported || scope.options.for_repair {
            account.reported = true;
            self.of(broken).push(finding)?;
        }
        Ok(account)
    }

    /// No more links of the account will come.
    fn close(&mut self, account: Option<Account>) -> Result<()> {
        match account {
            Some(Account { reported: false, acknowledged: Some((broken, finding)), .. }) => {
                self.of(broken).push(finding)
            }
            _ => Ok(()),
        }
    }

    fn of(&mut self, broken: bool) -> &mut Findings {
        if broken { &mut self.broken } else { &mut self.unordered }
    }

    /// Compares the balances of accounts that were held back with their entries and the breaks that
    /// are acknowledged. A difference that these explain to the last digit is accepted with them.
    pub(super) async fn settle(
        &self,
        connection: &mut PgConnection,
        held: &[PgRow],
        balance: &mut Findings,
    ) -> Result<()> {
        let (mut totals, mut differences) = (Vec::new(), Vec::new());
        let (mut gaps, mut numbers): (Vec<&String>, Vec<i64>) = (Vec::new(), Vec::new());
        let mut accounts: Vec<Option<&Rebased>> = Vec::new();
        for (row, number) in held.iter().zip(1..) {
            totals.push(text(row, "total")?);
            differences.push(text(row, "difference")?);
            let rebased = self.rebased.get(&(text(row, "account")?, text(row, "unit")?)).filter(|r| !r.unknown);
            for gap in rebased.iter().flat_map(|r| &r.gaps) {
                gaps.push(gap);
                numbers.push(number);
            }
            accounts.push(rebased.filter(|r| !r.gaps.is_empty()));
        }
        let answers = sqlx::query(SETTLED)
            .bind(&totals)
            .bind(&differences)
            .bind(&gaps)
            .bind(&numbers)
            .fetch_all(connection)
            .await?;
        for ((row, rebased), answer) in held.iter().zip(accounts).zip(&answers) {
            let uncached: bool = row.try_get("uncached")?;
            let (settled, different) = (answer.try_get::<bool, _>("settled")?, answer.try_get::<bool, _>("different")?);
            match rebased.filter(|_| !uncached) {
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
