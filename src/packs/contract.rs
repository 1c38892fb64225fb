//! The columns that each query of a pack must return.

use super::model::Pack;
use super::sql::Sql;

impl Pack {
    /// Every query of the pack that returns canonical rows, with the columns it has to return.
    pub fn queries(&self) -> Vec<(&Sql, &'static [&'static str])> {
        const ENTRIES: &[&str] =
            &["entry_id", "account", "unit", "delta", "running", "at", "seq", "arrival", "kind", "ref"];
        const BALANCES: &[&str] = &["account", "unit", "balance", "opened_at"];
        const CHECK: &[&str] = &["table_name", "key", "account", "unit", "expected", "actual", "message"];
        const PAYMENTS: &[&str] = &[
            "payment_id",
            "account",
            "customer",
            "amount",
            "currency",
            "status",
            "refundable",
            "provider",
            "provider_ids",
            "granted",
            "unit",
            "created_at",
        ];
        const REFUNDS: &[&str] =
            &["refund_id", "payment_id", "amount", "currency", "status", "provider_id", "ref", "created_at"];
        const JOBS: &[&str] = &[
            "job_id",
            "kind",
            "status",
            "attempts",
            "max_attempts",
            "worker",
            "created_at",
            "scheduled_at",
            "retry_at",
            "started_at",
            "lease_until",
            "finished_at",
            "failed_at",
            "error",
            "payload",
            "result",
            "version",
        ];
        const ATTEMPTS: &[&str] =
            &["job_id", "number", "worker", "at", "started_at", "finished_at", "succeeded", "error"];
        const WORKERS: &[&str] = &["worker", "queues", "kinds", "heartbeat", "since"];
        const QUEUES: &[&str] = &["queue", "paused", "limit"];
        const SCHEDULES: &[&str] = &["name", "cron", "queue", "kind", "next_at", "last_at", "enabled"];
        const CLAIMABLE: &[&str] = &["job_id", "queue", "kind", "since"];
        const PACE: &[&str] = &["queue", "kind", "what", "at", "created_at"];
        const STATS: &[&str] = &["at", "metric", "value", "unit"];
        let mut queries: Vec<(&Sql, &'static [&'static str])> = Vec::new();
        for ledger in self.all_ledgers() {
            queries.push((&ledger.entries, ENTRIES));
            queries.extend(ledger.balances.iter().map(|b| (b, BALANCES)));
        }
        queries.extend(self.sealed.iter().map(|table| (&table.entries, ENTRIES)));
        if let Some(payments) = &self.payments {
            queries.push((&payments.sql, PAYMENTS));
        }
        if let Some(refunds) = &self.refunds {
            queries.push((&refunds.sql, REFUNDS));
        }
        if let Some(jobs) = &self.jobs {
            queries.push((&jobs.jobs, JOBS));
            queries.extend(jobs.attempts.iter().map(|a| (a, ATTEMPTS)));
            queries.extend(jobs.workers.iter().map(|w| (w, WORKERS)));
            queries.extend(jobs.queues.iter().map(|q| (q, QUEUES)));
            queries.extend(jobs.schedules.iter().map(|s| (s, SCHEDULES)));
            queries.extend(jobs.claimable.iter().map(|c| (c, CLAIMABLE)));
            queries.extend(jobs.pace.iter().map(|p| (p, PACE)));
        }
        queries.extend(self.stats.iter().map(|t| (&t.sql, STATS)));
        // A canonical check has no query until it is filled in, and then it fits what the others return.
        queries.extend(self.checks.iter().filter(|c| c.sources.is_empty()).map(|c| (&c.sql, CHECK)));
        queries
    }
}
