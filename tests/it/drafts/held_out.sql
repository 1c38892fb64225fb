-- a shop's payments: collections, captures and refunds, no status on the payment itself
CREATE SCHEMA medusa; SET search_path = medusa;
CREATE TABLE payment_collection (id text PRIMARY KEY, currency_code text NOT NULL, amount numeric NOT NULL, authorized_amount numeric, captured_amount numeric, refunded_amount numeric, status text NOT NULL CHECK (status IN ('not_paid','awaiting','authorized','partially_authorized','canceled','failed','completed')), created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, deleted_at timestamptz);
CREATE TABLE payment (id text PRIMARY KEY, amount numeric NOT NULL, currency_code text NOT NULL, provider_id text NOT NULL, data jsonb, created_at timestamptz NOT NULL, captured_at timestamptz, canceled_at timestamptz, payment_collection_id text NOT NULL REFERENCES payment_collection, payment_session_id text NOT NULL);
CREATE TABLE capture (id text PRIMARY KEY, amount numeric NOT NULL, payment_id text NOT NULL REFERENCES payment, created_at timestamptz NOT NULL, created_by text);
CREATE TABLE refund (id text PRIMARY KEY, amount numeric NOT NULL, payment_id text NOT NULL REFERENCES payment, refund_reason_id text, note text, created_at timestamptz NOT NULL, created_by text);
INSERT INTO payment_collection SELECT 'pay_col_'||g, 'eur', 10*g, 10*g, 10*g, CASE WHEN g%4=0 THEN 10*g ELSE 0 END, 'completed', now()-interval '3 days', now(), NULL FROM generate_series(1,12) g;
INSERT INTO payment SELECT 'pay_'||g, 10*g, 'eur', 'pp_stripe_stripe', '{}', now()-interval '3 days', now()-interval '2 days', NULL, 'pay_col_'||g, 'payses_'||g FROM generate_series(1,12) g;
INSERT INTO capture SELECT 'capt_'||g, 10*g, 'pay_'||g, now()-interval '2 days', NULL FROM generate_series(1,12) g;
INSERT INTO refund SELECT 'ref_'||g, 10*g, 'pay_'||g, NULL, NULL, now()-interval '1 day', NULL FROM generate_series(4,12,4) g;
-- payments whose transactions are purchases and refunds in one table, no balances
CREATE SCHEMA killbill; SET search_path = killbill;
CREATE TABLE accounts (record_id serial PRIMARY KEY, id varchar(36) NOT NULL UNIQUE, external_key varchar(255), email varchar(128), name varchar(100), currency varchar(3), billing_cycle_day_local int, created_date timestamp NOT NULL, updated_date timestamp NOT NULL);
CREATE TABLE invoices (record_id serial PRIMARY KEY, id varchar(36) NOT NULL UNIQUE, account_id varchar(36) NOT NULL, invoice_date date NOT NULL, target_date date, currency varchar(3) NOT NULL, status varchar(15) NOT NULL DEFAULT 'COMMITTED', created_date timestamp NOT NULL);
CREATE TABLE invoice_items (record_id serial PRIMARY KEY, id varchar(36) NOT NULL UNIQUE, type varchar(24) NOT NULL, invoice_id varchar(36) NOT NULL, account_id varchar(36) NOT NULL, start_date date, amount numeric(15,9) NOT NULL, rate numeric(15,9), currency varchar(3) NOT NULL, linked_item_id varchar(36), created_date timestamp NOT NULL);
CREATE TABLE payments (record_id serial PRIMARY KEY, id varchar(36) NOT NULL UNIQUE, account_id varchar(36) NOT NULL, payment_method_id varchar(36) NOT NULL, external_key varchar(255) NOT NULL, state_name varchar(64), last_success_state_name varchar(64), created_date timestamp NOT NULL, updated_date timestamp NOT NULL);
CREATE TABLE payment_transactions (record_id serial PRIMARY KEY, id varchar(36) NOT NULL UNIQUE, transaction_external_key varchar(255) NOT NULL, transaction_type varchar(32) NOT NULL, effective_date timestamp NOT NULL, transaction_status varchar(50) NOT NULL, amount numeric(15,9), currency varchar(3), processed_amount numeric(15,9), processed_currency varchar(3), payment_id varchar(36) NOT NULL, gateway_error_code varchar(32), created_date timestamp NOT NULL, updated_date timestamp NOT NULL);
INSERT INTO accounts (id, external_key, currency, created_date, updated_date) SELECT md5('a'||g), 'k'||g, 'USD', now()-interval '9 days', now() FROM generate_series(1,10) g;
INSERT INTO invoices (id, account_id, invoice_date, currency, created_date) SELECT md5('i'||g), md5('a'||(1+g%10)), current_date-5, 'USD', now()-interval '5 days' FROM generate_series(1,30) g;
INSERT INTO invoice_items (id, type, invoice_id, account_id, amount, currency, created_date) SELECT md5('it'||g), 'RECURRING', md5('i'||g), md5('a'||(1+g%10)), 20+g, 'USD', now()-interval '5 days' FROM generate_series(1,30) g;
INSERT INTO payments (id, account_id, payment_method_id, external_key, state_name, created_date, updated_date) SELECT md5('p'||g), md5('a'||(1+g%10)), md5('m'||g), md5('p'||g), 'PURCHASE_SUCCESS', now()-interval '4 days', now() FROM generate_series(1,30) g;
INSERT INTO payment_transactions (id, transaction_external_key, transaction_type, effective_date, transaction_status, amount, currency, processed_amount, processed_currency, payment_id, created_date, updated_date)
SELECT md5('t'||g), 'tk'||g, 'PURCHASE', now()-interval '4 days', CASE WHEN g%9=0 THEN 'PAYMENT_FAILURE' ELSE 'SUCCESS' END, 20+g, 'USD', 20+g, 'USD', md5('p'||g), now()-interval '4 days', now() FROM generate_series(1,30) g
UNION ALL SELECT md5('r'||g), 'rk'||g, 'REFUND', now()-interval '3 days', 'SUCCESS', 5, 'USD', 5, 'USD', md5('p'||g), now()-interval '3 days', now() FROM generate_series(5,30,10) g;
-- gift cards: balances, and events with amounts inside JSON
CREATE SCHEMA saleor; SET search_path = saleor;
CREATE TABLE giftcard_giftcard (id serial PRIMARY KEY, code varchar(16) NOT NULL UNIQUE, currency varchar(3) NOT NULL, initial_balance_amount numeric(12,3) NOT NULL, current_balance_amount numeric(12,3) NOT NULL, created_at timestamptz NOT NULL, is_active boolean NOT NULL);
CREATE TABLE giftcard_giftcardevent (id serial PRIMARY KEY, date timestamptz NOT NULL, type varchar(255) NOT NULL, parameters jsonb NOT NULL, gift_card_id int NOT NULL REFERENCES giftcard_giftcard, order_id uuid);
CREATE TABLE payment_payment (id serial PRIMARY KEY, gateway varchar(255) NOT NULL, is_active boolean NOT NULL, created_at timestamptz NOT NULL, modified_at timestamptz NOT NULL, charge_status varchar(20) NOT NULL, currency varchar(3) NOT NULL, total numeric(12,3) NOT NULL, captured_amount numeric(12,3) NOT NULL, billing_email varchar(254) NOT NULL, psp_reference varchar(512), order_id uuid);
CREATE TABLE payment_transaction (id serial PRIMARY KEY, created_at timestamptz NOT NULL, token varchar(512) NOT NULL, kind varchar(25) NOT NULL, is_success boolean NOT NULL, currency varchar(3) NOT NULL, amount numeric(12,3) NOT NULL, payment_id int NOT NULL REFERENCES payment_payment);
INSERT INTO giftcard_giftcard SELECT g, 'C'||g, 'USD', 50, 50-g, now()-interval '9 days', true FROM generate_series(1,10) g;
INSERT INTO giftcard_giftcardevent (date, type, parameters, gift_card_id) SELECT now()-interval '8 days', 'ISSUED', '{"balance": {"currency": "USD", "initial_balance": "50"}}'::jsonb, g FROM generate_series(1,10) g UNION ALL SELECT now()-interval '3 days', 'USED_IN_ORDER', '{"balance": {"current_balance": "x"}}', g FROM generate_series(1,10) g;
INSERT INTO payment_payment SELECT g, 'mirumee.payments.stripe', true, now()-interval '3 days', now(), CASE WHEN g%5=0 THEN 'fully-refunded' WHEN g%7=0 THEN 'not-charged' ELSE 'fully-charged' END, 'USD', 20.5*g, CASE WHEN g%5=0 OR g%7=0 THEN 0 ELSE 20.5*g END, g||'@example.com', 'pi_'||g, gen_random_uuid() FROM generate_series(1,15) g;
INSERT INTO payment_transaction (created_at, token, kind, is_success, currency, amount, payment_id) SELECT now()-interval '3 days', 'ch_'||g, 'capture', true, 'USD', 20.5*g, g FROM generate_series(1,15) g WHERE g%7<>0 UNION ALL SELECT now()-interval '2 days', 're_'||g, 'refund', true, 'USD', 20.5*g, g FROM generate_series(5,15,5) g;
-- a game: each currency is a row of its own, by its number
CREATE SCHEMA guild; SET search_path = guild;
CREATE TABLE currencies (id smallint PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE players (id bigserial PRIMARY KEY, nickname text NOT NULL, level int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL);
CREATE TABLE player_currencies (player_id bigint NOT NULL REFERENCES players, currency_id smallint NOT NULL REFERENCES currencies, amount bigint NOT NULL DEFAULT 0, PRIMARY KEY (player_id, currency_id));
CREATE TABLE currency_log (id bigserial PRIMARY KEY, player_id bigint NOT NULL REFERENCES players, currency_id smallint NOT NULL REFERENCES currencies, delta bigint NOT NULL, balance_after bigint NOT NULL, reason text NOT NULL, logged_at timestamptz NOT NULL);
INSERT INTO currencies VALUES (1,'GOLD','Gold'),(2,'GEM','Gems'),(3,'HONOR','Honor');
INSERT INTO players (nickname, created_at) SELECT 'p'||g, now()-interval '9 days' FROM generate_series(1,12) g;
INSERT INTO currency_log (player_id, currency_id, delta, balance_after, reason, logged_at) SELECT 1+g%12, 1+(g/12)%3, CASE WHEN g>60 AND g%5=0 THEN -2 ELSE g END, 0, 'quest', now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,150) g;
UPDATE currency_log l SET balance_after = w.s FROM (SELECT id, sum(delta) OVER (PARTITION BY player_id, currency_id ORDER BY id) s FROM currency_log) w WHERE w.id = l.id;
INSERT INTO player_currencies SELECT player_id, currency_id, sum(delta) FROM currency_log GROUP BY 1, 2;
-- the same with a word that no list of names knows
CREATE SCHEMA farm; SET search_path = farm;
CREATE TABLE stock (farmer uuid NOT NULL, resource text NOT NULL, amount int NOT NULL, PRIMARY KEY (farmer, resource));
CREATE TABLE stock_moves (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), farmer uuid NOT NULL, resource text NOT NULL, amount int NOT NULL, at timestamptz NOT NULL);
INSERT INTO stock_moves (farmer, resource, amount, at) SELECT md5('f'||(1+g%10))::uuid, (ARRAY['wood','stone','iron'])[1+g%3], CASE WHEN g%8=7 THEN -1 ELSE g END, now()-interval '3 days'+g*interval '1 minute' FROM generate_series(1,120) g;
INSERT INTO stock SELECT farmer, resource, sum(amount) FROM stock_moves GROUP BY 1, 2;
-- points in German, unsigned with a word for the sign
CREATE SCHEMA punkte; SET search_path = punkte;
CREATE TABLE kunden (kunden_nr int PRIMARY KEY, name text, punktestand int NOT NULL DEFAULT 0, angelegt_am timestamp NOT NULL);
CREATE TABLE buchungen (buchung_nr serial PRIMARY KEY, kunden_nr int NOT NULL REFERENCES kunden, buchungsart text NOT NULL, punkte int NOT NULL, gebucht_am timestamp NOT NULL);
INSERT INTO kunden SELECT g, 'K'||g, 0, now()-interval '9 days' FROM generate_series(1,12) g;
INSERT INTO buchungen (kunden_nr, buchungsart, punkte, gebucht_am) SELECT 1+g%12, CASE WHEN g>24 AND g%5=0 THEN 'Belastung' ELSE 'Gutschrift' END, CASE WHEN g>24 AND g%5=0 THEN 3 ELSE g END, now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,120) g;
UPDATE kunden k SET punktestand = (SELECT sum(CASE buchungsart WHEN 'Belastung' THEN -punkte ELSE punkte END) FROM buchungen b WHERE b.kunden_nr = k.kunden_nr);
-- in French
CREATE SCHEMA fidelite; SET search_path = fidelite;
CREATE TABLE comptes (id bigserial PRIMARY KEY, titulaire text, solde numeric(12,2) NOT NULL DEFAULT 0, ouvert_le date NOT NULL);
CREATE TABLE mouvements (id bigserial PRIMARY KEY, compte_id bigint NOT NULL REFERENCES comptes, montant numeric(12,2) NOT NULL, sens char(1) NOT NULL, libelle text, date_operation timestamptz NOT NULL);
INSERT INTO comptes (titulaire, ouvert_le) SELECT 'T'||g, current_date-20 FROM generate_series(1,12) g;
INSERT INTO mouvements (compte_id, montant, sens, date_operation) SELECT 1+g%12, CASE WHEN g>24 AND g%7=0 THEN 1.5 ELSE g END, CASE WHEN g>24 AND g%7=0 THEN 'D' ELSE 'C' END, now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,120) g;
UPDATE comptes c SET solde = (SELECT sum(CASE sens WHEN 'D' THEN -montant ELSE montant END) FROM mouvements m WHERE m.compte_id = c.id);
-- in Spanish, signed, soft deleted
CREATE SCHEMA puntos; SET search_path = puntos;
CREATE TABLE cuentas (id uuid PRIMARY KEY, saldo bigint NOT NULL DEFAULT 0, creado_en timestamptz NOT NULL);
CREATE TABLE movimientos (id bigserial PRIMARY KEY, cuenta_id uuid NOT NULL, importe bigint NOT NULL, concepto text, fecha timestamptz NOT NULL, borrado_en timestamptz);
INSERT INTO cuentas SELECT md5('c'||g)::uuid, 0, now()-interval '9 days' FROM generate_series(1,12) g;
INSERT INTO movimientos (cuenta_id, importe, fecha, borrado_en) SELECT md5('c'||(1+g%12))::uuid, CASE WHEN g%9=8 THEN -2 ELSE g END, now()-interval '5 days'+g*interval '1 minute', CASE WHEN g%11=0 THEN now() END FROM generate_series(1,120) g;
UPDATE cuentas c SET saldo = (SELECT sum(importe) FROM movimientos m WHERE m.cuenta_id = c.id AND borrado_en IS NULL);
-- a journal of debits and credits; the time is in its head
CREATE SCHEMA books; SET search_path = books;
CREATE TABLE accounts (id serial PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL, type text NOT NULL, balance numeric(14,2) NOT NULL DEFAULT 0);
CREATE TABLE journal_entries (id serial PRIMARY KEY, posted_at timestamptz NOT NULL, description text);
CREATE TABLE journal_lines (id serial PRIMARY KEY, journal_entry_id int NOT NULL REFERENCES journal_entries, account_id int NOT NULL REFERENCES accounts, debit numeric(14,2) NOT NULL DEFAULT 0, credit numeric(14,2) NOT NULL DEFAULT 0);
INSERT INTO accounts (code, name, type) SELECT g::text, 'a'||g, (ARRAY['asset','liability','income','expense'])[1+g%4] FROM generate_series(1,8) g;
INSERT INTO journal_entries (posted_at) SELECT now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,60) g;
INSERT INTO journal_lines (journal_entry_id, account_id, debit, credit) SELECT g, 1+g%8, g, 0 FROM generate_series(1,60) g UNION ALL SELECT g, 1+(g*3+1)%8, 0, g FROM generate_series(1,60) g;
UPDATE accounts a SET balance = (SELECT CASE WHEN a.type IN ('asset','expense') THEN 1 ELSE -1 END * sum(debit - credit) FROM journal_lines l WHERE l.account_id = a.id);
-- the same with its time in the line, and balances all of one side
CREATE SCHEMA ledgerful; SET search_path = ledgerful;
CREATE TABLE gl_accounts (account_no text PRIMARY KEY, title text, balance numeric(14,2) NOT NULL DEFAULT 0);
CREATE TABLE gl_lines (line_id bigserial PRIMARY KEY, voucher_ref text NOT NULL, account_no text NOT NULL REFERENCES gl_accounts, debit_amount numeric(14,2), credit_amount numeric(14,2), booked_on date NOT NULL);
INSERT INTO gl_accounts SELECT (1000+g)::text, 'a'||g FROM generate_series(1,8) g;
INSERT INTO gl_lines (voucher_ref, account_no, debit_amount, credit_amount, booked_on) SELECT 'V'||g, (1001+g%8)::text, g, NULL, current_date-40+g/2 FROM generate_series(1,60) g UNION ALL SELECT 'V'||g, (1001+(g*3+1)%8)::text, NULL, g, current_date-40+g/2 FROM generate_series(1,60) g;
UPDATE gl_accounts a SET balance = (SELECT coalesce(sum(debit_amount),0) - coalesce(sum(credit_amount),0) FROM gl_lines l WHERE l.account_no = a.account_no);
-- cents in the entries, whole units in the balance, milliseconds since 1970
CREATE SCHEMA cents; SET search_path = cents;
CREATE TABLE wallets (id serial PRIMARY KEY, user_id int NOT NULL, balance numeric(12,2) NOT NULL DEFAULT 0);
CREATE TABLE wallet_entries (id bigserial PRIMARY KEY, wallet_id int NOT NULL REFERENCES wallets, amount_cents bigint NOT NULL, created_ms bigint NOT NULL, created_at bigint NOT NULL);
INSERT INTO wallets (user_id) SELECT g FROM generate_series(1,12) g;
INSERT INTO wallet_entries (wallet_id, amount_cents, created_ms, created_at) SELECT 1+g%12, CASE WHEN g%9=8 THEN -25 ELSE 105*g END, 0, (extract(epoch FROM now())*1000)::bigint - 86400000 + g*1000 FROM generate_series(1,120) g;
UPDATE wallets w SET balance = (SELECT sum(amount_cents) FROM wallet_entries e WHERE e.wallet_id = w.id) / 100.0;
-- tenants whose accounts have the same numbers
CREATE SCHEMA tenants; SET search_path = tenants;
CREATE TABLE balances (tenant_id int NOT NULL, account_no int NOT NULL, balance bigint NOT NULL, PRIMARY KEY (tenant_id, account_no));
CREATE TABLE postings (id bigserial PRIMARY KEY, tenant_id int NOT NULL, account_no int NOT NULL, amount bigint NOT NULL, posted_at timestamptz NOT NULL);
INSERT INTO postings (tenant_id, account_no, amount, posted_at) SELECT 1+g%3, 1+g%5, CASE WHEN g%9=8 THEN -2 ELSE g END, now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,150) g;
INSERT INTO balances SELECT tenant_id, account_no, sum(amount) FROM postings GROUP BY 1, 2;
-- transfers, of which some have one side
CREATE SCHEMA transfers; SET search_path = transfers;
CREATE TABLE wallets (id uuid PRIMARY KEY, owner text, balance bigint NOT NULL DEFAULT 0, created_at timestamptz NOT NULL);
CREATE TABLE transfers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), from_wallet uuid REFERENCES wallets, to_wallet uuid REFERENCES wallets, amount bigint NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO wallets SELECT md5('w'||g)::uuid, 'o'||g, 0, now()-interval '9 days' FROM generate_series(1,10) g;
INSERT INTO transfers (from_wallet, to_wallet, amount, status, created_at) SELECT NULL, md5('w'||(1+g%10))::uuid, 100+g, 'done', now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,30) g UNION ALL SELECT md5('w'||(1+g%10))::uuid, md5('w'||(1+(g*3)%10))::uuid, g, CASE WHEN g%6=0 THEN 'failed' ELSE 'done' END, now()-interval '4 days'+g*interval '1 minute' FROM generate_series(1,40) g UNION ALL SELECT md5('w'||(1+g%10))::uuid, NULL, g, 'done', now()-interval '3 days'+g*interval '1 minute' FROM generate_series(1,20) g;
UPDATE wallets w SET balance = coalesce((SELECT sum(amount) FROM transfers t WHERE t.to_wallet=w.id AND status='done'),0) - coalesce((SELECT sum(amount) FROM transfers t WHERE t.from_wallet=w.id AND status='done'),0);
-- units by a text of both tables, in another case, with a running balance
CREATE SCHEMA exchange; SET search_path = exchange;
CREATE TABLE balances (user_id int NOT NULL, asset varchar(10) NOT NULL, available numeric(36,18) NOT NULL, locked numeric(36,18) NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL, PRIMARY KEY (user_id, asset));
CREATE TABLE ledger (id bigserial PRIMARY KEY, user_id int NOT NULL, asset varchar(10) NOT NULL, amount numeric(36,18) NOT NULL, type text NOT NULL, ref_id bigint, created_at timestamptz NOT NULL);
INSERT INTO ledger (user_id, asset, amount, type, created_at) SELECT 1+g%10, (ARRAY['BTC','ETH','USDT'])[1+g%3], CASE WHEN g>60 AND g%7=0 THEN -0.000000000000000001 ELSE g*0.1 END, 'trade', now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,150) g;
INSERT INTO balances SELECT user_id, asset, sum(amount), 0, now() FROM ledger GROUP BY 1, 2;
-- payments with refunds that name the gateway's id
CREATE SCHEMA refunding; SET search_path = refunding;
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_email text, placed_at timestamptz NOT NULL);
CREATE TABLE payments (id bigserial PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, amount_cents int NOT NULL, currency char(3) NOT NULL, status text NOT NULL, stripe_payment_intent_id text, created_at timestamptz NOT NULL);
CREATE TABLE refunds (id bigserial PRIMARY KEY, payment_id bigint NOT NULL REFERENCES payments, amount_cents int NOT NULL, status text NOT NULL, stripe_refund_id text, reason text, created_at timestamptz NOT NULL);
INSERT INTO orders (customer_email, placed_at) SELECT g||'@example.com', now()-interval '3 days' FROM generate_series(1,20) g;
INSERT INTO payments (order_id, amount_cents, currency, status, stripe_payment_intent_id, created_at) SELECT g, 100*g, 'EUR', CASE WHEN g%5=0 THEN 'refunded' WHEN g%9=0 THEN 'failed' ELSE 'succeeded' END, 'pi_'||g, now()-interval '2 days' FROM generate_series(1,20) g;
INSERT INTO refunds (payment_id, amount_cents, status, stripe_refund_id, created_at) SELECT g, 100*g, 'succeeded', 're_'||g, now()-interval '1 day' FROM generate_series(5,20,5) g UNION ALL SELECT 5, 900, 'failed', 're_x', now()-interval '1 day';
-- items that sum to an order: true, and no ledger
CREATE SCHEMA orders; SET search_path = orders;
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL, total numeric(12,2) NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE order_items (id serial PRIMARY KEY, order_id int NOT NULL REFERENCES orders, sku text, quantity int NOT NULL, line_total numeric(12,2) NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO orders SELECT g, g%7, 0, 'paid', now()-interval '3 days' FROM generate_series(1,20) g;
INSERT INTO order_items (order_id, sku, quantity, line_total, created_at) SELECT 1+g%20, 's'||g, 1+g%3, 1.5*g, now()-interval '3 days' FROM generate_series(1,70) g;
UPDATE orders o SET total = (SELECT sum(line_total) FROM order_items i WHERE i.order_id=o.id);
-- what came and what went in two columns, the side in a word
CREATE SCHEMA volumes; SET search_path = volumes;
CREATE TABLE ledger_accounts (id int PRIMARY KEY, code text NOT NULL, total_debits bigint NOT NULL DEFAULT 0, total_credits bigint NOT NULL DEFAULT 0);
CREATE TABLE ledger_lines (id serial PRIMARY KEY, journal_id int NOT NULL, account_id int NOT NULL REFERENCES ledger_accounts, direction text NOT NULL, amount bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO ledger_accounts SELECT g, 'A'||g FROM generate_series(1,12) g;
INSERT INTO ledger_lines (journal_id, account_id, direction, amount) SELECT g, 1+g%12, 'debit', g*7 FROM generate_series(1,100) g UNION ALL SELECT g, 1+(g+5)%12, 'credit', g*7 FROM generate_series(1,100) g;
UPDATE ledger_accounts a SET total_debits = (SELECT sum(amount) FROM ledger_lines l WHERE l.account_id = a.id AND direction = 'debit'), total_credits = (SELECT sum(amount) FROM ledger_lines l WHERE l.account_id = a.id AND direction = 'credit');
-- accounts of a name and a scope that may be NULL, in two currencies
CREATE SCHEMA scopes; SET search_path = scopes;
CREATE TABLE balances (account text NOT NULL, sub_account text, currency text NOT NULL, balance bigint NOT NULL);
CREATE TABLE entries (id bigserial PRIMARY KEY, account text NOT NULL, sub_account text, currency text NOT NULL, delta bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO entries (account, sub_account, currency, delta) SELECT 'acc'||g%5, CASE WHEN g%4=0 THEN NULL ELSE 's'||g%3 END, CASE WHEN g%2=0 THEN 'EUR' ELSE 'USD' END, g FROM generate_series(1,300) g;
INSERT INTO balances SELECT account, sub_account, currency, sum(delta) FROM entries GROUP BY 1,2,3;
