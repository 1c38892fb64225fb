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

[ "$(uname -s)" = Linux ] || { echo "the clock is shifted by preloading a library, which is for Linux only" >&2; exit 1; }

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
cc -O2 -shared -fPIC -o "$bin/clock.so" scripts/shifted-clock.c
for program in "$real"/*; do
    ln -s "$program" "$bin/$(basename "$program")"
done

cargo test --test it --no-run
failed=
for date in $dates; do
    days=$(( ($(date -u -d "$date" +%s) - $(date -u -d "$(date -u +%F)" +%s)) / 86400 ))
    [ "$days" -ge 0 ] || { echo "$date is over" >&2; exit 1; }
    clock="LD_PRELOAD=$bin/clock.so SHIFTED_SECONDS=$((days * 86400))"
    rm -f "$bin/postgres"
    printf '#!/bin/sh\nexec env %s %s/postgres "$@"\n' "$clock" "$real" >"$bin/postgres"
    chmod 755 "$bin/postgres"
    echo "as if today were $date (+$days days)" >&2
    runner=$(for word in env $clock "BURSAR_PG_BIN=$bin"; do printf '"%s", ' "$word"; done)
    scripts/every-test.sh cargo --config "target.'cfg(unix)'.runner = [$runner]" test --test it -- "$@" || failed="$failed $date"
done
[ -z "$failed" ] || { echo "the suite failed as if today were:$failed" >&2; exit 1; }
