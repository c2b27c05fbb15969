-- The records of Vivat on SQLite. migrations/postgres holds the same tables; the contract suite runs on both.
--
-- Identifiers are UUIDs of 16 bytes, instants RFC 3339 texts in UTC with six digits of fraction, dates ISO 8601 texts:
-- all of them sort as they are.

-- The two data keys of the installation, wrapped by the present key-encryption key, which stands nowhere in here. The one
-- named house also says which key-encryption key is the present one: nothing is wrapped by another. While it is rotating,
-- there may be persons whose keys the one before still wraps.
create table vault_key (
    name text not null primary key,
    kek text not null,
    wrapped blob not null,
    rotating integer not null check (rotating in (0, 1))
) strict;

create table policy (
    hash text not null primary key,
    version integer not null,
    content text not null,
    stored_at text not null
) strict;

-- Everybody whose citizen number was ever given, registered or not. The number stands here as a blind index alone; the key
-- of the person is wrapped, and what seals all that is theirs. Erasing a person is to forget index and key.
create table person (
    id blob not null primary key check (length(id) = 16),
    citizen_index blob check (length(citizen_index) = 32),
    kek text,
    wrapped_key blob,
    created_at text not null,
    erased_at text,
    -- Why, sealed by the house.
    erasure_reason blob,
    constraint person_citizen_index_once unique (citizen_index),
    constraint person_is_whole_or_erased check (
        (erased_at is null) = (citizen_index is not null) and (citizen_index is null) = (wrapped_key is null)
        and (wrapped_key is null) = (kek is null) and (erased_at is null) = (erasure_reason is null)
    )
) strict;

create index person_by_kek on person (kek, id) where kek is not null;
create index person_erased on person (id) where erased_at is not null;

-- Number, name and schemes are sealed.
create table beneficiary (
    id blob not null primary key references person (id),
    agency text not null,
    sealed blob not null,
    registered_at text not null
) strict;

create index beneficiary_by_agency on beneficiary (agency, id);

create table reference (
    beneficiary blob not null references beneficiary (id),
    id blob not null check (length(id) = 16),
    source text not null,
    taken_on text,
    enrolled_at text not null,
    pack text not null,
    template blob not null,
    -- The photo itself is kept outside, until this instant.
    image_deleted_at text,
    primary key (beneficiary, id)
) strict;

create index reference_by_id on reference (id);

create table session (
    id blob not null primary key check (length(id) = 16),
    nonce_digest blob not null check (length(nonce_digest) = 32),
    person blob not null references person (id),
    -- As of the opening: one who is registered later has no part in it.
    beneficiary blob references beneficiary (id),
    agency text not null,
    channel text not null,
    opened_at text not null,
    expires_at text not null,
    attempt integer not null check (attempt >= 1),
    ended_at text,
    outcome text,
    -- What a certification refers to: nobody is certified by another person's session.
    constraint session_of_beneficiary unique (id, beneficiary),
    constraint session_ends_with_outcome check ((ended_at is null) = (outcome is null))
) strict;

create table capture (
    session blob not null references session (id),
    id blob not null check (length(id) = 16),
    attempt integer not null check (attempt >= 1),
    step text not null,
    taken_at text not null,
    received_at text not null,
    digest blob not null check (length(digest) = 32),
    evidence blob not null,
    -- What the burst remembers of it, sealed, until the attempt is decided.
    trace blob,
    -- The picture itself is kept outside, until this instant.
    image_deleted_at text,
    primary key (session, id)
) strict;

create index capture_by_id on capture (id);
create index capture_kept on capture (session, id) where image_deleted_at is null;
create index capture_traced on capture (session) where trace is not null;

create index session_by_person on session (person, id);

-- What each attempt asks the person to show, and what they cannot: sealed.
create table challenge (
    session blob not null references session (id),
    attempt integer not null check (attempt >= 1),
    content blob not null,
    primary key (session, attempt)
) strict;

-- Keyed marks by which a picture is known again: of its bytes, and of what it looks like. The frame and where it came from
-- are a capture and its session, or a reference twice.
create table frame_mark (
    mark blob not null check (length(mark) = 32),
    frame blob not null,
    source blob not null,
    marked_at text not null,
    primary key (mark, frame)
) strict;

create index frame_mark_by_source on frame_mark (source);
create index frame_mark_by_age on frame_mark (marked_at);

create table decision (
    session blob not null references session (id),
    attempt integer not null check (attempt >= 1),
    decision text not null,
    decided_at text not null,
    policy text not null references policy (hash),
    constraint decision_once_per_attempt primary key (session, attempt)
) strict;

create table certification (
    beneficiary blob not null references beneficiary (id),
    id blob not null check (length(id) = 16),
    session blob not null,
    method text not null,
    certified_at text not null,
    valid_until text not null,
    policy text not null references policy (hash),
    pack text not null,
    reviewer blob,
    primary key (beneficiary, id),
    constraint certification_once_per_session unique (beneficiary, session),
    foreign key (session, beneficiary) references session (id, beneficiary)
) strict;

create index certification_by_id on certification (id);
create index certification_by_session on certification (session);

create table review_case (
    id blob not null primary key check (length(id) = 16),
    session blob not null references session (id),
    beneficiary blob references beneficiary (id),
    reasons text not null,
    opened_at text not null,
    due_on text not null,
    state text not null,
    claimed_by blob,
    claimed_until text,
    constraint review_case_once_per_session unique (session),
    constraint review_case_claim_is_whole check (
        (state = 'claimed') = (claimed_by is not null) and (claimed_by is null) = (claimed_until is null)
    )
) strict;

create index review_case_open on review_case (id) where state in ('waiting', 'claimed');

create table judgement (
    review_case blob not null references review_case (id),
    position integer not null check (position >= 0),
    reviewer blob not null,
    verdict text not null,
    reason blob not null,
    judged_at text not null,
    constraint judgement_once_per_position primary key (review_case, position)
) strict;

create table idempotency (
    scope text not null,
    key text not null,
    request_hash blob not null check (length(request_hash) = 32),
    claimed_at text not null,
    -- Whom the answer concerns: it goes when they are erased.
    person blob references person (id),
    status integer,
    body blob,
    primary key (scope, key),
    constraint idempotency_answer_is_whole check ((status is null) = (body is null))
) strict;

create index idempotency_by_person on idempotency (person) where person is not null;
create index idempotency_by_age on idempotency (claimed_at);

-- What is decided, judged or certified is never changed and never removed.

create trigger policy_is_never_changed before update on policy
begin select raise(abort, 'append-only'); end;
create trigger policy_is_never_removed before delete on policy
begin select raise(abort, 'append-only'); end;

create trigger decision_is_never_changed before update on decision
begin select raise(abort, 'append-only'); end;
create trigger decision_is_never_removed before delete on decision
begin select raise(abort, 'append-only'); end;

create trigger certification_is_never_changed before update on certification
begin select raise(abort, 'append-only'); end;
create trigger certification_is_never_removed before delete on certification
begin select raise(abort, 'append-only'); end;

create trigger judgement_is_never_changed before update on judgement
begin select raise(abort, 'append-only'); end;
create trigger judgement_is_never_removed before delete on judgement
begin select raise(abort, 'append-only'); end;
