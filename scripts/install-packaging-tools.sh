#!/bin/sh
# Installs cargo-deb and cargo-generate-rpm below target/tools. What is there already is not installed again.
set -eu
. "$(dirname "$0")/as-root.sh"
cd "$(dirname "$0")/.."
[ "$(uname -s)" = Linux ] || exit 0
tools=target/tools
mkdir -p "$tools"

[ -x "$tools/bin/cargo-deb" ] || cargo install --quiet --locked --root "$tools" cargo-deb@3.8.0
[ -x "$tools/bin/cargo-generate-rpm" ] || cargo install --quiet --locked --root "$tools" cargo-generate-rpm@0.21.1

# The package's dependencies are found by dpkg-shlibdeps.
command -v dpkg-shlibdeps >/dev/null && exit 0
command -v apt-get >/dev/null || exit 0
echo "installing dpkg-dev" >&2
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dpkg-dev >&2
