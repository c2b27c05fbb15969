-- Staff on SQLite: accounts, roles, sessions. migrations/postgres holds the same tables.
--
-- Login, number and name are sealed in the profile; login and number are found by their blind index.

create table staff (
    id blob not null primary key check (length(id) = 16),
    login blob not null check (length(login) = 32),
    -- Of the human being, who may have several accounts.
    number blob not null check (length(number) = 32),
    profile blob not null,
    created_at text not null,
    disabled_at text,
    constraint staff_login_once unique (login)
) strict;

create table staff_grant (
    id blob not null primary key check (length(id) = 16),
    staff blob not null references staff (id),
    role text not null,
    agency text not null,
    granted_at text not null,
    revoked_at text
) strict;

create unique index staff_grant_once on staff_grant (staff, role, agency) where revoked_at is null;

create table staff_session (
    id blob not null primary key check (length(id) = 16),
    staff blob not null references staff (id),
    -- SHA-256 of the token: 256 random bits need no slow hash.
    token_digest blob not null check (length(token_digest) = 32),
    opened_at text not null,
    -- The last request, to the minute.
    seen_at text not null,
    -- Ends without a request after this time; null for a token of the console.
    idle_seconds integer,
    expires_at text not null,
    ended_at text,
    constraint staff_session_token_once unique (token_digest)
) strict;

create index staff_session_of on staff_session (staff);

-- What an account signs in with. The hash of the password (argon2id) and the secret of the codes are sealed together.
create table staff_credential (
    staff blob not null primary key references staff (id),
    sealed blob not null,
    -- 1 while the password is the one that was issued: it has to be changed at the first sign-in.
    issued integer not null check (issued in (0, 1)),
    -- The time step of the last code that signed in: a code works once.
    last_step integer not null check (last_step >= 0),
    set_at text not null
) strict;
