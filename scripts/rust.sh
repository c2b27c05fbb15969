# shellcheck shell=bash
# Finds a Rust toolchain that is new enough and makes this shell use it.

# use_rust [COMPONENT...]: cargo in PATH, at least at the `rust-version` of Cargo.toml, with the given cargo commands.
use_rust() {
    local wanted found home
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    home=$(account_home)
    command -v cargo > /dev/null || PATH="$HOME/.cargo/bin:$home/.cargo/bin:$PATH"
    # rustup looks for toolchains below HOME. Where HOME is another place than the account's own (a CI job with an
    # empty one), the account's toolchains serve; downloaded crates still go to the HOME that was given.
    if ! cargo --version &> /dev/null && [[ -d $home/.rustup/toolchains ]]; then
        export RUSTUP_HOME=${RUSTUP_HOME:-$home/.rustup}
    fi
    found=$(cargo --version 2> /dev/null | cut -d' ' -f2) || found=
    [[ -n $found ]] || _explain_rust "there is no Rust toolchain here"
    [[ $(printf '%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1) == "$wanted" ]] ||
        _explain_rust "Rust $found is too old, Vivat needs $wanted"
    for component in "$@"; do
        cargo "$component" --version &> /dev/null ||
            die "cargo $component is missing" "rustup component add clippy rustfmt"
    done
    export PATH RUST_FOUND=$found
}

_explain_rust() {
    die "$1 (Debian 12 and 13 package older ones)" \
        "install rustup: apt-get install rustup (Debian 13), or as https://rustup.rs says" \
        "then: rustup toolchain install stable --component clippy,rustfmt && rustup default stable" \
        "and run ${0##*/} again"
}
