//! The signs of the kinds of entries, where there are many kinds.

use super::{draft, read};
use crate::support::{Db, Template};

/// A ledger of many kinds, whose words say no sign: the balances say it.
#[test]
fn the_signs_of_many_kinds_are_drafted_by_the_balances() {
    let db = Db::new(Template::Empty);
    let folder = tempfile::tempdir().unwrap();
    for (kinds, without) in [(12, 0), (20, 3)] {
        let schema = format!("kinds{kinds}");
        db.sql(&format!(
            "CREATE SCHEMA {schema}; SET search_path = {schema};
             CREATE TABLE wallets (id int PRIMARY KEY, balance bigint NOT NULL DEFAULT 0);
             CREATE TABLE wallet_entries (id serial PRIMARY KEY, wallet_id int NOT NULL REFERENCES wallets, kind text NOT NULL,
                 amount bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now() - interval '1 day');
             INSERT INTO wallets SELECT generate_series(1, 80);
             INSERT INTO wallet_entries (wallet_id, kind, amount)
             SELECT a, 'k' || 1 + ('x' || left(md5(a || ':' || n), 6))::bit(24)::int % {kinds},
                    1 + ('x' || left(md5(n || ':' || a), 6))::bit(24)::int % 1000 FROM generate_series(1, 80) a, generate_series(1, 9) n;
             UPDATE wallets w SET balance = (SELECT sum(CASE WHEN substr(kind, 2)::int <= {without} THEN 0
                    WHEN substr(kind, 2)::int % 3 = 0 THEN amount ELSE -amount END) FROM wallet_entries e WHERE e.wallet_id = w.id);
             UPDATE wallets SET balance = balance + 1 WHERE id % 20 = 7"
        ));
        let (pack, ran) = draft(&db, folder.path(), &schema, &[]);
        ran.tells("✓ a ledger in wallet_entries, with balances in wallets.balance: 76 of 80 accounts agree");
        let entries = read(&pack, "ledger/entries.sql");
        for kind in 1..=kinds {
            let sign = if kind <= without {
                "0"
            } else if kind % 3 == 0 {
                "e.amount"
            } else {
                "-e.amount"
            };
            assert!(entries.contains(&format!("WHEN 'k{kind}' THEN {sign}")), "{entries}");
        }
        let balances = read(&pack, "ledger/balances.sql");
        // The balances may be below 0, which is no finding here.
        assert!(balances.contains("NULL::numeric AS floor"), "{balances}");
        let found =
            db.bursar(&["audit", "--app", pack.to_str().unwrap(), "--trust-pack", "-o", "json"]).exits(3).json();
        let accounts: Vec<_> =
            found["findings"].as_array().unwrap().iter().map(|f| f["account"].as_str().unwrap()).collect();
        assert_eq!(accounts, ["7", "27", "47", "67"], "{found}");
    }
    // A hold and its release cancel out in every account: both may count as nothing.
    db.sql(
        "SET search_path = kinds12;
         INSERT INTO wallet_entries (wallet_id, kind, amount) SELECT a, k, 3 * a FROM generate_series(1, 80) a, (VALUES ('hold'), ('release')) v (k)",
    );
    let (_, ran) = draft(&db, folder.path(), "kinds12", &["--ledger", "wallet_entries"]);
    ran.tells("as many agree with other signs of hold, release");
}
