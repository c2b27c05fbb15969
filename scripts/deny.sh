# shellcheck shell=bash
# The gate of dependencies: cargo-deny, built once into target/tools.

DENY_VERSION=0.20.2
ADVISORIES=https://github.com/RustSec/advisory-db

# need_deny: the program, of that version. Its build takes a minute and a half of one core.
need_deny() {
    [[ $(target/tools/bin/cargo-deny --version 2> /dev/null) == "cargo-deny $DENY_VERSION" ]] && return
    say "cargo-deny $DENY_VERSION into target/tools"
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_STRIP=symbols \
        cargo install --quiet --locked --debug --no-default-features --root target/tools "cargo-deny@$DENY_VERSION" ||
        die "cargo-deny cannot be built, cargo's words stand above"
}

# check_dependencies: licences, sources, bans, yanked versions, and known vulnerabilities where the list of them can be had.
check_dependencies() {
    deny check bans licenses sources
    if advisories_reachable; then
        deny check advisories
    else
        printf '\n  !! %s cannot be reached from here: dependencies are NOT checked for known vulnerabilities !!\n\n' "$ADVISORIES" >&2
        stand_in_for_advisories
        deny --offline --config target/no-advisories.toml check advisories
    fi
}

deny() { target/tools/bin/cargo-deny --log-level error --locked "$@"; }

advisories_reachable() { GIT_TERMINAL_PROMPT=0 timeout 60 git ls-remote --quiet "$ADVISORIES" main &> /dev/null; }

# cargo-deny looks for yanked versions in the same check, and that one wants a list which is not empty.
stand_in_for_advisories() {
    local list=target/no-advisories/advisory-db-3157b0e258782691
    sed 's|^db-path = .*|db-path = "target/no-advisories"|' deny.toml > target/no-advisories.toml
    [[ -f $list/.git/FETCH_HEAD ]] && return
    rm -rf "$list" && mkdir -p "$list/crates/none"
    cat > "$list/crates/none/RUSTSEC-2000-0000.md" << 'END'
```toml
[advisory]
id = "RUSTSEC-2000-0000"
package = "none"
date = "2000-01-01"

[versions]
patched = []
```

# Nothing
END
    git -C "$list" init --quiet
    git -C "$list" add --all
    git -C "$list" -c user.name=none -c user.email=none commit --quiet --message "Nothing"
    touch "$list/.git/FETCH_HEAD"
}
