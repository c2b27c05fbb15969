-- Sign-in with a foreign identity provider on SQLite. migrations/postgres holds the same tables.

create table staff_link (
    id blob not null primary key check (length(id) = 16),
    staff blob not null references staff (id),
    -- Blind index of issuer and subject.
    subject blob not null check (length(subject) = 32),
    linked_at text not null,
    unlinked_at text
) strict;

create unique index staff_link_once on staff_link (subject) where unlinked_at is null;

create table pending_sign_in (
    id blob not null primary key check (length(id) = 16),
    -- SHA-256 of what the provider gives back, and of what the browser keeps: 256 random bits each.
    state_digest blob not null check (length(state_digest) = 32),
    browser_digest blob not null check (length(browser_digest) = 32),
    -- Sealed: what proves that an answer of the provider belongs to this sign-in.
    secrets blob not null,
    expires_at text not null,
    constraint pending_sign_in_state_once unique (state_digest)
) strict;

create index pending_sign_in_by_age on pending_sign_in (expires_at);
