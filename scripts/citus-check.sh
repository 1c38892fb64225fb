#!/bin/sh
# Compares what bursar says of one ledger on a single server and distributed by account over the workers of Citus.
#
#   scripts/citus-check.sh URL
#
# URL names an empty database of a Citus coordinator that the caller may create databases beside, with the extension
# already installed in it and its workers added. Nothing of this runs in CI: it needs a cluster.
set -eu
if [ $# -ne 1 ]; then
    echo "usage: $0 postgres://USER@COORDINATOR/DATABASE" >&2
    exit 2
fi
url=$1
bursar=${BURSAR:-$(dirname "$0")/../target/release/bursar}
users=${USERS:-2000}

ask() {
    psql "$url" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1"
}

if [ "$(ask "SELECT count(*) FROM pg_extension WHERE extname = 'citus'")" = 0 ]; then
    echo "the database has no extension citus: psql '$url' -c 'CREATE EXTENSION citus'" >&2
    exit 2
fi
if [ "$(ask "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")" != 0 ]; then
    echo "the database is not empty, and this fills it: name another one" >&2
    exit 2
fi
echo "$(ask 'SELECT citus_version()'), $(ask "SELECT count(*) FROM citus_get_active_worker_nodes()") workers"

# A pack of three plain tables, each with the account in it: no foreign key and no trigger keeps them from being
# distributed, and each join is by the account.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/pack/ledger"
cat > "$folder/pack/pack.toml" <<'PACK'
name = "sharded"
title = "A ledger that is distributed by its account"
schema = "public"
detect = ["entries.balance_after"]
tables = ["accounts", "entries"]
PACK
cat > "$folder/pack/ledger/entries.sql" <<'PACK'
-- reads: entries
SELECT e.id AS entry_id, e.account, 'UNIT'::text AS unit, e.amount AS delta, e.balance_after AS running, e.at,
       e.id AS seq, NULL::xid8 AS arrival, e.kind, NULL::text AS ref
FROM entries e
PACK
cat > "$folder/pack/ledger/balances.sql" <<'PACK'
-- reads: accounts
SELECT a.account, 'UNIT'::text AS unit, a.balance, a.opened_at FROM accounts a
PACK

ask "
    CREATE TABLE accounts (account bigint PRIMARY KEY, balance bigint NOT NULL, opened_at timestamptz NOT NULL);
    CREATE TABLE entries (id bigint, account bigint, amount bigint NOT NULL, balance_after bigint NOT NULL,
                          kind text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (account, id));
    INSERT INTO entries
    SELECT n * $users + a, a, 1 + (n * a) % 7, sum(1 + (n * a) % 7) OVER (PARTITION BY a ORDER BY n), 'credit',
           now() - interval '100 days' + n * interval '1 hour'
      FROM generate_series(1, $users) a, generate_series(1, 100) n;
    INSERT INTO accounts SELECT account, sum(amount), min(at) FROM entries GROUP BY account;
"

# The verdict and every finding, without what differs between two runs.
audit() {
    code=0
    "$bursar" audit --database-url "$url" --app "$folder/pack" --trust-pack -o json --limit 0 --depth "$1" > "$folder/report" || code=$?
    echo "exit $code"
    grep -oE '"(status|verdict|fingerprint|expected|actual|reason)": *("[^"]*"|null)' "$folder/report" || true
}

failed=0
compare() {
    for depth in fast strict; do
        audit "$depth" > "$folder/$1-$depth-$2"
        if [ "$(head -n 1 "$folder/$1-$depth-$2")" != "exit $3" ]; then
            echo "$1, $2, $depth: $(head -n 1 "$folder/$1-$depth-$2"), and not $3" >&2
            failed=1
        fi
        if [ "$2" = distributed ] && ! diff "$folder/$1-$depth-local" "$folder/$1-$depth-distributed"; then
            echo "$1, $depth: the two differ" >&2
            failed=1
        fi
    done
}

break_one() {
    ask "UPDATE entries SET amount = amount + 3 WHERE account = 7 AND id = 10 * $users + 7"
}

mend_one() {
    ask "UPDATE entries SET amount = amount - 3 WHERE account = 7 AND id = 10 * $users + 7"
}

compare whole local 0
break_one
compare broken local 3
mend_one
ask "SELECT create_distributed_table('accounts', 'account')" > /dev/null
ask "SELECT create_distributed_table('entries', 'account', colocate_with => 'accounts')" > /dev/null
echo "$(ask "SELECT count(*) FROM pg_dist_shard") shards"
compare whole distributed 0
break_one
compare broken distributed 3
if [ "$failed" = 0 ]; then
    echo "the audits of $users accounts agree, whole and broken, fast and strict"
fi
exit "$failed"
