#!/bin/sh
# Installs Redis where there is none: the tests compare its streams with jobs. They start servers of their own; a service
# that the package brings is neither started nor touched.
set -eu
. "$(dirname "$0")/as-root.sh"

command -v redis-server >/dev/null && exit 0

echo "installing Redis" >&2
if command -v apt-get >/dev/null; then
    as_root apt-get update -qq
    # The package's scripts ask this file whether they may start its service; one that is there stays.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy"
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >&2
elif command -v dnf >/dev/null; then
    # Fedora has Valkey under the name of Redis.
    as_root dnf install -y -q /usr/bin/redis-server >&2
elif command -v brew >/dev/null; then
    brew install --quiet redis >&2
else
    echo "no apt-get, dnf or brew here: install Redis 6.2 or newer, or Valkey" >&2
    exit 1
fi
