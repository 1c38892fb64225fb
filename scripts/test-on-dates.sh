#!/bin/sh
# Runs the test suite as if today were each of the dates that are given, for the tests, bursar and the server alike:
# what a test expects must not depend on the day. The dates lie behind 2026-11-01, until when the tests seed. Further
# arguments behind a -- are the test binary's, such as the names of tests.
set -eu
cd "$(dirname "$0")/.."

dates=
while [ $# -gt 0 ]; do
    case "$1" in
    --) shift; break ;;
    *) dates="$dates $1"; shift ;;
    esac
done

[ "$(uname -s)" = Linux ] || { echo "the clock is shifted by libfaketime, which this script knows on Linux only" >&2; exit 1; }
find_library() {
    find /usr/lib /usr/lib64 /usr/local/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1
}
library=$(find_library)
if [ -z "$library" ] && command -v apt-get >/dev/null; then
    echo "installing libfaketime" >&2
    as_root() {
        if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
    }
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends faketime >&2
    library=$(find_library)
fi
[ -n "$library" ] || { echo "there is no libfaketime: install it" >&2; exit 1; }

# Monotonic clocks and the times of files stay as they are: waits and builds go by them.
shifted() {
    echo "LD_PRELOAD=$1 FAKETIME=$2 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1"
}
# The server's processes have one thread each, and read the clock in handlers of signals, where the variant for several
# threads would wait for its own lock: no lock_timeout would ever end.
for_server=$(dirname "$library")/libfaketime.so.1

# The server is started with no environment of ours, so it is put behind a script that shifts its clock too.
real=${BURSAR_PG_BIN:-}
if [ -z "$real" ]; then
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
        if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then real=$dir; fi
    done
fi
[ -n "$real" ] || { echo "there are no server binaries: run make setup" >&2; exit 1; }
bin=$(mktemp -d /tmp/bursar-clock-XXXXXX)
trap 'rm -rf "$bin"' EXIT
chmod 755 "$bin"
for program in "$real"/*; do
    ln -s "$program" "$bin/$(basename "$program")"
done

cargo test --test it --no-run
failed=
for date in $dates; do
    days=$(( ($(date -u -d "$date" +%s) - $(date -u -d "$(date -u +%F)" +%s)) / 86400 ))
    clock=$(shifted "$library" "+${days}d")
    rm -f "$bin/postgres"
    printf '#!/bin/sh\nexec env %s %s/postgres "$@"\n' "$(shifted "$for_server" "+${days}d")" "$real" >"$bin/postgres"
    chmod 755 "$bin/postgres"
    echo "as if today were $date (+$days days)" >&2
    runner=$(for word in env $clock "BURSAR_PG_BIN=$bin"; do printf '"%s", ' "$word"; done)
    cargo --config "target.'cfg(unix)'.runner = [$runner]" test --test it -- "$@" || failed="$failed $date"
done
[ -z "$failed" ] || { echo "the suite failed as if today were:$failed" >&2; exit 1; }
