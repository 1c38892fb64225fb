//! Packs of whole ledgers: Formance's, and the savings of Fineract.

use super::{Project, tried};

#[test]
fn formance() {
    tried(&Project {
        pack: "formance",
        tables: "
            CREATE SCHEMA _default; SET search_path = _default;
            CREATE TYPE volumes AS (inputs numeric, outputs numeric);
            CREATE TABLE transactions (seq bigserial PRIMARY KEY, ledger varchar NOT NULL, id bigint NOT NULL, timestamp timestamp NOT NULL,
                reference varchar, postings varchar NOT NULL, post_commit_volumes jsonb, inserted_at timestamp, UNIQUE (ledger, id));
            CREATE TABLE moves (seq bigserial PRIMARY KEY, ledger varchar NOT NULL, transactions_id bigint, accounts_address varchar NOT NULL,
                asset varchar NOT NULL, amount numeric NOT NULL, insertion_date timestamp NOT NULL, effective_date timestamp NOT NULL,
                post_commit_volumes volumes, post_commit_effective_volumes volumes, is_source boolean NOT NULL);
            CREATE TABLE accounts_volumes (ledger varchar NOT NULL, accounts_address varchar NOT NULL, asset varchar NOT NULL,
                input numeric NOT NULL, output numeric NOT NULL, PRIMARY KEY (ledger, accounts_address, asset))",
        // Two ledgers with the same addresses; one that keeps no moves; a move that takes effect later.
        rows: "
            SET search_path = _default;
            INSERT INTO moves (ledger, transactions_id, accounts_address, asset, amount, insertion_date, effective_date, is_source)
            SELECT l, 2 * g - 2 + t.n, m.address, 'USD/2', t.amount, now() AT TIME ZONE 'UTC' - interval '1 day',
                   now() AT TIME ZONE 'UTC' + CASE g WHEN 7 THEN interval '3 days' ELSE interval '-9 days' END, m.is_source
              FROM unnest(ARRAY['main', 'eu']) l, generate_series(1, 8) g,
                   LATERAL (VALUES (1, 'world', 'users:' || g, 100), (2, 'users:' || g, 'fees', 30)) t (n, source, destination, amount),
                   LATERAL (VALUES (true, t.source), (false, t.destination)) m (is_source, address)
             ORDER BY 1, 2, m.is_source DESC;
            UPDATE moves m SET post_commit_volumes = ROW(w.inputs, w.outputs)::volumes
              FROM (SELECT seq, coalesce(sum(amount) FILTER (WHERE NOT is_source) OVER o, 0) AS inputs,
                           coalesce(sum(amount) FILTER (WHERE is_source) OVER o, 0) AS outputs
                      FROM moves WINDOW o AS (PARTITION BY ledger, accounts_address, asset ORDER BY seq)) w
             WHERE w.seq = m.seq;
            INSERT INTO accounts_volumes
            SELECT ledger, accounts_address, asset, coalesce(sum(amount) FILTER (WHERE NOT is_source), 0),
                   coalesce(sum(amount) FILTER (WHERE is_source), 0)
              FROM moves GROUP BY 1, 2, 3;
            INSERT INTO transactions (ledger, id, timestamp, postings)
            SELECT ledger, transactions_id, max(effective_date), json_build_array(json_build_object('source', max(accounts_address)
                   FILTER (WHERE is_source), 'destination', max(accounts_address) FILTER (WHERE NOT is_source), 'amount', max(amount), 'asset', 'USD/2'))
              FROM moves GROUP BY 1, 2;
            INSERT INTO transactions (ledger, id, timestamp, postings)
            VALUES ('light', 1, now(), json_build_array(json_build_object('source', 'world', 'destination', 'users:1', 'amount', 50, 'asset', 'EUR/2')));
            INSERT INTO accounts_volumes VALUES ('light', 'world', 'EUR/2', 0, 50), ('light', 'users:1', 'EUR/2', 50, 0)",
        faults: &[
            (
                "UPDATE _default.accounts_volumes SET input = input + 1 WHERE ledger = 'main' AND accounts_address = 'users:1'",
                &["ledger.balance cache_drift main/users:1"],
            ),
            (
                "UPDATE _default.moves SET post_commit_volumes = ROW(100, 31)::_default.volumes
                  WHERE ledger = 'main' AND accounts_address = 'users:2' AND is_source",
                &["ledger.chain entry_missing_or_amount_changed main/users:2"],
            ),
            (
                "DELETE FROM _default.moves WHERE ledger = 'main' AND accounts_address = 'users:3' AND is_source;
                 UPDATE _default.accounts_volumes SET output = 0 WHERE ledger = 'main' AND accounts_address = 'users:3'",
                &["ledger.balanced single_entry main/6"],
            ),
            (
                "UPDATE _default.moves SET amount = 40, post_commit_volumes = ROW(100, 40)::_default.volumes
                  WHERE ledger = 'main' AND accounts_address = 'users:4' AND is_source;
                 UPDATE _default.accounts_volumes SET output = 40 WHERE ledger = 'main' AND accounts_address = 'users:4'",
                &["ledger.balanced unbalanced main/8"],
            ),
            (
                "UPDATE _default.moves SET insertion_date = now() AT TIME ZONE 'UTC' + interval '1 day'
                  WHERE ledger = 'main' AND accounts_address = 'users:5' AND is_source",
                &["ledger.domain future main/users:5"],
            ),
            (
                "UPDATE _default.accounts_volumes SET output = 0 WHERE ledger = 'eu' AND accounts_address = 'users:6'",
                &["ledger.balance cache_drift eu/users:6"],
            ),
            // The last transaction loses both of its moves, or both have another amount, and all volumes are right again.
            (
                "DELETE FROM _default.moves WHERE ledger = 'main' AND transactions_id = 16;
                 UPDATE _default.accounts_volumes SET output = 0 WHERE ledger = 'main' AND accounts_address = 'users:8';
                 UPDATE _default.accounts_volumes SET input = input - 30 WHERE ledger = 'main' AND accounts_address = 'fees'",
                &["moves.posted main/fees"],
            ),
            (
                "UPDATE _default.moves SET amount = 40, post_commit_volumes = CASE WHEN is_source THEN ROW(100, 40)::_default.volumes
                        ELSE ROW((post_commit_volumes).inputs + 10, 0)::_default.volumes END
                  WHERE ledger = 'eu' AND transactions_id = 16;
                 UPDATE _default.accounts_volumes SET output = 40 WHERE ledger = 'eu' AND accounts_address = 'users:8';
                 UPDATE _default.accounts_volumes SET input = input + 10 WHERE ledger = 'eu' AND accounts_address = 'fees'",
                &["moves.posted eu/fees"],
            ),
        ],
    });
}

