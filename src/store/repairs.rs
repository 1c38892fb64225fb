//! `bursar.acknowledgements`, and the pack's functions that repair balances.

use sqlx::types::Uuid;

use super::call::{record, statements};

/// The table of the acknowledged findings.
pub const ACKNOWLEDGEMENTS: &str = "bursar.acknowledgements";

/// The acknowledgements that were not withdrawn, in one line.
pub const STANDING: &str = "(SELECT a.* FROM bursar.acknowledgements a WHERE a.check_id <> 'gateway.withdrawn' \
                        AND NOT EXISTS (SELECT FROM bursar.acknowledgements w WHERE a.check_id = 'gateway.object' \
                        AND w.check_id = 'gateway.withdrawn' AND w.unit = a.unit AND w.entry_id = a.entry_id AND w.id > a.id))";

record! {
    /// An acknowledged finding.
    #[derive(Debug)]
    pub struct Acknowledgement {
        /// The fingerprint of the finding.
        pub fingerprint: String,
        /// The check.
        pub check_id: String,
        /// The account.
        pub account: String,
        /// The unit.
        pub unit: String,
        /// The entry.
        pub entry_id: String,
        /// The gap of a broken chain, exact; none for another finding, or an entry without an amount.
        pub gap: Option<String>,
        /// The reason.
        pub reason: String,
        /// The operator.
        pub operator: String,
    }
}

statements! {
    /// The findings that are acknowledged for an application, of which the operator log says that a repair did it, oldest first.
    fn acknowledged(app: &str) -> Acknowledgement =
        "SELECT fingerprint, check_id, account, unit, entry_id, gap::text AS gap, reason, operator FROM bursar.acknowledgements a
          WHERE app = $1 AND EXISTS (SELECT FROM bursar.operations o
                                      WHERE o.operation_id = a.operation_id AND o.command = 'audit repair'
                                        AND o.parameters #>> '{line,fingerprint}' = a.fingerprint)
          ORDER BY a.id";

    /// Acknowledges a finding.
    fn acknowledge(
        app: &str,
        check: &str,
        account: &str,
        unit: &str,
        entry: Option<&str>,
        gap: Option<&str>,
        fingerprint: &str,
        reason: &str,
        operator: &str,
        operation: Uuid,
    ) -> () =
        "INSERT INTO bursar.acknowledgements (app, check_id, account, unit, entry_id, gap, fingerprint, reason, operator, operation_id)
         VALUES ($1, $2, $3, $4, $5, $6::text::numeric, $7, $8, $9, $10)";
}
