//! The exports, as the gateways write them.

use std::path::PathBuf;

use bursar::error::{Error, Kind, Result};
use bursar::reconcile::{Movement, MovementKind, Range, Source, from_file};
use chrono::{DateTime, Utc};

use super::{lines, read};

/// A file with this content, until the end of the test.
fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("export.csv");
    std::fs::write(&path, content).expect("a file");
    (directory, path)
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn year() -> Range {
    Range { since: moment("2025-01-01T00:00:00Z"), until: moment("2026-01-01T00:00:00Z") }
}

fn opened(content: impl AsRef<[u8]>) -> Result<Box<dyn Source>> {
    let (_directory, path) = file(content);
    from_file(&path, None)
}

/// The movements of a file, and what is missing.
fn told(content: impl AsRef<[u8]>) -> (Vec<Movement>, Vec<String>) {
    let mut source = opened(content).expect("a source");
    let (all, end) = read(&mut *source, year());
    (all, end.expect("the end").missing)
}

/// The error of a file.
fn wrong(content: impl AsRef<[u8]>) -> Error {
    let mut source = match opened(content) {
        Ok(source) => source,
        Err(error) => return error,
    };
    read(&mut *source, year()).1.expect_err("it is wrong")
}

const BALANCE: &str = "\
balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,\
customer_facing_amount,customer_facing_currency,automatic_payout_id,charge_id,payment_intent_id,refund_metadata[bursar_refund_id]
txn_1,2025-06-15 15:06:40,2025-06-17 00:00:00,thb,49.00,2.10,46.90,charge,ch_1,\"Stars, 10\",1.40,usd,po_1,ch_1,pi_1,
txn_2,2025-06-16 00:00:00,2025-06-16 00:00:00,thb,-49.00,0.00,-49.00,refund,re_1,REFUND,-1.40,usd,po_1,ch_1,pi_1,11111111-2222-3333-4444-555555555555
txn_3,2025-06-17 00:00:00,2025-06-17 00:00:00,thb,49.00,0.00,49.00,refund_failure,re_1,,1.40,usd,,ch_1,pi_1,
txn_4,2025-06-17 00:00:00,2025-06-17 00:00:00,jpy,-500,100,-600,dispute,du_1,,,,,ch_2,pi_2,
txn_5,2025-06-18 00:00:00,2025-06-18 00:00:00,jpy,500,-100,600,dispute_reversal,du_1,,,,,ch_2,pi_2,
txn_6,2025-06-18 00:00:00,2025-06-18 00:00:00,thb,-3.50,0.00,-3.50,fee,,Billing,,,,,,
txn_7,2025-06-19 00:00:00,2025-06-19 00:00:00,thb,-43.40,0.00,-43.40,payout,po_1,STRIPE PAYOUT,,,,,,
txn_8,2024-06-19 00:00:00,2024-06-19 00:00:00,thb,5.00,0.00,5.00,topup,,,,,,,,
";

const TOLD: [&str; 7] = [
    "dispute du_1 -500 JPY (-500-100=-600 JPY) [ch_2+pi_2]",
    "dispute_reversal du_1 500 JPY (500--100=600 JPY) [ch_2+pi_2]",
    "fee txn_6 -350 THB (-350-0=-350 THB) []",
    "payment ch_1 140 USD (4900-210=4690 THB) [ch_1+pi_1] in po_1",
    "payout po_1 -4340 THB (-4340-0=-4340 THB) []",
    "refund re_1 -140 USD (-4900-0=-4900 THB) [ch_1+pi_1] in po_1",
    "refund_failure re_1 140 USD (4900-0=4900 THB) [ch_1+pi_1]",
];

