#!/bin/sh
# Times `bursar inspect` beside splinter's lints and the queries of supabase inspect by psql, on a private server with
# 10,000 tables, in one run. The SQL of others is downloaded at these versions, and is not kept.
set -eu
cd "$(dirname "$0")/.."
tables=${1:-10000}
splinter=55db5b1f28e58d816f7d9136eed87eabcd95868d
supabase=1d1e7191268e068fe9cb6aba524d1c619a9c727b
bursar=${BURSAR:-$PWD/target/release/bursar}
bin=${BURSAR_PG_BIN:-}
for found in /usr/lib/postgresql/*/bin; do [ -n "$bin" ] || bin=$found; done
dir=$(mktemp -d /tmp/bursar-compare.XXXXXX)
chmod 755 "$dir"
server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
trap 'server "$bin/pg_ctl" -D "$dir/server/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
mkdir "$dir/server"
[ "$(id -u)" != 0 ] || chown postgres "$dir/server"

fetched() { # repository, version, path: from a folder with the files, where there is no network
    if [ -n "${COMPARE_SQL:-}" ]; then cat "$COMPARE_SQL/$(basename "$3")"; else curl -fsSL "https://raw.githubusercontent.com/$1/$2/$3"; fi
}
fetched supabase/splinter $splinter splinter.sql >"$dir/splinter.sql"
for topic in bloat blocking db_stats index_stats locks long_running_queries replication_slots role_stats table_stats \
    traffic_profile unused_indexes vacuum_stats; do
    fetched supabase/cli $supabase apps/cli-go/internal/inspect/$topic/$topic.sql |
        sed "s/\$1/'{information_schema,pg\\\\\\\\_%}'::text[]/g; s/\$2/current_database()/g; \$a;" >>"$dir/supabase.sql"
done

server "$bin/initdb" -D "$dir/server/data" -U postgres -A trust >/dev/null
server "$bin/pg_ctl" -D "$dir/server/data" -w -l "$dir/server/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$dir/server -c fsync=off -c max_locks_per_transaction=1024" start >/dev/null
ask() { psql -X -q -h "$dir/server" -U postgres -v ON_ERROR_STOP=0 "$@"; }
ask -c 'CREATE ROLE anon' -c 'CREATE ROLE authenticated' -c 'CREATE ROLE service_role' >/dev/null
echo "making $tables tables" >&2
ask -c "DO \$\$ BEGIN FOR i IN 1..$tables LOOP
    EXECUTE format('CREATE TABLE t%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent bigint, name text NOT NULL, at timestamptz)', i);
    IF i > 1 THEN EXECUTE format('ALTER TABLE t%s ADD FOREIGN KEY (parent) REFERENCES t%s', i, i - 1); END IF;
    IF i % 2 = 0 THEN EXECUTE format('CREATE INDEX ON t%s (parent)', i); END IF;
    IF i % 3 = 0 THEN EXECUTE format('ALTER TABLE t%s ENABLE ROW LEVEL SECURITY', i); EXECUTE format('CREATE POLICY p ON t%s USING (id = 1)', i); END IF;
    IF i % 200 = 0 THEN COMMIT; END IF;
  END LOOP; END \$\$" -c 'VACUUM ANALYZE'

timed() { # name, command: wall seconds and the client's peak
    name=$1
    shift
    /usr/bin/time -o "$dir/time" -f '%e %M' "$@" >"$dir/out" 2>"$dir/err" || [ $? = 6 ] || { cat "$dir/err" >&2; exit 1; }
    awk -v name="$name" '{ printf "%-10s %8.1f s %6d MiB\n", name, $1, $2 / 1024 }' "$dir/time"
}
for round in 1 2; do
    echo "round $round"
    timed bursar "$bursar" inspect -o json -d "postgres://postgres@/postgres?host=$dir/server"
    timed splinter psql -X -q -h "$dir/server" -U postgres -o /dev/null -c BEGIN -f "$dir/splinter.sql"
    timed supabase psql -X -q -h "$dir/server" -U postgres -o /dev/null -f "$dir/supabase.sql"
done
