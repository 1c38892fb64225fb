#!/bin/sh
# Installs other migration tools below target/: those that the benchmark runs beside bursar, sqlx-cli from its own crate and dbmate
# from npm; with `others`, those whose databases the tests take over, from npm and Debian. What is there already is not installed again.
set -eu
cd "$(dirname "$0")/.."
tools=target/bench-tools
mkdir -p "$tools"

[ -d "$tools/node_modules/dbmate" ] ||
    npm install --prefix "$tools" --ignore-scripts --no-audit --no-fund --silent dbmate@2.36.0
if [ "${1:-}" != others ]; then
    [ -x "$tools/bin/sqlx" ] ||
        cargo install --quiet --locked --root "$tools" --no-default-features --features postgres,rustls sqlx-cli@0.9.0
    exit
fi

[ -d "$tools/node_modules/prisma" ] ||
    npm install --prefix "$tools" --ignore-scripts --no-audit --no-fund --silent \
        prisma@6.19.0 @prisma/adapter-pg@7.10.1 drizzle-orm@0.44.7 pg@8.23.1 supabase@2.117.0
if [ ! -x "$tools/debian/usr/bin/sql-migrate" ]; then
    (cd "$tools" && apt-get download -qq sql-migrate && dpkg -x sql-migrate_*.deb debian && rm sql-migrate_*.deb)
fi
