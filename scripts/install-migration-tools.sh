#!/bin/sh
# Installs the migration tools that the benchmark runs beside bursar: sqlx-cli from its own crate, and dbmate
# from npm. What is there already is not installed again.
set -eu
cd "$(dirname "$0")/.."
tools=target/bench-tools
mkdir -p "$tools"

[ -x "$tools/bin/sqlx" ] ||
    cargo install --quiet --locked --root "$tools" --no-default-features --features postgres,rustls sqlx-cli@0.9.0
[ -d "$tools/node_modules/dbmate" ] ||
    npm install --prefix "$tools" --ignore-scripts --no-audit --no-fund --silent dbmate@2.36.0
