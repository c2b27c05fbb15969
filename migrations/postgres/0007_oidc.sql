-- Sign-in with a foreign identity provider on PostgreSQL. migrations/sqlite holds the same tables.

create table staff_link (
    id uuid not null primary key,
    staff uuid not null references staff (id),
    -- Blind index of issuer and subject.
    subject bytea not null check (length(subject) = 32),
    linked_at timestamptz not null,
    unlinked_at timestamptz
);

create unique index staff_link_once on staff_link (subject) where unlinked_at is null;

create table pending_sign_in (
    id uuid not null primary key,
    -- SHA-256 of what the provider gives back, and of what the browser keeps: 256 random bits each.
    state_digest bytea not null check (length(state_digest) = 32),
    browser_digest bytea not null check (length(browser_digest) = 32),
    -- Sealed: what proves that an answer of the provider belongs to this sign-in.
    secrets bytea not null,
    expires_at timestamptz not null,
    constraint pending_sign_in_state_once unique (state_digest)
);

create index pending_sign_in_by_age on pending_sign_in (expires_at);