#[test]
fn stripes_itemized_report_is_read_in_whatever_form_it_is_saved() {
    let (found, missing) = told(BALANCE);
    assert_eq!(lines(&found), TOLD);
    assert_eq!(missing, [""; 0]);
    assert_eq!(found[0].created, moment("2025-06-15T15:06:40Z"));
    assert_eq!(found[0].available, Some(moment("2025-06-17T00:00:00Z")));
    assert!(found[1].refund.is_some() && found[0].refund.is_none());

    let quoted = |separator: &str| -> String {
        let mut reader = csv::Reader::from_reader(BALANCE.as_bytes());
        let headings = reader.headers().expect("headings").clone();
        let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
        // The columns from the last to the first.
        let row = |record: &csv::StringRecord| {
            let cells: Vec<String> = record.iter().rev().map(|cell| format!("\"{cell}\"")).collect();
            cells.join(separator) + "\r\n"
        };
        std::iter::once(&headings).chain(&records).map(row).collect()
    };
    let capitals = BALANCE.replacen("balance_transaction_id,created_utc", "Balance_Transaction_ID,Created (UTC)", 1);
    for (how, content) in [
        ("a mark of UTF-8", format!("\u{feff}{BALANCE}")),
        ("semicolons", quoted(";")),
        ("tabs", quoted("\t")),
        ("other headings", capitals),
    ] {
        let (found, missing) = told(content);
        assert_eq!((lines(&found), missing), (TOLD.map(str::to_owned).to_vec(), vec![]), "{how}");
    }
}

#[test]
fn a_column_that_is_not_there_is_told_and_never_guessed() {
    // Without a column, by its heading.
    let without = |name: &str| -> String {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(BALANCE.as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
        let at = records[0].iter().position(|h| h == name).expect("the column");
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in &records {
            writer.write_record(record.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| c)).expect("a row");
        }
        String::from_utf8(writer.into_inner().expect("all of it")).expect("text")
    };
    for name in ["currency", "gross", "created_utc"] {
        let error = wrong(without(name));
        assert!(error.kind == Kind::Usage && error.message().contains(name), "{error:?}");
    }
    for (name, part) in [("payment_intent_id", "payment_intent_id"), ("source_id", "source_id")] {
        let (found, missing) = told(without(name));
        assert_eq!(found.len(), TOLD.len());
        assert!(missing.iter().any(|m| m.contains(part) && m.contains("export it again")), "{missing:?}");
    }
    let (_, missing) = told(BALANCE.replacen("created_utc", "created", 1));
    assert!(missing.iter().any(|m| m.contains("created_utc")), "{missing:?}");
    let (found, missing) = told(BALANCE.replacen(",charge,", ",levy,", 1));
    assert_eq!(found[0].kind, MovementKind::Adjustment);
    assert!(missing.iter().any(|m| m.contains("'levy'") && m.contains("ch_1")), "{missing:?}");
    let early = Range { since: moment("2020-01-01T00:00:00Z"), until: moment("2021-01-01T00:00:00Z") };
    let (found, end) = read(&mut *opened(BALANCE).expect("a source"), early);
    assert!(found.is_empty() && end.expect("the end").missing[0].contains("None of the 8 rows"));
}

#[test]
fn a_row_that_is_not_understood_is_an_error_with_its_line() {
    for (from, to, why) in [
        ("thb,-49.00", "thb,-49.001", "export.csv:3: '-49.001' is no amount of THB"),
        ("thb,-49.00", "thb,x", "export.csv:3: 'x' is no amount of THB"),
        ("thb,-49.00", "xyz,-49.00", "export.csv:3: '-49.00' is no amount of XYZ"),
        ("46.90", "46.91", "export.csv:2: gross less fee is not net"),
        ("2025-06-18 00:00:00,2025-06-18 00:00:00,thb", "18/06/2025,2025-06-18,thb", "export.csv:7: '18/06/2025'"),
        ("txn_5,", "txn_5", "export.csv:6: it has 15 columns, and the headings are 16"),
        ("txn_5,", ",", "export.csv:6: it has no id"),
        ("description", "currency", "export.csv:1: the column currency is there twice"),
    ] {
        for content in [BALANCE.replacen(from, to, 1), BALANCE.replacen(from, to, 1).replace('\n', "\r\n")] {
            let error = wrong(content);
            assert!(error.kind == Kind::Usage && error.hint.is_some(), "{error:?}");
            assert!(error.message().contains(why), "{why}: {error:?}");
        }
    }
}

