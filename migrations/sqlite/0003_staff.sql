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

-- What takes two people. Content and reasons are sealed: with the key of the beneficiary whom it concerns, or of the house.
create table proposal (
    id blob not null primary key check (length(id) = 16),
    kind text not null,
    agency text not null,
    beneficiary blob references beneficiary (id),
    proposed_by blob not null references staff (id),
    -- Blind index of the staff number: nobody approves what they proposed, be it with another account.
    proposer blob not null check (length(proposer) = 32),
    sealed blob not null,
    proposed_at text not null,
    expires_at text not null,
    outcome text,
    closed_by blob references staff (id),
    closing blob,
    closed_at text,
    constraint proposal_is_closed_as_a_whole check (
        (outcome is null) = (closed_by is null) and (outcome is null) = (closing is null)
        and (outcome is null) = (closed_at is null)
    )
) strict;

create index proposal_open on proposal (id) where outcome is null;

-- The last one is in force.
create table policy_in_force (
    position integer not null primary key check (position >= 0),
    policy text not null references policy (hash),
    -- Null for the one that an installation begins with.
    proposal blob references proposal (id),
    since text not null
) strict;

-- Pensions that people suspended and restored. The last one counts; without any, the pension is paid.
create table standing (
    beneficiary blob not null references beneficiary (id),
    position integer not null check (position >= 0),
    suspended integer not null check (suspended in (0, 1)),
    proposal blob not null references proposal (id),
    since text not null,
    constraint standing_once_per_position primary key (beneficiary, position)
) strict;

-- References that are not compared: candidates, until two people have agreed to them, and those that were replaced. All
-- others are compared.
create table reference_aside (
    beneficiary blob not null,
    reference blob not null,
    aside text not null check (aside in ('candidate', 'replaced')),
    primary key (beneficiary, reference),
    foreign key (beneficiary, reference) references reference (beneficiary, id)
) strict;

create trigger policy_in_force_is_never_changed before update on policy_in_force
begin select raise(abort, 'append-only'); end;
create trigger policy_in_force_is_never_removed before delete on policy_in_force
begin select raise(abort, 'append-only'); end;

create trigger standing_is_never_changed before update on standing
begin select raise(abort, 'append-only'); end;
create trigger standing_is_never_removed before delete on standing
begin select raise(abort, 'append-only'); end;

-- A proposal is closed, once; nothing else of it changes, and it does not go away.
create trigger proposal_is_never_changed before update on proposal
when old.outcome is not null or new.outcome is null or new.id is not old.id or new.kind is not old.kind
    or new.agency is not old.agency or new.beneficiary is not old.beneficiary or new.proposed_by is not old.proposed_by
    or new.proposer is not old.proposer or new.sealed is not old.sealed or new.proposed_at is not old.proposed_at
    or new.expires_at is not old.expires_at
begin select raise(abort, 'append-only'); end;
create trigger proposal_is_never_removed before delete on proposal
begin select raise(abort, 'append-only'); end;
