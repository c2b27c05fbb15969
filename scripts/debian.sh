# shellcheck shell=bash
# Debian packages, through apt-get and, where we are not root, sudo.

# need_packages NAME...: installs them all in one go.
need_packages() {
    (($# > 0)) || return 0
    say "Debian packages: $*"
    local become=()
    if ((EUID != 0)); then
        become=(sudo)
        command -v sudo > /dev/null ||
            die "these packages are missing, and there is no sudo to install them" "as root: apt-get install $*"
    fi
    command -v apt-get > /dev/null ||
        die "this is not Debian, so install by its own means what gives: $*" "then run ${0##*/} again"
    local log
    log=$(mktemp)
    # Without recommendations: npm alone would bring several hundred packages more.
    if ! { "${become[@]}" apt-get update &&
        "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; } \
        > "$log" 2>&1; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        die "apt-get could not install: $*" "its last words stand above; once apt-get works, run ${0##*/} again"
    fi
    rm -f "$log"
}