#[test]
fn fineract_savings() {
    let db = tried(&Project {
        pack: "fineract-savings",
        tables: "
            CREATE TABLE m_savings_account (id bigserial PRIMARY KEY, account_no varchar(20) NOT NULL, status_enum smallint NOT NULL DEFAULT 300,
                currency_code varchar(3) NOT NULL, currency_digits smallint NOT NULL, submittedon_date date NOT NULL, activatedon_date date,
                min_required_opening_balance numeric(19,6), account_balance_derived numeric(19,6) NOT NULL DEFAULT 0,
                total_deposits_derived numeric(19,6), allow_overdraft boolean NOT NULL DEFAULT false, overdraft_limit numeric(19,6));
            CREATE TABLE m_savings_account_transaction (id bigserial PRIMARY KEY,
                savings_account_id bigint NOT NULL REFERENCES m_savings_account, transaction_type_enum smallint NOT NULL,
                is_reversed boolean NOT NULL, transaction_date date NOT NULL, amount numeric(19,6) NOT NULL,
                overdraft_amount_derived numeric(19,6), running_balance_derived numeric(19,6), cumulative_balance_derived numeric(19,6),
                created_date timestamp NOT NULL DEFAULT now(), original_transaction_id bigint, is_reversal boolean NOT NULL DEFAULT false)",
        // A deposit that was reversed, and what reversed it; an accrual. Account 8 has a hold, and account 9 an overdraft.
        rows: "
            INSERT INTO m_savings_account (account_no, currency_code, currency_digits, submittedon_date, activatedon_date, allow_overdraft)
            SELECT lpad(g::text, 9, '0'), 'USD', 2, current_date - 60, current_date - 59, g = 9 FROM generate_series(1, 9) g;
            INSERT INTO m_savings_account_transaction (savings_account_id, transaction_type_enum, amount, transaction_date, is_reversed, is_reversal)
            SELECT g, t.type, t.amount, current_date - t.days, t.reversed, t.reversal
              FROM generate_series(1, 9) g, (VALUES (1, 100, 50, false, false), (1, 500, 45, true, false), (1, 500, 45, false, true),
                   (2, 30, 40, false, false), (10, 0.7, 30, false, false), (3, 1.5, 30, false, false), (7, 2, 29, false, false))
                   t (type, amount, days, reversed, reversal)
             ORDER BY t.days DESC;
            INSERT INTO m_savings_account_transaction (savings_account_id, transaction_type_enum, amount, transaction_date, is_reversed)
            VALUES (8, 20, 10, current_date - 9, false), (8, 2, 5, current_date - 8, false), (8, 21, 10, current_date - 7, false),
                   (9, 2, 200, current_date - 9, false), (9, 17, 1, current_date - 8, false);
            UPDATE m_savings_account_transaction t SET running_balance_derived = w.balance
              FROM (SELECT id, sum(CASE WHEN is_reversed OR is_reversal THEN 0 WHEN transaction_type_enum IN (1, 3, 21) THEN amount
                                        WHEN transaction_type_enum = 10 THEN 0 ELSE -amount END)
                               OVER (PARTITION BY savings_account_id ORDER BY transaction_date, id) AS balance
                      FROM m_savings_account_transaction) w
             WHERE w.id = t.id;
            UPDATE m_savings_account_transaction SET running_balance_derived = 0 WHERE is_reversed OR is_reversal;
            UPDATE m_savings_account SET account_balance_derived = CASE id WHEN 8 THEN 64.5 WHEN 9 THEN -131.5 ELSE 69.5 END",
        faults: &[
            (
                "UPDATE m_savings_account SET account_balance_derived = account_balance_derived + 1 WHERE id = 1",
                &["ledger.balance cache_drift 1"],
            ),
            // Reversed, and nothing counted again.
            (
                "UPDATE m_savings_account_transaction SET is_reversed = true WHERE savings_account_id = 2 AND transaction_type_enum = 2",
                &["ledger.balance broken_chain 2", "ledger.chain entry_missing_or_amount_changed 2"],
            ),
            (
                "UPDATE m_savings_account_transaction SET transaction_type_enum = 99 WHERE savings_account_id = 3 AND transaction_type_enum = 7",
                &["ledger.balance broken_chain 3", "ledger.chain no_sign 3", "ledger.domain sign 3"],
            ),
            (
                "UPDATE m_savings_account_transaction SET running_balance_derived = 71 WHERE savings_account_id = 4 AND transaction_type_enum = 2",
                &["ledger.chain running_edited 4"],
            ),
            (
                "UPDATE m_savings_account_transaction SET amount = amount + 100 WHERE savings_account_id = 5 AND transaction_type_enum = 7;
                 UPDATE m_savings_account_transaction SET running_balance_derived = -30.5 WHERE savings_account_id = 5 AND transaction_type_enum = 7;
                 UPDATE m_savings_account SET account_balance_derived = -30.5 WHERE id = 5",
                &["ledger.domain cache 5", "ledger.domain negative 5"],
            ),
            (
                "UPDATE m_savings_account_transaction SET transaction_date = current_date + 3 WHERE savings_account_id = 6 AND transaction_type_enum = 7",
                &["ledger.domain future 6"],
            ),
            (
                "UPDATE m_savings_account SET activatedon_date = current_date - 45 WHERE id = 7",
                &["ledger.domain early 7"],
            ),
            (
                "UPDATE m_savings_account_transaction SET amount = 6 WHERE savings_account_id = 8 AND amount = 5",
                &["ledger.balance cache_drift 8"],
            ),
        ],
    });
    // Older versions keep the mark of a reversal as a number.
    db.sql(
        "ALTER TABLE m_savings_account_transaction ALTER is_reversal DROP DEFAULT,
               ALTER is_reversal TYPE smallint USING is_reversal::integer",
    );
    db.bursar(&["audit", "--account", "9"]).ok();
}
