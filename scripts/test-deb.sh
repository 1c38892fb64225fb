#!/bin/sh
# Installs the Debian package of target/dist in a fresh root that debootstrap makes, and tests what it brought. Fails
# where it cannot: a test that is left out would look like one that passed. Needs root, and Debian's packages.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "test-deb: $*" >&2
    exit 1
}

package=$(ls target/dist/bursar_*.deb 2>/dev/null) || fail "there is no .deb in target/dist: run make dist"
[ "$(id -u)" = 0 ] || fail "debootstrap needs root"
if ! command -v debootstrap >/dev/null; then
    command -v apt-get >/dev/null || fail "debootstrap is not here, and neither is apt-get to install it"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >&2
fi

# The release and the mirror that this machine uses: a program that is not static needs no older C library.
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Codename: $suite" | head -n 1)
[ -n "$mirror" ] || fail "apt has no repository of $suite: run apt-get update"

root=$(mktemp -d /tmp/bursar-deb-XXXXXX)
trap 'rm -rf "$root"' EXIT
# Packages do some of their work as users of their own.
chmod 755 "$root"
echo "test-deb: $package in a fresh $suite" >&2
debootstrap --variant=minbase --include=man-db "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -n 5 "$root.log" >&2; fail "debootstrap failed; $root.log has its words"; }
rm "$root.log"

in_root() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
cp "$package" "$root/bursar.deb"
in_root dpkg --install /bursar.deb >&2

version=$(in_root bursar --version)
[ "$version" = "bursar $(dpkg-deb --field "$package" Version | sed 's/-[^-]*$//')" ] || fail "its version is '$version'"
for page in bursar bursar-audit bursar-refund-create; do
    [ "$(in_root man -w "$page")" = "/usr/share/man/man1/$page.1.gz" ] || fail "there is no manual page of $page"
done
for file in bash-completion/completions/bursar zsh/vendor-completions/_bursar fish/vendor_completions.d/bursar.fish \
    doc/bursar/copyright doc/bursar/LICENSE-MIT doc/bursar/LICENSE-APACHE doc/bursar/THIRD-PARTY-LICENCES \
    doc/bursar/docs/gateways.md doc/bursar/docs/systems/mimivibe.md; do
    [ -s "$root/usr/share/$file" ] || fail "/usr/share/$file is missing"
done
in_root bash -c '. /usr/share/bash-completion/completions/bursar && complete -p bursar' >/dev/null ||
    fail "bash does not take its completions"
# A command that needs no database.
in_root bursar pack show mimivibe >/dev/null || fail "bursar pack show does not run"
# Without a server's programs, the demonstration says so.
code=0
in_root bursar demo >/dev/null 2>"$root/error" || code=$?
[ "$code" = 2 ] && grep -q PostgreSQL "$root/error" || fail "bursar demo ended with $code: $(cat "$root/error")"
in_root dpkg --purge bursar >&2
[ ! -e "$root/usr/bin/bursar" ] || fail "the program outlives its package"
echo "test-deb: passed" >&2
