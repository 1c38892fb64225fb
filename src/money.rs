//! Amounts of money in minor units of their currency, as ISO 4217 has them.

/// How many decimals the currency has; none where the code is no currency's.
pub fn digits(code: &str) -> Option<u32> {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => Some(0),
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => Some(3),
        code if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => Some(2),
        _ => None,
    }
}

/// The amount in whole units, with the currency's decimals: `49.00`.
pub fn decimal(minor: i64, code: &str) -> String {
    let digits = digits(code).unwrap_or(0) as usize;
    let sign = if minor < 0 { "-" } else { "" };
    let padded = format!("{:0>width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The amount for people: `1,049.00 THB`.
pub fn format(minor: i64, code: &str) -> String {
    format!("{} {code}", crate::ui::thousands(&decimal(minor, code)))
}
