#!/bin/sh
# Builds a release into target/dist/: a tarball, on Linux a .deb and an .rpm too, and SHA256SUMS. Each has the stripped
# program, its manual pages, its completions and docs/, which errors name. Where Rust's musl target and musl-gcc are installed the program is
# static; elsewhere it needs the C library of the system that it was built on, or a newer one.
set -eu
cd "$(dirname "$0")/.."
dist=target/dist

host=$(rustc -vV | sed -n 's/^host: //p')
target=$host
case "$host" in
*-unknown-linux-gnu)
    musl=${host%-gnu}-musl
    if [ -d "$(rustc --print target-libdir --target "$musl")" ] && command -v musl-gcc >/dev/null; then
        target=$musl
        export "CC_$(echo "$musl" | tr - _)=musl-gcc"
    else
        echo "no static build: it needs \`rustup target add $musl\` and musl-gcc (Debian: musl-tools)" >&2
    fi
    ;;
esac

if [ "$target" = "$host" ]; then
    cargo build --release --locked
    bin=target/release
    set --
else
    cargo build --release --locked --target "$target"
    bin=target/$target/release
    set -- --target "$target"
fi
version=$("$bin/bursar" --version | cut -d ' ' -f 2)

rm -rf "$dist"
mkdir -p "$dist/man"

# Writes the manual page of a command, named by its words, and those of the commands below it.
pages() {
    "$bin/bursar" man "$@" >"$dist/man/$(echo "bursar $*" | sed 's/ *$//; s/ /-/g').1"
    for inner in $("$bin/bursar" man "$@" | sed -n '/^\.SH SUBCOMMANDS/,$s/^bursar.*-\([a-z]*\)(1)$/\1/p'); do
        [ "$inner" = help ] || pages "$@" "$inner"
    done
}
pages
scripts/third-party-licences.sh "$target" >"$dist/THIRD-PARTY-LICENCES"

name=bursar-$version-$target
mkdir -p "$dist/$name"
cp -R "$bin/bursar" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE docs completions "$dist/THIRD-PARTY-LICENCES" "$dist/man" "$dist/$name/"
tar -C "$dist" -czf "$dist/$name.tar.gz" "$name"
rm -r "$dist/${name:?}"

if [ "$(uname -s)" = Linux ]; then
    target/tools/bin/cargo-deb --quiet --no-build --no-strip --locked --output "$dist/" "$@"
    target/tools/bin/cargo-generate-rpm --output "$dist/" "$@"
fi

cd "$dist"
rm -r man THIRD-PARTY-LICENCES
if command -v sha256sum >/dev/null; then sha256sum bursar*; else shasum -a 256 bursar*; fi >SHA256SUMS
echo "bursar $version for $target, in $dist:" >&2
cat SHA256SUMS >&2
