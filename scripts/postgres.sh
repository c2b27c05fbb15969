# shellcheck shell=bash
# A throw-away PostgreSQL for the tests: own directory, free loopback port, random password, gone when the shell ends.

# Debian's own programs, newest version first: what is in PATH may be a wrapper.
postgres_programs() {
    local programs
    programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr | head -n 1)
    [[ -x $programs/initdb ]] && printf '%s\n' "$programs"
}

# start_postgres: sets POSTGRES_URL; stop_postgres undoes it and belongs into the caller's EXIT trap.
start_postgres() {
    local programs password port
    programs=$(postgres_programs) || die "PostgreSQL is not installed" "./setup --for test installs it"
    POSTGRES_DIRECTORY=$(mktemp -d "${TMPDIR:-/tmp}/vivat-postgres.XXXXXX")
    password=$(od -An -tx8 -N16 /dev/urandom | tr -d ' \n')
    printf '%s' "$password" > "$POSTGRES_DIRECTORY/password"
    # Should this shell be killed, the server goes too. initdb and postgres refuse to run as root.
    local as=(setpriv --pdeathsig INT)
    if ((EUID == 0)); then
        local user=nobody
        getent passwd postgres > /dev/null && user=postgres
        chown -R "$user" "$POSTGRES_DIRECTORY"
        as+=("--reuid=$user" "--regid=$(id -gn "$user")" --clear-groups)
    fi
    local cluster=$POSTGRES_DIRECTORY/cluster log=$POSTGRES_DIRECTORY/log
    cd "$POSTGRES_DIRECTORY" || return
    "${as[@]}" "$programs/initdb" --pgdata="$cluster" --username=vivat --pwfile="$POSTGRES_DIRECTORY/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync > "$log" 2>&1 ||
        { cat "$log" >&2 && die "initdb failed, its words stand above"; }
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # Nothing here outlives the tests, so nothing needs to reach the disk.
    "${as[@]}" "$programs/postgres" -D "$cluster" -p "$port" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories="$POSTGRES_DIRECTORY" -c max_connections=200 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off >> "$log" 2>&1 &
    POSTGRES_PROCESS=$!
    cd "$OLDPWD" || return
    for ((tries = 0; tries < 150; tries++)); do
        if "$programs/pg_isready" --quiet --host=127.0.0.1 --port="$port"; then
            export POSTGRES_URL="postgres://vivat:$password@127.0.0.1:$port/postgres"
            return
        fi
        kill -0 "$POSTGRES_PROCESS" 2> /dev/null || break
        sleep 0.2
    done
    tail -n 20 "$log" >&2
    die "PostgreSQL did not start, its log stands above"
}

stop_postgres() {
    if [[ -n ${POSTGRES_PROCESS:-} ]]; then
        kill -INT "$POSTGRES_PROCESS" 2> /dev/null || true
        wait "$POSTGRES_PROCESS" 2> /dev/null || true
    fi
    [[ -z ${POSTGRES_DIRECTORY:-} ]] || rm -rf "$POSTGRES_DIRECTORY"
}
