//! The kind of a movement, by the gateway's own words for it.

use crate::reconcile::model::{MovementKind, MovementStatus};

/// The kind of a line of Stripe's balance, by its reporting category, or by its type where it has none. `None` where
/// neither is known. <https://docs.stripe.com/reports/reporting-categories> maps one to the other.
pub(super) fn stripe(word: &str) -> Option<MovementKind> {
    Some(match word {
        "charge" | "payment" => MovementKind::Payment,
        "refund" | "payment_refund" => MovementKind::Refund,
        "refund_failure" => MovementKind::RefundFailure,
        "dispute" => MovementKind::Dispute,
        "dispute_reversal" => MovementKind::DisputeReversal,
        "fee" | "stripe_fee" | "stripe_fx_fee" | "tax" | "tax_fee" | "network_cost" | "application_fee" => {
            MovementKind::Fee
        }
        "payout" | "payout_reversal" | "payout_cancel" | "payout_failure" => MovementKind::Payout,
        "adjustment"
        | "other_adjustment"
        | "partial_capture_reversal"
        | "charge_failure"
        | "payment_failure_refund"
        | "payment_reversal"
        | "payment_unreconciled"
        | "unreconciled_customer_funds"
        | "platform_earning"
        | "platform_earning_refund"
        | "application_fee_refund"
        | "transfer"
        | "transfer_reversal"
        | "transfer_refund"
        | "transfer_cancel"
        | "transfer_failure"
        | "topup"
        | "topup_reversal"
        | "advance"
        | "advance_funding"
        | "anticipation_repayment"
        | "financing_payout"
        | "financing_paydown"
        | "financing_paydown_reversal"
        | "contribution"
        | "climate_order_purchase"
        | "climate_order_refund"
        | "connect_collection_transfer"
        | "connect_reserved_funds"
        | "reserve_transaction"
        | "reserved_funds"
        | "reserve_hold"
        | "reserve_release"
        | "risk_reserved_funds"
        | "payment_network_reserve_hold"
        | "payment_network_reserve_release"
        | "payment_network_reserved_funds"
        | "payout_minimum_balance_hold"
        | "payout_minimum_balance_release"
        | "minimum_balance_hold"
        | "obligation"
        | "obligation_outbound"
        | "obligation_reversal_inbound"
        | "fee_credit_funding"
        | "inbound_transfer"
        | "inbound_transfer_reversal"
        | "currency_conversion"
        | "issuing_authorization_hold"
        | "issuing_authorization_release"
        | "issuing_dispute"
        | "issuing_transaction"
        | "issuing_disbursement"
        | "stripe_balance_payment_debit"
        | "stripe_balance_payment_debit_reversal" => MovementKind::Adjustment,
        _ => return None,
    })
}

/// As [`stripe`], of a line about this object. An adjustment of a dispute or a refund is told by the object, where there
/// is no reporting category. `to_us` is true where it brought money.
pub(super) fn stripe_of(word: &str, object: Option<&str>, to_us: bool) -> Option<MovementKind> {
    let is = |prefixes: &[&str]| object.is_some_and(|id| prefixes.iter().any(|p| id.starts_with(p)));
    match (word, to_us) {
        ("adjustment", false) if is(&["dp_", "du_"]) => Some(MovementKind::Dispute),
        ("adjustment", true) if is(&["dp_", "du_"]) => Some(MovementKind::DisputeReversal),
        ("adjustment", true) if is(&["re_", "pyr_"]) => Some(MovementKind::RefundFailure),
        _ => stripe(word),
    }
}

/// What a line of a PayPal account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A movement of money.
    Moved(MovementKind),
    /// It moved no money: an authorization, or a line for display.
    Nothing,
    /// Its code is not known.
    Unknown,
}

/// What a line of a PayPal account is, by its event code. `to_us` is true where it brought money.
/// <https://developer.paypal.com/docs/transaction-search/transaction-event-codes/>
pub(super) fn paypal(code: &str, to_us: bool) -> Line {
    use MovementKind as Kind;
    let Some((group, _)) = code.strip_prefix('T').filter(|c| c.len() == 4).and_then(|c| c.split_at_checked(2)) else {
        return Line::Unknown;
    };
    let both = |ours, theirs| Line::Moved(if to_us { ours } else { theirs });
    match (group, code) {
        // Of a payment that was sent, we are the customer.
        ("00", _) => both(Kind::Payment, Kind::Adjustment),
        ("01", _) | (_, "T1108" | "T1109") => Line::Moved(Kind::Fee),
        ("04" | "06" | "17", _) | (_, "T1101") => Line::Moved(Kind::Payout),
        (_, "T1107") => both(Kind::Adjustment, Kind::Refund),
        // PayPal, or the customer's bank, took the money back; the other way, it came back to us.
        (_, "T1106" | "T1201" | "T1207") => both(Kind::DisputeReversal, Kind::Dispute),
        (_, "T1202" | "T1205" | "T1208") => both(Kind::DisputeReversal, Kind::Adjustment),
        ("13" | "98", _) => Line::Nothing,
        (
            "02" | "03" | "05" | "07" | "08" | "09" | "10" | "11" | "12" | "14" | "15" | "16" | "18" | "19" | "20"
            | "21" | "22" | "30" | "50" | "97" | "99",
            _,
        ) => Line::Moved(Kind::Adjustment),
        _ => Line::Unknown,
    }
}

