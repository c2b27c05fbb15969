-- Staff on PostgreSQL: accounts, roles, sessions. migrations/sqlite holds the same tables.
--
-- Login, number and name are sealed in the profile; login and number are found by their blind index.

create table staff (
    id uuid not null primary key,
    login bytea not null check (length(login) = 32),
    -- Of the human being, who may have several accounts.
    number bytea not null check (length(number) = 32),
    profile bytea not null,
    created_at timestamptz not null,
    disabled_at timestamptz,
    constraint staff_login_once unique (login)
);

create table staff_grant (
    id uuid not null primary key,
    staff uuid not null references staff (id),
    role text not null,
    agency text not null,
    granted_at timestamptz not null,
    revoked_at timestamptz
);

create unique index staff_grant_once on staff_grant (staff, role, agency) where revoked_at is null;

create table staff_session (
    id uuid not null primary key,
    staff uuid not null references staff (id),
    -- SHA-256 of the token: 256 random bits need no slow hash.
    token_digest bytea not null check (length(token_digest) = 32),
    opened_at timestamptz not null,
    -- The last request, to the minute.
    seen_at timestamptz not null,
    -- Ends without a request after this time; null for a token of the console.
    idle_seconds bigint,
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint staff_session_token_once unique (token_digest)
);

create index staff_session_of on staff_session (staff);

-- What an account signs in with. The hash of the password (argon2id) and the secret of the codes are sealed together.
create table staff_credential (
    staff uuid not null primary key references staff (id),
    sealed bytea not null,
    -- 1 while the password is the one that was issued: it has to be changed at the first sign-in.
    issued bigint not null check (issued in (0, 1)),
    -- The time step of the last code that signed in: a code works once.
    last_step bigint not null check (last_step >= 0),
    set_at timestamptz not null
);
