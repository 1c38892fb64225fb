#!/bin/sh
# Prints the licences of the crates that the program is linked with, for the target that is given: where a crate offers
# several, the one that asks for the least. Their sources have to be there, as after a build.
set -eu
cd "$(dirname "$0")/.."
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src

echo "bursar is linked with these crates. Each name is followed by its licence."
cargo tree --locked --offline --edges normal --target "$1" --prefix none --format '{p}	{l}' | sed 's/ ([^)]*)	/	/; s/ ([*])$//' | sort -u |
    while IFS='	' read -r crate licence; do
        name=${crate% v*}
        [ "$name" != bursar ] || continue
        printf '\n%s\n%s\n%s\n\n' "--------" "$crate" "$licence"
        for folder in "$sources"/*/"$name-${crate##* v}"; do
            for file in "$folder"/LICENSE-MIT* "$folder"/LICENSE* "$folder"/LICENCE* "$folder"/license* "$folder"/COPYING* \
                "$folder"/UNLICENSE*; do
                if [ -f "$file" ]; then
                    cat "$file"
                    break 2
                fi
            done
            echo "The crate has no file with the text of this licence."
        done
    done
