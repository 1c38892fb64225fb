#!/usr/bin/env bash
# The suite with the long enumerations, in parts: each has a name, and a bound in minutes, after which it has failed. How
# far a part is, and the tests that fail, are printed as it runs, and all parts at the end. target/soak/PART.log holds the
# whole output of a part. Arguments are the names of parts; without any, all run.
set -euo pipefail
cd "$(dirname "$0")/.."

parts="units refunds audits jobs migrations others package"
bound() {
    case "$1" in
    refunds) echo 30 ;;
    others) echo 20 ;;
    audits | jobs | migrations) echo 12 ;;
    units | package) echo 5 ;;
    *) echo "soak: there is no part $1; the parts are: $parts" >&2; return 2 ;;
    esac
}

# Pieces of the names of a part's tests. What fits no part is in the part others.
tests_of() {
    case "$1" in
    refunds) echo "refunds::" ;;
    audits) echo "audit:: campaign:: seals:: one_pass:: repair:: thief:: unchecked::" ;;
    jobs) echo "jobs:: job_changes:: queue_packs:: queues:: queue_workers::" ;;
    migrations) echo "migrate:: migrate_commands:: migration_tools:: formats_of_tools:: down::" ;;
    others) for part in refunds audits jobs migrations; do tests_of "$part"; done | tr ' ' '\n' | sed 's/^/--skip /' ;;
    esac
}

run() {
    export BURSAR_SOAK=1 BURSAR_QUEUES=1 BURSAR_MIGRATION_TOOLS=1
    case "$1" in
    units) cargo test --lib --bins ;;
    package) scripts/test-deb.sh ;;
    # The pieces of names are words of their own.
    # shellcheck disable=SC2046
    *) scripts/every-test.sh cargo test --test it -- $(tests_of "$1") ;;
    esac
}

# Run as a program of its own, so that a bound can end it.
if [ "${1:-}" = --part ]; then
    run "$2"
    exit
fi

for part in "$@"; do bound "$part" >/dev/null; done
cargo test --no-run --quiet
mkdir -p target/soak
summary=
failed=0
for part in ${*:-$parts}; do
    began=$(date +%s)
    minutes=$(bound "$part")
    echo "soak: $part, at most $minutes min" >&2
    code=0
    # It is there before tail looks for it.
    : >"target/soak/$part.log"
    timeout --kill-after=30 "${minutes}m" "$0" --part "$part" >"target/soak/$part.log" 2>&1 &
    running=$!
    trap 'kill "$running" 2>/dev/null || :; exit 130' INT TERM
    tail --pid="$running" --lines=+1 --follow "target/soak/$part.log" |
        awk -v part="$part" '/^running [0-9]+ test/ { of += $2 }
            /^test .* \.\.\. / { n++; if (n % 25 == 0) print "  " part ": " n " of " of }
            /\.\.\. FAILED|panicked at/ { print "  " $0 } { fflush() }' >&2 || :
    wait "$running" || code=$?
    case "$code" in
    0) result=passed ;;
    124 | 137) result="not ended after $minutes min" ;;
    *) result="failed ($code)" ;;
    esac
    [ "$code" = 0 ] || failed=1
    count() { awk -v of="$1" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i == of || $i == of ";") n += $(i - 1) } END { print n + 0 }' "target/soak/$part.log"; }
    summary+=$(printf '%-11s %6s %6s %8s of %3s min  %s' "$part" "$(count passed)" "$(count failed)" \
        "$(date -u -d "@$(($(date +%s) - began))" +%-M:%S)" "$minutes" "$result")$'\n'
done
printf '%-11s %6s %6s %8s\n%s' part passed failed min:s "$summary"
exit "$failed"
