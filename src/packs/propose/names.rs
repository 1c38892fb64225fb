//! Hints from the names of tables and columns.

/// The words of a name, in lower case: `accountId`, `account_id` and `AccountID` have the same.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut current, mut before) = (String::new(), ' ');
    for c in name.chars() {
        let begins = c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if (begins || !c.is_alphanumeric()) && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        if c.is_alphanumeric() {
            current.extend(c.to_lowercase());
        }
        before = c;
    }
    if !current.is_empty() {
        words.push(current);
    }
    words
}

/// A word without its plural.
pub(super) fn singular(word: &str) -> String {
    match word {
        _ if word.ends_with("ies") => format!("{}y", &word[..word.len() - 3]),
        _ if word.ends_with("ss") || word.ends_with("us") || word.len() < 4 => word.to_owned(),
        _ => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

/// True if the name has one of the words, in the singular or plural.
pub(super) fn says(name: &str, any: &[&str]) -> bool {
    words(name).iter().any(|word| any.contains(&word.as_str()) || any.contains(&singular(word).as_str()))
}

/// Whose balance it is.
pub(super) const OWNER: &[&str] = &[
    "account",
    "user",
    "wallet",
    "customer",
    "owner",
    "org",
    "organization",
    "organisation",
    "tenant",
    "member",
    "player",
    "team",
    "profile",
    "workspace",
    "company",
    "merchant",
    "holder",
    "client",
    "balance",
    "address",
    "partner",
];

/// Names of a balance.
pub(super) const BALANCE: &[&str] = &[
    "balance",
    "saldo",
    "funds",
    "credit",
    "point",
    "coin",
    "token",
    "star",
    "cent",
    "available",
    "wallet",
    "amount",
    "gem",
    "stake",
    "solde",
    "kontostand",
    "punktestand",
    "guthaben",
];

/// Names of what an account keeps aside.
pub(super) const HELD: &[&str] = &["held", "hold", "reserved", "locked", "frozen", "blocked", "escrow", "pending"];

/// Names of a sum over some movements, which is no balance.
pub(super) const SUM: &[&str] = &[
    "lifetime",
    "total",
    "cumulative",
    "ever",
    "earned",
    "spent",
    "received",
    "deposited",
    "withdrawn",
    "paid",
    "used",
    "authorized",
    "authorised",
];

/// Names of what an account had before its first entry.
pub(super) const OPENING: &[&str] = &["opening", "initial", "original", "starting", "issued", "loaded"];

/// Names of the amount of an entry.
pub(super) const AMOUNT: &[&str] = &[
    "amount", "delta", "value", "point", "quantity", "credit", "coin", "token", "star", "change", "unit", "cent",
    "sum", "qty", "gem", "betrag", "punkte", "montant", "importe", "monto", "valor",
];

/// Names of a balance that an entry carries.
pub(super) const RUNNING: &[&str] = &["balance", "running", "after", "before", "previous", "closing"];

/// Names of a unit of account.
pub(super) const UNIT: &[&str] =
    &["currency", "ccy", "curr", "unit", "asset", "commodity", "symbol", "denomination", "devise", "moneda", "valuta"];

/// Names of a column that decides the sign or the meaning of an entry.
pub(super) const KIND: &[&str] = &[
    "kind",
    "type",
    "reason",
    "direction",
    "side",
    "enum",
    "operation",
    "op",
    "code",
    "category",
    "action",
    "debit",
    "credit",
    "event",
];

/// Names of the organisation that a row belongs to: it tells accounts apart, and is no unit.
pub(super) const TENANT: &[&str] =
    &["tenant", "org", "organization", "organisation", "company", "workspace", "shop", "store", "team", "project"];

/// Names of a document, whose items sum to what it comes to.
pub(super) const DOCUMENT: &[&str] = &[
    "invoice",
    "cart",
    "basket",
    "order",
    "bill",
    "quote",
    "quotation",
    "estimate",
    "receipt",
    "checkout",
    "purchase",
    "booking",
    "reservation",
    "folio",
];

/// Names of a column with the status of an entry or payment.
pub(super) const STATUS: &[&str] = &["status", "state"];

/// The score of a table's name as a ledger's entries: more is better.
pub(super) fn likeness(table: &str) -> i32 {
    let says = |any: &[&str], score: i32| if says(table, any) { score } else { 0 };
    says(&["ledger", "journal", "posting"], 4)
        + says(&["entry", "transaction", "movement", "line", "move"], 3)
        + says(&["transfer", "history"], 2)
        + says(&["wallet", "credit", "point", "coin", "token", "balance"], 1)
        + says(
            &[
                "order", "invoice", "payment", "item", "note", "import", "staged", "session", "job", "event", "refund",
                "log", "fee", "plan",
            ],
            -3,
        )
}

/// The customary sign of a kind: 1, -1, or 0 where its word does not say.
pub(super) fn sign(word: &str) -> i8 {
    let up = [
        "credit", "deposit", "topup", "grant", "in", "inbound", "earn", "add", "purchase", "buy", "income", "bonus",
        "c", "cr", "true", "refund", "interest", "increase", "plus",
    ];
    let down = [
        "debit",
        "withdraw",
        "withdrawal",
        "spend",
        "out",
        "outbound",
        "use",
        "usage",
        "charge",
        "fee",
        "burn",
        "d",
        "dr",
        "consume",
        "deduct",
        "false",
        "decrease",
        "minus",
        "outbound",
        "void",
        "payout",
        "redeem",
        "redeemed",
        "redemption",
        "spent",
    ];
    if says(word, &up) {
        1
    } else if says(word, &down) {
        -1
    } else {
        0
    }
}

/// True for a word of a row that does not count, or not yet.
pub(super) fn is_void(word: &str) -> bool {
    says(
        word,
        &[
            "pending",
            "failed",
            "fail",
            "canceled",
            "cancelled",
            "draft",
            "void",
            "voided",
            "reversed",
            "rejected",
            "expired",
            "deleted",
            "inflight",
            "queued",
            "error",
            "declined",
            "processing",
            "discarded",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::{says, words};

    #[test]
    fn a_name_is_told_by_its_words() {
        assert_eq!(words("accountId"), ["account", "id"]);
        assert_eq!(words("running_balance_derived"), ["running", "balance", "derived"]);
        assert_eq!(words("WalletTX"), ["wallet", "tx"]);
        assert!(says("total_points", &["point"]) && !says("checkpoint", &["point"]));
        assert!(says("ledger_entries", &["entry"]));
    }
}
