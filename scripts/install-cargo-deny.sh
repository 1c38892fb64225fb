#!/bin/sh
# Installs cargo-deny below target/tools, unless it is there.
set -eu
cd "$(dirname "$0")/.."
mkdir -p target/tools
[ -x target/tools/bin/cargo-deny ] || cargo install --quiet --locked --root target/tools cargo-deny@0.20.2
