# shellcheck shell=bash
# How the scripts talk: one line per step, details indented, failures with what to do.

say() { printf '==> %s\n' "$*" >&2; }
detail() { printf '  %s\n' "$*" >&2; }

# die MESSAGE [WHAT-TO-DO...]: one line each, then the end.
die() {
    printf '\n%s: %s\n' "${0##*/}" "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# A HOME that is unset or empty would send every tool's cache to the file system's root.
account_home() { getent passwd "$(id -u)" | cut -d: -f6; }
[[ -n ${HOME:-} ]] || HOME=$(account_home)
export HOME