#[test]
fn a_row_about_an_object_that_somebody_answers_for_is_in_nobody_s_way() {
    let activity = "Date,Time,Time zone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Reference Txn ID\n\
                    2025-06-15,08:06:40,PDT,A,Levy,Completed,THB,-1.00,0.00,-1.00,L1,CAP1\n\
                    2025-06-15,09:06:40,PDT,A,Payment Refund,Weird,THB,-1.00,0.00,-1.00,R9,CAP1\n";
    for (content, whose) in [
        (
            BALANCE.replacen(",refund,", ",levy,", 1).replacen("jpy,-500,100,-600", "xyz,-500,100,-600", 1),
            ["re_1", "du_1"],
        ),
        (activity.to_owned(), ["L1", "R9"]),
        (SETTLEMENT.replacen("T1107", "T7777", 1).replacen("500,\"JPY\"", "5x0,\"JPY\"", 1), ["R1", "D1"]),
    ] {
        let cut = |error: Error| error.message().split_once("export.csv").expect("the file").1.to_owned();
        let first = cut(wrong(&content));
        let told = |left: &[&str]| {
            let mut source = opened(&content).expect("a source");
            source.leave(left.iter().map(|id| (*id).to_owned()).collect());
            read(&mut *source, year()).1
        };
        assert_eq!(cut(told(&[]).expect_err("the same")), first);
        let missing = told(&whose[1..]).expect("what is wrong is left out").missing;
        assert!(missing.iter().any(|m| m.contains("is not known") && m.contains(whose[0])), "{missing:?}");
        let missing = told(&whose).expect("the same").missing;
        assert!(!missing.iter().any(|m| m.contains("is not known")), "{missing:?}");
    }
}

