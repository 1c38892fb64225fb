#!/bin/sh
# Takes the pictures of docs/pictures and the output of docs/demo.md from the program itself, on a private server with
# seeded data whose history ends now. Needs tmux, python3 and, for the page of figures, chromium; installs what is missing where there is apt.
set -eu
. "$(dirname "$0")/as-root.sh"
cd "$(dirname "$0")/.."
bursar=$PWD/target/debug/bursar
out=$PWD/docs/pictures
mkdir -p "$out"

missing=
for program in tmux python3 chromium; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || { echo "these are missing:$missing" >&2; exit 1; }
    echo "installing$missing" >&2
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
fi

# A short path: the live screen shows it.
dir=/tmp/bursar-pictures
rm -rf "$dir"
mkdir -m 755 "$dir"
# tmux has a server of its own, which nobody else's configuration or sessions reach.
screen=0
terminal() {
    tmux -L "bursar-pictures-$screen" -f /dev/null "$@"
}
clean() {
    terminal kill-server 2>/dev/null || true
    for server in queue figures; do
        "$bursar" sandbox stop --dir "$dir/$server" >/dev/null 2>&1 || true
    done
    rm -rf "$dir"
}
trap clean EXIT

# Starts a server by this name, and fills it with what seed makes of the arguments.
server() {
    DATABASE_URL=$("$bursar" sandbox start --dir "$dir/$1" --quiet)
    export DATABASE_URL
    shift
    "$bursar" migrate up --app mimivibe --yes --quiet >/dev/null
    "$bursar" seed --yes --quiet "$@" >/dev/null
}
# What a caller's environment says about colour is not for the pictures.
unset NO_COLOR CLICOLOR_FORCE
server queue --users 2000 --days 3 --until "$(date -u +%FT%TZ)"

# Starts a program on a screen of 100 columns and so many lines.
start() {
    lines=$1
    shift
    terminal kill-server 2>/dev/null || true
    # A server that is ending takes no new session.
    screen=$((screen + 1))
    LC_ALL=C.UTF-8 TERM=xterm-256color terminal new-session -d -x 100 -y "$lines" -e "DATABASE_URL=$DATABASE_URL" "$@"
}
# Waits until the screen shows a text.
shows() {
    tries=100
    until terminal capture-pane -p | grep -qF "$1"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { echo "the screen never shows '$1':" >&2; terminal capture-pane -p >&2; exit 1; }
        sleep 0.1
    done
}
keys() {
    terminal send-keys "$@"
}
picture() {
    terminal capture-pane -e -p | python3 scripts/picture.py "$2" 100 >"$out/$1.svg"
}

start 27 "$bursar" jobs watch
shows "newest failures"
picture jobs-watch "bursar jobs watch"

start 24 "$bursar" refund --app mimivibe --if-spent cap
shows "choose"
keys -l "sudarat"
shows "sudarat."
# What has just appeared is not taken.
sleep 1
keys Enter
shows "How much"
keys Enter
shows "Why?"
keys -l "twice"
shows "> It was paid twice"
keys Enter
shows "A note"
keys -l "charged twice on one day"
keys Enter
shows "record-only"
keys Enter
shows "reference"
keys -l "re_3PqX1a"
keys Enter
shows "left to refund"
sleep 0.5
picture refund "bursar refund"
terminal kill-server

server figures --users 2000
"$bursar" stats payments --since 30d --html "$dir/stats.html" --quiet >/dev/null
# Chromium writes where its working directory is, and its profile below HOME.
(cd "$dir" && HOME=$dir chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=960,820 \
    --screenshot=stats.png "file://$dir/stats.html" >/dev/null 2>&1)
cp "$dir/stats.png" "$out/stats.png"

# The page keeps what stands before its first block.
page=docs/demo.md
{ sed '/^```/,$d' "$page"; echo '```text'; COLUMNS=115 "$bursar" demo 2>/dev/null | sed '1{/^$/d}'; echo '```'; } >"$dir/demo.md"
cp "$dir/demo.md" "$page"

for file in "$out"/*; do
    [ "$(wc -c <"$file")" -lt 150000 ] || { echo "$file is too large for a page" >&2; exit 1; }
done
ls -l "$out" >&2
