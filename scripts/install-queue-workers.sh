#!/bin/sh
# Installs the queues of Python applications that the tests run real workers of, from PyPI, below target/tools. Where they are
# all there already, nothing is asked of the network.
set -eu
cd "$(dirname "$0")/.."
env=target/tools/queue-workers
wanted=tests/workers/requirements.txt
cmp -s "$wanted" "$env/.installed-from" && exit 0
echo "installing the tests' queue workers" >&2
# The tests run without root's rights, and root's own Python may be out of their reach.
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" -m venv --clear "$env"
"$env/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" >&2
cp "$wanted" "$env/.installed-from"