#[test]
fn what_is_no_export_is_refused_with_what_would_be_one() {
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("id".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (content, why) in [
        (b"payment,amount\n1,2\n".to_vec(), "of no export"),
        (b"".to_vec(), "is empty"),
        (utf16, "UTF-16"),
        (b"id,\xff\n".to_vec(), "UTF-8"),
    ] {
        let error = wrong(content);
        assert!(error.kind == Kind::Usage && error.hint.is_some() && error.message().contains(why), "{error:?}");
    }
    let (_directory, path) = file(BALANCE);
    assert_eq!(from_file(&path, Some("stripe")).expect("Stripe's").gateway(), "stripe");
    let error = from_file(&path, Some("paypal")).err().expect("not PayPal's");
    assert!(error.hint.is_some_and(|hint| hint.contains("--gateway stripe")));
    let error = from_file(&path.join("none"), None).err().expect("no file");
    assert_eq!(error.kind, Kind::Usage);
}

#[test]
fn stripes_dashboard_exports_are_read_too() {
    let (found, missing) = told(
        "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer\n\
         txn_1,charge,ch_1,49.00,2.10,46.90,thb,2025-06-15 15:06,2025-06-17 00:00,,po_1\n\
         txn_2,adjustment,dp_1,-49.00,15.00,-64.00,thb,2025-06-15 15:06,2025-06-17 00:00,,\n\
         txn_3,stripe_fee,,-1.00,0.00,-1.00,thb,2025-06-15 15:06,2025-06-17 00:00,,\n",
    );
    assert_eq!(
        lines(&found),
        [
            "dispute dp_1 -4900 THB (-4900-1500=-6400 THB) []",
            "fee txn_3 -100 THB (-100-0=-100 THB) []",
            "payment ch_1 4900 THB (4900-210=4690 THB) [ch_1] in po_1",
        ]
    );
    assert!(missing[0].contains("payment_intent_id"), "{missing:?}");

    let payments = "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Currency,\
                    Fee,Taxes On Fee,Status,Transfer,PaymentIntent ID\n\
                    ch_1,2025-06-15 15:06:40,1.40,0.70,usd,true,49.00,thb,2.00,0.10,Paid,po_1,pi_1\n\
                    ch_2,2025-06-15 15:06:40,1.40,0.00,usd,false,,,0.00,0.00,Failed,,pi_2\n\
                    ch_3,2025-06-15 15:06:40,1.40,0.00,usd,false,,,0.00,0.00,Paid,,pi_3\n";
    let (found, missing) = told(payments);
    assert_eq!(
        lines(&found),
        [
            "payment ch_1 140 USD (4900-210=4690 THB) [ch_1+pi_1] in po_1",
            "payment ch_2 140 USD failed [ch_2+pi_2]",
            "payment ch_3 140 USD pending [ch_3+pi_3]",
        ]
    );
    assert!(missing[0].contains("1 of them went back"), "{missing:?}");
    assert_eq!(opened(payments).expect("a source").tells(), [MovementKind::Payment]);
    assert!(wrong(payments.replace("Failed", "Lost")).message().contains("export.csv:3: the status 'lost'"));
}

const SETTLEMENT: &str = "\
\"RH\",2025/06/16 02:44:19 -0700,\"A\",\"ACCOUNT1\",009,
\"FH\",01
\"SH\",2025/06/15 00:00:00 -0700,2025/06/15 23:59:59 -0700,\"ACCOUNT1\",\"\"
\"CH\",\"Transaction ID\",\"Invoice ID\",\"PayPal Reference ID\",\"PayPal Reference ID Type\",\"Transaction Event Code\",\"Transaction Initiation Date\",\"Transaction Completion Date\",\"Transaction Debit or Credit\",\"Gross Transaction Amount\",\"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\"Fee Currency\",\"Custom Field\",\"Consumer ID\"
\"SB\",\"CAP1\",\"INV1\",\"ORDER1\",\"ODR\",\"T0006\",2025/06/15 08:06:40 -0700,2025/06/15 08:06:40 -0700,\"CR\",5000,\"THB\",\"DR\",215,\"THB\",\"\",\"\"
\"SB\",\"R1\",\"\",\"CAP1\",\"TXN\",\"T1107\",2025/06/15 09:06:40 -0700,2025/06/15 09:06:40 -0700,\"DR\",1000,\"THB\",\"CR\",43,\"THB\",\"11111111-2222-3333-4444-555555555555\",\"\"
\"SB\",\"D1\",\"\",\"CAP2\",\"TXN\",\"T1201\",2025/06/15 09:06:40 -0700,2025/06/15 09:06:40 -0700,\"DR\",500,\"JPY\",\"\",,\"\",\"\",\"\"
\"SB\",\"W1\",\"\",\"\",\"\",\"T0400\",2025/06/15 09:06:40 -0700,2025/06/15 09:06:40 -0700,\"DR\",3000,\"THB\",\"\",,\"\",\"\",\"\"
\"SF\",\"THB\",5000,4000
\"SC\",4
\"RF\",\"THB\",5000,4000
\"RC\",4
\"FF\",4
";

#[test]
fn paypals_settlement_report_is_read_by_its_rows_and_its_debits_and_credits() {
    let (found, missing) = told(SETTLEMENT);
    assert_eq!(
        lines(&found),
        [
            "dispute D1 -500 JPY (-500-0=-500 JPY) [CAP2]",
            "payment CAP1 5000 THB (5000-215=4785 THB) [CAP1+ORDER1+INV1]",
            "payout W1 -3000 THB (-3000-0=-3000 THB) []",
            "refund R1 -1000 THB (-1000--43=-957 THB) [CAP1+11111111-2222-3333-4444-555555555555]",
        ]
    );
    assert_eq!(missing, [""; 0]);
    assert_eq!(found[0].created, moment("2025-06-15T15:06:40Z"));
    assert!(found[1].refund.is_some());
    let (_, missing) = told(SETTLEMENT.replace("\"INV1\",\"ORDER1\",\"ODR\"", "\"\",\"\",\"\""));
    assert!(missing[0].contains("captures only"), "{missing:?}");
    for (from, to, why) in [
        ("\"CR\",5000", "\"XX\",5000", "export.csv:5: 'XX' is neither"),
        ("\"CR\",5000", "\"CR\",-5000", "export.csv:5: '-5000' is no amount"),
        ("\"THB\",\"DR\",215,\"THB\"", "\"THB\",\"DR\",215,\"USD\"", "export.csv:5: the fee is in another currency"),
        ("500,\"JPY\"", "500,\"TWD\"", "export.csv:7: '500' is no amount of TWD, whose decimals"),
        ("\"SF\"", "\"ZZ\"", "export.csv:9: a row of the type 'ZZ'"),
        ("\"CH\"", "\"SF\"", "export.csv:5: there are no headings"),
    ] {
        let error = wrong(SETTLEMENT.replacen(from, to, 1));
        assert!(error.kind == Kind::Usage && error.message().contains(why), "{why}: {error:?}");
    }
    // The transaction detail report begins with its headings, and has a status.
    let detail = "\"CH\",\"Transaction ID\",\"Transaction Event Code\",\"Transaction Initiation Date\",\"Transaction Debit or Credit\",\"Gross Transaction Amount\",\"Gross Transaction Currency\",\"Transactional Status\",\"Custom Field\"\n\
                  \"SB\",\"CAP1\",\"T0006\",\"2025/06/15 08:06:40 -0700\",\"CR\",5000,\"THB\",\"P\",\"payment-1\"\n";
    assert_eq!(lines(&told(detail).0), ["payment CAP1 5000 THB pending [CAP1+payment-1]"]);
    let plain = detail.replace("\"CH\",", "").replace("\"SB\",", "");
    assert_eq!(lines(&told(plain).0), ["payment CAP1 5000 THB pending [CAP1+payment-1]"]);
}

const ACTIVITY: &str = "\
\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"Transaction ID\",\"Reference Txn ID\",\"Invoice Number\",\"Custom Number\",\"Balance\",\"Balance Impact\"
\"06/15/2025\",\"08:06:40\",\"PDT\",\"A\",\"Express Checkout Payment\",\"Completed\",\"THB\",\"1,050.00\",\"-43.00\",\"1,007.00\",\"CAP1\",\"\",\"\",\"payment-1\",\"\",\"Credit\"
\"06/16/2025\",\"08:06:40\",\"GMT+07:00\",\"A\",\"Payment Refund\",\"Completed\",\"THB\",\"-10.00\",\"0.00\",\"-10.00\",\"R1\",\"CAP1\",\"\",\"\",\"\",\"Debit\"
\"06/16/2025\",\"08:06:40\",\"PDT\",\"A\",\"Chargeback\",\"Completed\",\"THB\",\"-20.00\",\"0.00\",\"-20.00\",\"D1\",\"CAP2\",\"\",\"\",\"\",\"Debit\"
\"06/16/2025\",\"08:06:40\",\"PDT\",\"\",\"General Withdrawal\",\"Pending\",\"THB\",\"-20.00\",\"0.00\",\"-20.00\",\"W1\",\"\",\"\",\"\",\"\",\"Debit\"
\"06/16/2025\",\"08:06:40\",\"PDT\",\"A\",\"General Authorization\",\"Pending\",\"THB\",\"20.00\",\"0.00\",\"20.00\",\"A1\",\"\",\"\",\"\",\"\",\"Memo\"
";

#[test]
fn paypals_activity_download_is_read_by_its_headings() {
    let (found, missing) = told(ACTIVITY);
    let expected = [
        "dispute D1 -2000 THB (-2000-0=-2000 THB) [CAP2]",
        "payment CAP1 105000 THB (105000-4300=100700 THB) [CAP1+payment-1]",
        "payout W1 -2000 THB pending []",
        "refund R1 -1000 THB (-1000-0=-1000 THB) [CAP1]",
    ];
    assert_eq!(lines(&found), expected);
    assert_eq!(missing, [""; 0]);
    assert_eq!(found[0].created, moment("2025-06-15T15:06:40Z"));
    assert_eq!(found[1].created, moment("2025-06-16T01:06:40Z"));
    // The day before the month, and a decimal comma.
    let european = ACTIVITY.replace("06/15/", "15/06/").replace("06/16/", "16/06/").replace("1,050.00", "1.050,00");
    let (found, _) = told(european.replace("1,007.00", "1.007,00").replace("-43.00", "-43,00"));
    assert_eq!(lines(&found), expected);
    assert_eq!(found[0].created, moment("2025-06-15T15:06:40Z"));

    let (found, missing) = told(ACTIVITY.replace("PDT", "Europe/Berlin").replace("Chargeback", "Zahlung"));
    assert_eq!(found.len(), expected.len());
    let missing = missing.join("\n");
    assert!(missing.contains("Europe/Berlin") && missing.contains("'Zahlung'"), "{missing}");
    let either = ACTIVITY.replace("06/15/2025", "06/05/2025").replace("06/16/2025", "06/06/2025");
    for (content, why) in [
        (either, "export.csv:2: '06/05/2025' has its day or its month first"),
        (ACTIVITY.replace("1,007.00", "1,008.00"), "export.csv:2: gross and fee do not make net"),
        (ACTIVITY.replacen("Completed", "Vanished", 1), "export.csv:2: the status 'vanished'"),
    ] {
        let error = wrong(content);
        assert!(error.kind == Kind::Usage && error.message().contains(why), "{why}: {error:?}");
    }
}
