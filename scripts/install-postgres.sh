#!/bin/sh
# Installs PostgreSQL's server binaries where there are none. bursar needs the programs only; a
# server that the package starts by itself is neither used nor touched.
set -eu
. "$(dirname "$0")/as-root.sh"

found() {
    [ -n "${BURSAR_PG_BIN:-}" ] && [ -x "$BURSAR_PG_BIN/initdb" ] && return 0
    for dir in $(echo "$PATH" | tr ':' ' ') /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /home/linuxbrew/.linuxbrew/opt/postgresql@*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin; do
        [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && return 0
    done
    return 1
}

found && exit 0
[ -n "${BURSAR_TEST_DATABASE_URL:-}" ] && exit 0

echo "installing PostgreSQL's server binaries" >&2
if command -v apt-get >/dev/null; then
    as_root apt-get update -qq
    # The package would start a server of its own, which nobody here needs.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-common >&2
    as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
elif command -v dnf >/dev/null; then
    as_root dnf install -y -q postgresql-server postgresql-contrib >&2
elif command -v brew >/dev/null; then
    brew install --quiet postgresql@17 >&2
else
    echo "no apt-get, dnf or brew here: install PostgreSQL 15 or newer, or set BURSAR_PG_BIN" >&2
    exit 1
fi
found || { echo "PostgreSQL was installed, but its initdb is nowhere to be found: set BURSAR_PG_BIN" >&2; exit 1; }
