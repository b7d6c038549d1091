#!/usr/bin/env bash
# Makes the engine of the page anew, crates/export/page/engine.wasm.gz, after a change of what predicts or decodes:
#   packaging/engine.sh [FILE]
# Needs the target wasm32-unknown-unknown (`rustup target add wasm32-unknown-unknown`), and zopfli (Debian's package of this name), whose
# gzip files are a twentieth smaller than gzip's. FILE is where it is written instead.
# docs/decisions/engine-in-the-repository.md says why the engine is a file of the repository.
set -euo pipefail
out=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
out=${out:-crates/export/page/engine.wasm.gz}
target=${CARGO_TARGET_DIR:-target}
registry=${CARGO_HOME:-$HOME/.cargo}

# Flags of the caller would take the place of those below.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
# No path of this machine stays in the file, so that equal sources and compilers give equal bytes.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128 -C link-arg=-zstack-size=4194304 \
--remap-path-prefix=$PWD= --remap-path-prefix=$registry="
cargo build --locked --lib -p foliar-page --profile web --target wasm32-unknown-unknown
module=$target/wasm32-unknown-unknown/web/foliar_page.wasm
if grep -qaF "$registry" "$module"; then
    echo "$module names $registry: it must not" >&2
    exit 1
fi
zopfli --i15 -c "$module" >"$out.new"
mv "$out.new" "$out"
echo "$out: $(stat -c %s "$module") bytes, $(stat -c %s "$out") compressed"
