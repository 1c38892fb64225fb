#!/bin/sh
# Runs a test command with every test, also those that the default run leaves to the long enumerations. Another test runs
# the one that is left out, on a terminal.
set -eu
exec "$@" --include-ignored --skip watch::a_screen_panics
