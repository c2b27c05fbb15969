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

-- What takes two people. Content and reasons are sealed: with the key of the beneficiary whom it concerns, or of the house.
create table proposal (
    id uuid not null primary key,
    kind text not null,
    agency text not null,
    beneficiary uuid references beneficiary (id),
    proposed_by uuid not null references staff (id),
    -- Blind index of the staff number: nobody approves what they proposed, be it with another account.
    proposer bytea not null check (length(proposer) = 32),
    sealed bytea not null,
    proposed_at timestamptz not null,
    expires_at timestamptz not null,
    outcome text,
    closed_by uuid references staff (id),
    closing bytea,
    closed_at timestamptz,
    constraint proposal_is_closed_as_a_whole check (
        (outcome is null) = (closed_by is null) and (outcome is null) = (closing is null)
        and (outcome is null) = (closed_at is null)
    )
);

create index proposal_open on proposal (id) where outcome is null;

-- The last one is in force.
create table policy_in_force (
    position bigint not null primary key check (position >= 0),
    policy text not null references policy (hash),
    -- Null for the one that an installation begins with.
    proposal uuid references proposal (id),
    since timestamptz not null
);

-- Pensions that people suspended and restored. The last one counts; without any, the pension is paid.
create table standing (
    beneficiary uuid not null references beneficiary (id),
    position bigint not null check (position >= 0),
    suspended bigint not null check (suspended in (0, 1)),
    proposal uuid not null references proposal (id),
    since timestamptz not null,
    constraint standing_once_per_position primary key (beneficiary, position)
);

-- References that are not compared: candidates, until two people have agreed to them, and those that were replaced. All
-- others are compared.
create table reference_aside (
    beneficiary uuid not null,
    reference uuid not null,
    aside text not null check (aside in ('candidate', 'replaced')),
    primary key (beneficiary, reference),
    foreign key (beneficiary, reference) references reference (beneficiary, id)
);

create trigger policy_in_force_is_append_only before update or delete or truncate on policy_in_force
    for each statement execute function refuse_change();
create trigger standing_is_append_only before update or delete or truncate on standing
    for each statement execute function refuse_change();

-- A proposal is closed, once; nothing else of it changes, and it does not go away.
create trigger proposal_is_never_changed before update on proposal for each row
    when (old.outcome is not null or new.outcome is null
        or (new.id, new.kind, new.agency, new.beneficiary, new.proposed_by, new.proposer, new.sealed, new.proposed_at,
            new.expires_at)
        is distinct from (old.id, old.kind, old.agency, old.beneficiary, old.proposed_by, old.proposer, old.sealed,
            old.proposed_at, old.expires_at))
    execute function refuse_change();
create trigger proposal_is_never_removed before delete or truncate on proposal
    for each statement execute function refuse_change();