/// The status of a line of a PayPal account. One that was reversed moved money; what reversed it is a line of its own.
///
/// # Errors
/// The reason that it is not known.
pub(super) fn paypal_status(word: &str) -> Result<MovementStatus, String> {
    match word {
        "" | "S" | "V" => Ok(MovementStatus::Succeeded),
        "P" => Ok(MovementStatus::Pending),
        "D" | "F" => Ok(MovementStatus::Failed),
        word => Err(format!("the status '{word}' is not known")),
    }
}

/// What a line of PayPal's activity download is, by its English type, in small letters.
pub(super) fn activity(word: &str, to_us: bool) -> Line {
    let code = match word {
        "express checkout payment" | "paypal checkout payment" => "T0006",
        "website payment"
        | "website payments pro"
        | "general payment"
        | "mobile payment"
        | "donation payment"
        | "web accept payment received"
        | "direct credit card payment"
        | "virtual terminal transaction" => "T0000",
        "subscription payment" | "preapproved payment bill user payment" | "mass payment" | "mass pay payment" => {
            "T0002"
        }
        "payment refund" | "refund" => "T1107",
        "payment reversal" => "T1106",
        "chargeback" => "T1201",
        "chargeback reversal" | "reversal of chargeback" => "T1202",
        "chargeback fee" | "dispute fee" | "payment fee" | "general fee" | "partner fee" => "T0100",
        "fee reversal" => "T1108",
        "general withdrawal"
        | "user initiated withdrawal"
        | "general withdrawal - bank account"
        | "bank withdrawal"
        | "automatic withdrawal" => "T0400",
        "general currency conversion" | "user initiated currency conversion" => "T0200",
        "bank deposit to pp account" | "general credit card deposit" | "general card deposit" => "T0300",
        "hold on balance for dispute investigation" | "hold on available balance" => "T1110",
        "cancellation of hold for dispute resolution" | "account hold for open authorization" => "T1111",
        "reversal of general account hold"
        | "general hold"
        | "general hold release"
        | "payment hold"
        | "payment release"
        | "reserve hold"
        | "reserve release" => "T1105",
        "general authorization" | "authorization" | "void of authorization" | "order" => "T1300",
        _ => "",
    };
    paypal(code, to_us)
}

#[cfg(test)]
mod tests {
    use super::{Line, activity, paypal, stripe};
    use crate::reconcile::model::MovementKind as Kind;

    #[test]
    fn a_word_of_a_gateway_is_one_kind_or_unknown() {
        for (word, kind) in [
            ("charge", Some(Kind::Payment)),
            ("payment_refund", Some(Kind::Refund)),
            ("dispute_reversal", Some(Kind::DisputeReversal)),
            ("stripe_fee", Some(Kind::Fee)),
            ("payout_failure", Some(Kind::Payout)),
            ("partial_capture_reversal", Some(Kind::Adjustment)),
            ("Charge", None),
            ("", None),
        ] {
            assert_eq!(stripe(word), kind, "{word}");
        }
        for (code, to_us, line) in [
            ("T0006", true, Line::Moved(Kind::Payment)),
            ("T0001", false, Line::Moved(Kind::Adjustment)),
            ("T0100", false, Line::Moved(Kind::Fee)),
            ("T0400", false, Line::Moved(Kind::Payout)),
            ("T1107", false, Line::Moved(Kind::Refund)),
            ("T1107", true, Line::Moved(Kind::Adjustment)),
            ("T1106", false, Line::Moved(Kind::Dispute)),
            ("T1201", false, Line::Moved(Kind::Dispute)),
            ("T1202", true, Line::Moved(Kind::DisputeReversal)),
            ("T1109", true, Line::Moved(Kind::Fee)),
            ("T1110", false, Line::Moved(Kind::Adjustment)),
            ("T1300", false, Line::Nothing),
            ("T8800", true, Line::Unknown),
            ("T00", true, Line::Unknown),
            ("", true, Line::Unknown),
        ] {
            assert_eq!(paypal(code, to_us), line, "{code}");
        }
        assert_eq!(activity("payment refund", false), Line::Moved(Kind::Refund));
        assert_eq!(activity("zahlung", true), Line::Unknown);
    }
}
