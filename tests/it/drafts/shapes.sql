-- pgledger
CREATE SCHEMA pgledger; SET search_path = pgledger;
CREATE TABLE pgledger_accounts (id text PRIMARY KEY, name text NOT NULL, currency text NOT NULL, balance numeric NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0, allow_negative_balance boolean NOT NULL, allow_positive_balance boolean NOT NULL,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE pgledger_transfers (id text PRIMARY KEY, from_account_id text NOT NULL REFERENCES pgledger_accounts, to_account_id text NOT NULL REFERENCES pgledger_accounts,
  amount numeric NOT NULL, created_at timestamptz NOT NULL, event_at timestamptz NOT NULL);
CREATE TABLE pgledger_entries (id text PRIMARY KEY, account_id text NOT NULL REFERENCES pgledger_accounts, transfer_id text NOT NULL REFERENCES pgledger_transfers,
  amount numeric NOT NULL, account_previous_balance numeric NOT NULL, account_current_balance numeric NOT NULL, account_version bigint NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO pgledger_accounts SELECT 'pgla_'||g, 'a'||g, 'USD', 0, 0, g=1, true, now()-interval '9 days', now() FROM generate_series(1,6) g;
INSERT INTO pgledger_transfers SELECT 'pglt_'||lpad(g::text,4,'0'), 'pgla_1', 'pgla_'||(2+g%5), g*1.25, now()-interval '5 days'+g*interval '1 minute', now() FROM generate_series(1,40) g;
INSERT INTO pgledger_entries
SELECT 'pgle_'||md5(t.id||s.account), s.account, t.id, s.amount, 0, 0, 0, t.created_at FROM pgledger_transfers t, LATERAL (VALUES (t.from_account_id, -t.amount),(t.to_account_id, t.amount)) s(account, amount);
UPDATE pgledger_entries e SET account_version=w.n, account_current_balance=w.s, account_previous_balance=w.s-e.amount
 FROM (SELECT id, row_number() OVER (PARTITION BY account_id ORDER BY created_at, transfer_id) n, sum(amount) OVER (PARTITION BY account_id ORDER BY created_at, transfer_id) s FROM pgledger_entries) w WHERE w.id=e.id;
-- two overlapping transfers: the time is that of the transaction's start
UPDATE pgledger_entries SET created_at = created_at - interval '30 minutes' WHERE account_id='pgla_1' AND account_version = 20;
UPDATE pgledger_accounts a SET balance=s.s, version=s.n FROM (SELECT account_id, sum(amount) s, count(*) n FROM pgledger_entries GROUP BY 1) s WHERE s.account_id=a.id;
-- bavix
CREATE SCHEMA bavix; SET search_path = bavix;
CREATE TABLE users (id bigserial PRIMARY KEY, name text);
CREATE TABLE wallets (id bigserial PRIMARY KEY, holder_type varchar(255) NOT NULL, holder_id bigint NOT NULL, name varchar(255) NOT NULL, slug varchar(255) NOT NULL, uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  description varchar(255), meta jsonb, balance numeric(64,0) NOT NULL DEFAULT 0, decimal_places smallint NOT NULL DEFAULT 2, created_at timestamp(0), updated_at timestamp(0), deleted_at timestamp(0));
CREATE TABLE transactions (id bigserial PRIMARY KEY, payable_type varchar(255) NOT NULL, payable_id bigint NOT NULL, wallet_id bigint NOT NULL REFERENCES wallets, type varchar(255) NOT NULL CHECK (type IN ('deposit','withdraw')),
  amount numeric(64,0) NOT NULL, confirmed boolean NOT NULL, meta jsonb, uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(), created_at timestamp(0), updated_at timestamp(0), deleted_at timestamp(0));
INSERT INTO users(name) SELECT 'u'||g FROM generate_series(1,12) g;
INSERT INTO wallets(holder_type,holder_id,name,slug,created_at) SELECT 'App\Models\User', g, 'Default', 'default', now()-interval '9 days' FROM generate_series(1,12) g;
INSERT INTO transactions(payable_type,payable_id,wallet_id,type,amount,confirmed,created_at,deleted_at)
SELECT 'App\Models\User', 1+g%12, 1+g%12, CASE WHEN g%5=0 THEN 'withdraw' ELSE 'deposit' END, CASE WHEN g%5=0 THEN -3 ELSE g END, g%7<>0, now()-interval '5 days'+g*interval '1 minute', CASE WHEN g%11=0 THEN now()-interval '1 day' END FROM generate_series(1,200) g;
UPDATE wallets w SET balance=s.s FROM (SELECT wallet_id, sum(amount) s FROM transactions WHERE confirmed AND deleted_at IS NULL GROUP BY 1) s WHERE s.wallet_id=w.id;
-- lago
CREATE SCHEMA lago; SET search_path = lago;
CREATE TABLE customers (id uuid PRIMARY KEY, external_id text, email text, organization_id uuid, created_at timestamp NOT NULL);
CREATE TABLE invoices (id uuid PRIMARY KEY, customer_id uuid REFERENCES customers, taxes_amount_cents bigint NOT NULL DEFAULT 0, fees_amount_cents bigint NOT NULL DEFAULT 0, total_amount_cents bigint NOT NULL, currency varchar, status int NOT NULL DEFAULT 1, payment_status int NOT NULL DEFAULT 0, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE payments (id uuid PRIMARY KEY, invoice_id uuid REFERENCES invoices, payable_type varchar, payable_id uuid, provider_payment_id varchar, amount_cents bigint NOT NULL, amount_currency varchar NOT NULL, status varchar NOT NULL, payment_provider_id uuid, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE wallets (id uuid PRIMARY KEY, customer_id uuid REFERENCES customers, status int NOT NULL, name varchar, rate_amount numeric(30,5) NOT NULL DEFAULT 1, credits_balance numeric(30,5) NOT NULL DEFAULT 0, consumed_credits numeric(30,5) NOT NULL DEFAULT 0, balance_cents bigint NOT NULL DEFAULT 0, balance_currency varchar NOT NULL, consumed_amount_cents bigint NOT NULL DEFAULT 0, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE wallet_transactions (id uuid PRIMARY KEY, wallet_id uuid NOT NULL REFERENCES wallets, transaction_type int NOT NULL, status int NOT NULL, amount numeric(30,5) NOT NULL, credit_amount numeric(30,5) NOT NULL, settled_at timestamp, failed_at timestamp, invoice_id uuid, source int NOT NULL DEFAULT 0, transaction_status int NOT NULL DEFAULT 0, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE credit_notes (id uuid PRIMARY KEY, customer_id uuid REFERENCES customers, invoice_id uuid REFERENCES invoices, credit_amount_cents bigint NOT NULL, balance_amount_cents bigint NOT NULL, credit_status int, number varchar NOT NULL, created_at timestamp NOT NULL);
INSERT INTO customers SELECT gen_random_uuid(), 'c'||g, 'c'||g||'@example.com', gen_random_uuid(), now()-interval '30 days' FROM generate_series(1,15) g;
INSERT INTO wallets(id,customer_id,status,balance_currency,created_at,updated_at) SELECT gen_random_uuid(), id, 0, 'EUR', now()-interval '20 days', now() FROM customers;
INSERT INTO wallet_transactions(id,wallet_id,transaction_type,status,amount,credit_amount,settled_at,failed_at,created_at,updated_at)
SELECT gen_random_uuid(), w.id, CASE WHEN g%4=0 THEN 1 ELSE 0 END, CASE WHEN g%6=5 THEN 0 WHEN g%6=4 THEN 2 ELSE 1 END, CASE WHEN g%4=0 THEN 2 ELSE g END * 0.5, CASE WHEN g%4=0 THEN 2 ELSE g END * 1.0, now(), NULL, now()-interval '9 days'+g*interval '1 hour', now() FROM wallets w, generate_series(1,14) g;
UPDATE wallet_transactions SET settled_at = CASE status WHEN 1 THEN created_at END, failed_at = CASE status WHEN 2 THEN created_at END;
UPDATE wallets w SET credits_balance=s.s FROM (SELECT wallet_id, sum(CASE transaction_type WHEN 0 THEN credit_amount ELSE -credit_amount END) s FROM wallet_transactions WHERE status=1 GROUP BY 1) s WHERE s.wallet_id=w.id;
INSERT INTO invoices SELECT gen_random_uuid(), id, 70, 1000, 1070, 'EUR', 1, 1, now()-interval '3 days', now() FROM customers;
INSERT INTO payments SELECT gen_random_uuid(), id, 'Invoice', id, 'pi_'||md5(id::text), total_amount_cents, 'EUR', 'succeeded', NULL, now()-interval '2 days', now() FROM invoices;
-- fineract
CREATE SCHEMA fineract; SET search_path = fineract;
CREATE TABLE m_savings_account (id bigserial PRIMARY KEY, account_no varchar(20) NOT NULL, status_enum smallint NOT NULL DEFAULT 300, currency_code varchar(3) NOT NULL, currency_digits smallint NOT NULL, nominal_annual_interest_rate numeric(19,6) NOT NULL DEFAULT 0, min_required_opening_balance numeric(19,6), account_balance_derived numeric(19,6) NOT NULL DEFAULT 0, total_deposits_derived numeric(19,6), total_withdrawals_derived numeric(19,6), allow_overdraft boolean NOT NULL DEFAULT false, submittedon_date date NOT NULL);
CREATE TABLE m_savings_account_transaction (id bigserial PRIMARY KEY, savings_account_id bigint NOT NULL REFERENCES m_savings_account, transaction_type_enum smallint NOT NULL, is_reversed boolean NOT NULL, transaction_date date NOT NULL, amount numeric(19,6) NOT NULL, overdraft_amount_derived numeric(19,6), balance_end_date_derived date, balance_number_of_days_derived int, running_balance_derived numeric(19,6), cumulative_balance_derived numeric(19,6), created_date timestamp NOT NULL);
INSERT INTO m_savings_account(account_no,currency_code,currency_digits,min_required_opening_balance,submittedon_date) SELECT lpad(g::text,9,'0'),'USD',2,10,current_date-60 FROM generate_series(1,9) g;
INSERT INTO m_savings_account_transaction(savings_account_id,transaction_type_enum,is_reversed,transaction_date,amount,balance_number_of_days_derived,created_date)
SELECT 1+g%9, CASE WHEN g>40 AND g%8=3 THEN 2 WHEN g%17=4 THEN 3 ELSE 1 END, g>40 AND g%13=5, current_date-50+(g/9)::int, 10+g, 3, now()-interval '50 days'+g*interval '2 hours' FROM generate_series(1,120) g;
UPDATE m_savings_account_transaction t SET running_balance_derived=w.s FROM (SELECT id, sum(CASE transaction_type_enum WHEN 2 THEN -amount ELSE amount END) OVER (PARTITION BY savings_account_id ORDER BY transaction_date, id) s FROM m_savings_account_transaction WHERE NOT is_reversed) w WHERE w.id=t.id;
UPDATE m_savings_account a SET account_balance_derived=s.s FROM (SELECT savings_account_id, sum(CASE transaction_type_enum WHEN 2 THEN -amount ELSE amount END) s FROM m_savings_account_transaction WHERE NOT is_reversed GROUP BY 1) s WHERE s.savings_account_id=a.id;
-- laravel-credits
CREATE SCHEMA lcredits; SET search_path = lcredits;
CREATE TABLE credits (id bigserial PRIMARY KEY, creditable_type varchar(255) NOT NULL, creditable_id bigint NOT NULL, amount numeric(10,2) NOT NULL, running_balance numeric(10,2) NOT NULL, description varchar(255), type varchar(255) NOT NULL, metadata jsonb, created_at timestamp(0), updated_at timestamp(0));
INSERT INTO credits(creditable_type,creditable_id,amount,running_balance,type,created_at) SELECT 'App\Models\User', 1+g%7, CASE WHEN g>10 AND g%3=0 THEN 2 ELSE 5+g END, 0, CASE WHEN g>10 AND g%3=0 THEN 'debit' ELSE 'credit' END, now()-interval '3 days'+g*interval '1 minute' FROM generate_series(1,60) g;
UPDATE credits t SET running_balance=w.s FROM (SELECT id, sum(CASE type WHEN 'debit' THEN -amount ELSE amount END) OVER (PARTITION BY creditable_id ORDER BY id) s FROM credits) w WHERE w.id=t.id;
-- blnk
CREATE SCHEMA blnk; SET search_path = blnk;
CREATE TABLE balances (id serial PRIMARY KEY, balance_id text NOT NULL UNIQUE, balance bigint NOT NULL DEFAULT 0, credit_balance bigint NOT NULL DEFAULT 0, debit_balance bigint NOT NULL DEFAULT 0, inflight_balance bigint DEFAULT 0, currency text NOT NULL, ledger_id text, identity_id text, created_at timestamp NOT NULL DEFAULT now(), meta_data jsonb, version bigint DEFAULT 0);
CREATE TABLE transactions (id serial PRIMARY KEY, transaction_id text NOT NULL UNIQUE, parent_transaction text, source text NOT NULL, destination text NOT NULL, reference text UNIQUE, amount bigint NOT NULL, precise_amount bigint, rate double precision DEFAULT 1, currency text NOT NULL, description text, status text NOT NULL, hash text, created_at timestamp NOT NULL DEFAULT now(), meta_data jsonb);
INSERT INTO balances(balance_id,currency,created_at) SELECT 'bln_'||md5(g::text),'USD',now()-interval '9 days' FROM generate_series(1,8) g;
INSERT INTO transactions(transaction_id,source,destination,reference,amount,precise_amount,currency,status,created_at) SELECT 'txn_'||md5('t'||g), 'bln_'||md5((1)::text), 'bln_'||md5((2+g%7)::text), 'ref_'||g, g*10, g*10, 'USD', CASE WHEN g%6=0 THEN 'REJECTED' ELSE 'APPLIED' END, now()-interval '4 days'+g*interval '1 minute' FROM generate_series(1,50) g;
UPDATE balances b SET balance=s.s FROM (SELECT a, sum(x) s FROM (SELECT source a,-amount x FROM transactions WHERE status='APPLIED' UNION ALL SELECT destination, amount FROM transactions WHERE status='APPLIED') q GROUP BY a) s WHERE s.a=b.balance_id;
-- prisma
CREATE SCHEMA prisma; SET search_path = prisma;
CREATE TYPE "EntryType" AS ENUM ('GRANT','SPEND');
CREATE TABLE "User" (id text PRIMARY KEY, email text NOT NULL, "creditBalance" int NOT NULL DEFAULT 0, "createdAt" timestamp(3) NOT NULL DEFAULT now());
CREATE TABLE "CreditTransaction" (id text PRIMARY KEY, "userId" text NOT NULL, amount int NOT NULL, type "EntryType" NOT NULL, "createdAt" timestamp(3) NOT NULL DEFAULT now());
INSERT INTO "User"(id,email,"createdAt") SELECT 'cl'||md5(g::text), g||'@example.com', now()-interval '9 days' FROM generate_series(1,10) g;
INSERT INTO "CreditTransaction" SELECT 'ct'||md5('x'||g), 'cl'||md5((1+g%10)::text), CASE WHEN g%4=0 AND g>20 THEN 3 ELSE 10 END, (CASE WHEN g%4=0 AND g>20 THEN 'SPEND' ELSE 'GRANT' END)::"EntryType", now()-interval '5 days'+g*interval '1 minute' FROM generate_series(1,80) g;
UPDATE "User" u SET "creditBalance"=s.s FROM (SELECT "userId" a, sum(CASE type WHEN 'SPEND' THEN -amount ELSE amount END) s FROM "CreditTransaction" GROUP BY 1) s WHERE s.a=u.id;
-- supabase
CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY, email text);
CREATE SCHEMA supa; SET search_path = supa;
CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users, credits int NOT NULL DEFAULT 0, created_at timestamptz DEFAULT now()-interval '9 days');
CREATE TABLE credit_ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, delta int NOT NULL, reason text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO auth.users SELECT gen_random_uuid(), g||'@example.com' FROM generate_series(1,10) g;
INSERT INTO profiles(id) SELECT id FROM auth.users;
INSERT INTO credit_ledger(user_id,delta,reason,created_at) SELECT id, CASE WHEN g=3 THEN -2 ELSE g*5 END, 'r', now()-interval '3 days'+g*interval '1 minute' FROM auth.users, generate_series(1,4) g;
UPDATE profiles p SET credits=s.s FROM (SELECT user_id, sum(delta) s FROM credit_ledger GROUP BY 1) s WHERE s.user_id=p.id;
-- two columns
CREATE SCHEMA game; SET search_path = game;
CREATE TABLE players (id serial PRIMARY KEY, gold_balance bigint NOT NULL DEFAULT 0, gem_balance bigint NOT NULL DEFAULT 0, created_at timestamptz DEFAULT now()-interval '9 days');
CREATE TABLE wallet_log (id serial PRIMARY KEY, player_id int NOT NULL, currency text NOT NULL, amount bigint NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO players SELECT g FROM generate_series(1,12) g;
INSERT INTO wallet_log(player_id,currency,amount,created_at) SELECT 1+g%12, CASE WHEN g%3=0 THEN 'gem' ELSE 'gold' END, g, now()-interval '3 days'+g*interval '1 minute' FROM generate_series(1,90) g;
UPDATE players p SET gold_balance=coalesce((SELECT sum(amount) FROM wallet_log WHERE player_id=p.id AND currency='gold'),0), gem_balance=coalesce((SELECT sum(amount) FROM wallet_log WHERE player_id=p.id AND currency='gem'),0);
-- org_id and points, no FK, no PK, epoch
CREATE SCHEMA org; SET search_path = org;
CREATE TABLE orgs (id int PRIMARY KEY, total_points bigint NOT NULL DEFAULT 0);
CREATE TABLE point_events (org_id int NOT NULL, points bigint NOT NULL, created bigint NOT NULL);
INSERT INTO orgs SELECT g FROM generate_series(1,10) g;
INSERT INTO point_events SELECT 1+g%10, g, extract(epoch FROM now())::bigint-86400+g*60 FROM generate_series(1,70) g;
UPDATE orgs o SET total_points=(SELECT sum(points) FROM point_events WHERE org_id=o.id);
-- floats
CREATE SCHEMA floats; SET search_path = floats;
CREATE TABLE accounts (id serial PRIMARY KEY, balance float8 NOT NULL DEFAULT 0, created_at timestamptz DEFAULT now()-interval '9 days');
CREATE TABLE entries (id serial PRIMARY KEY, account_id int REFERENCES accounts, amount float8 NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO accounts SELECT g FROM generate_series(1,10) g;
INSERT INTO entries(account_id,amount,created_at) SELECT 1+g%10, 0.1*g, now()-interval '3 days'+g*interval '1 minute' FROM generate_series(1,60) g;
UPDATE accounts a SET balance=(SELECT sum(amount) FROM entries WHERE account_id=a.id);
-- nothing agrees
CREATE SCHEMA apart; SET search_path = apart;
CREATE TABLE accounts (id serial PRIMARY KEY, balance bigint NOT NULL);
CREATE TABLE entries (id serial PRIMARY KEY, account_id int REFERENCES accounts, amount bigint NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO accounts SELECT g, 7 FROM generate_series(1,10) g;
INSERT INTO entries(account_id,amount,created_at) SELECT 1+g%10, g, now()-interval '3 days'+g*interval '1 minute' FROM generate_series(1,60) g;
-- empty tables
CREATE SCHEMA blank; SET search_path = blank;
CREATE TABLE accounts (id serial PRIMARY KEY, balance bigint NOT NULL);
CREATE TABLE entries (id serial PRIMARY KEY, account_id int REFERENCES accounts, amount bigint NOT NULL, balance_after bigint, created_at timestamptz NOT NULL);
-- queue and stripe
CREATE SCHEMA river; SET search_path = river;
CREATE TYPE river_job_state AS ENUM ('available','cancelled','completed','discarded','pending','retryable','running','scheduled');
CREATE TABLE river_job (id bigserial PRIMARY KEY, state river_job_state NOT NULL DEFAULT 'available', attempt smallint NOT NULL DEFAULT 0, max_attempts smallint NOT NULL DEFAULT 25, attempted_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(), finalized_at timestamptz, scheduled_at timestamptz NOT NULL DEFAULT now(), priority smallint DEFAULT 1, args jsonb, attempted_by text[], errors jsonb[], kind text NOT NULL, metadata jsonb, queue text NOT NULL DEFAULT 'default', tags varchar[]);
INSERT INTO river_job(kind,args) VALUES ('send','{}');
CREATE SCHEMA stripe; SET search_path = stripe;
CREATE TABLE payment_intents (id text PRIMARY KEY, object text, amount int, amount_capturable int, amount_received int, currency text, customer text, status text, created int, last_synced_at timestamptz);
CREATE TABLE customers (id text PRIMARY KEY, email text, balance int, created int);
INSERT INTO payment_intents SELECT 'pi_'||g, 'payment_intent', 500, 0, 500, 'usd', 'cus_'||g, CASE WHEN g%3=0 THEN 'requires_payment_method' ELSE 'succeeded' END, 1700000000+g, now() FROM generate_series(1,20) g;
