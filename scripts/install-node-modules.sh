#!/bin/sh
# Installs what the tests take from npm, below tests/gateway or the folder that is named, and Node.js where there is none. Where it is
# all there already, nothing is asked of the network.
set -eu
. "$(dirname "$0")/as-root.sh"
cd "$(dirname "$0")/../${1:-tests/gateway}"

# The lock file that was installed from is kept beside what was installed.
installed=node_modules/.installed-from
command -v node >/dev/null && cmp -s package-lock.json "$installed" && exit 0

if ! command -v npm >/dev/null; then
    echo "installing Node.js" >&2
    if command -v apt-get >/dev/null; then
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >&2
    elif command -v dnf >/dev/null; then
        as_root dnf install -y -q nodejs npm >&2
    elif command -v brew >/dev/null; then
        brew install --quiet node >&2
    else
        echo "no apt-get, dnf or brew here: install Node.js 18 or newer, with npm" >&2
        exit 1
    fi
fi

echo "installing what ${1:-tests/gateway} needs from npm" >&2
npm ci --ignore-scripts --no-audit --no-fund --silent >&2
cp package-lock.json "$installed"
