#!/usr/bin/env bash
# Builds a Debian package of the program into target/packaging, with its manual pages and completions:
#   packaging/deb.sh [PROGRAM]
# PROGRAM is a foliar that is built already (default: that of the profile `dist`, which is brought up to date). Needs dpkg-deb and objdump;
# `packaging/deb.sh --assets` stops after the files that `cargo deb -p foliar-cli` packs.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/target/packaging
only_assets=
if [ "${1:-}" = --assets ]; then
    only_assets=yes
    shift
fi
program=${1:-}
if [ -z "$program" ]; then
    cargo build --profile dist --locked --bin foliar
    program=target/dist/foliar
fi

# What the program says of itself.
rm -rf "$work/man" "$work/completions" "$work/root"
mkdir -p "$work/completions"
"$program" man "$work/man" >/dev/null
"$program" completions bash >"$work/completions/foliar"
"$program" completions zsh >"$work/completions/_foliar"
"$program" completions fish >"$work/completions/foliar.fish"
if [ "$only_assets" ]; then
    exit
fi

root=$work/root
install -D -m 755 "$program" "$root/usr/bin/foliar"
strip "$root/usr/bin/foliar"
mkdir -p "$root/usr/share/man/man1"
install -m 644 "$work"/man/*.1 "$root/usr/share/man/man1"
gzip -9n "$root"/usr/share/man/man1/*.1
install -D -m 644 "$work/completions/foliar" "$root/usr/share/bash-completion/completions/foliar"
install -D -m 644 "$work/completions/_foliar" "$root/usr/share/zsh/vendor-completions/_foliar"
install -D -m 644 "$work/completions/foliar.fish" "$root/usr/share/fish/vendor_completions.d/foliar.fish"
mkdir -p "$root/usr/share/doc/foliar"
{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n'
    printf 'Upstream-Name: foliar\n\nFiles: *\nCopyright: The foliar developers\nLicense: MIT or Apache-2.0\n\n'
    printf 'License: MIT\n'
    sed 's/^$/./; s/^/ /' LICENSE-MIT
    printf '\nLicense: Apache-2.0\n See /usr/share/common-licenses/Apache-2.0.\n'
} >"$root/usr/share/doc/foliar/copyright"
install -m 644 README.md "$root/usr/share/doc/foliar/README.md"
gzip -9nc CHANGELOG.md >"$root/usr/share/doc/foliar/changelog.gz"
chmod 644 "$root/usr/share/doc/foliar"/*

version=$("$program" --version | cut -d ' ' -f 2)
# The newest symbols of the C library that the program uses; a static one uses none.
libc=$(objdump -T "$program" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1 | cut -d _ -f 2 || true)
mkdir -p "$root/DEBIAN"
{
    printf 'Package: foliar\nVersion: %s-1\nArchitecture: %s\n' "$version" "$(dpkg --print-architecture)"
    printf 'Maintainer: The foliar developers <foliar@localhost>\nSection: science\nPriority: optional\n'
    printf 'Installed-Size: %s\n' "$(du -ks --exclude=DEBIAN "$root" | cut -f 1)"
    if [ "$libc" ]; then
        printf 'Depends: libc6 (>= %s), libgcc-s1\n' "$libc"
    fi
    printf 'Description: plant-disease classifiers that can be trusted\n'
    printf ' Turns a folder of leaf photos into a plant-disease classifier, evaluates it\n'
    printf ' honestly, abstains from photos unlike its training data, and says what is\n wrong with the training log of any program.\n'
} >"$root/DEBIAN/control"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
package=foliar_$version-1_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group --build "$root" "$work/unfinished.deb" >/dev/null
mv "$work/unfinished.deb" "$work/$package"
echo "target/packaging/$package"
