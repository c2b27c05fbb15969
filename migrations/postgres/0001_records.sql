-- The records of Vivat on PostgreSQL. migrations/sqlite holds the same tables; the contract suite runs on both.

-- The two data keys of the installation, wrapped by the present key-encryption key, which stands nowhere in here. The one
-- named house also says which key-encryption key is the present one: nothing is wrapped by another. While it is rotating,
-- there may be persons whose keys the one before still wraps.
create table vault_key (
    name text not null primary key,
    kek text not null,
    wrapped bytea not null,
    rotating bigint not null check (rotating in (0, 1))
);

create table policy (
    hash text not null primary key,
    version bigint not null,
    content text not null,
    stored_at timestamptz not null
);

-- Everybody whose citizen number was ever given, registered or not. The number stands here as a blind index alone; the key
-- of the person is wrapped, and what seals all that is theirs. Erasing a person is to forget index and key.
create table person (
    id uuid not null primary key,
    citizen_index bytea check (length(citizen_index) = 32),
    kek text,
    wrapped_key bytea,
    created_at timestamptz not null,
    erased_at timestamptz,
    -- Why, sealed by the house.
    erasure_reason bytea,
    constraint person_citizen_index_once unique (citizen_index),
    constraint person_is_whole_or_erased check (
        (erased_at is null) = (citizen_index is not null) and (citizen_index is null) = (wrapped_key is null)
        and (wrapped_key is null) = (kek is null) and (erased_at is null) = (erasure_reason is null)
    )
);

create index person_by_kek on person (kek, id) where kek is not null;
create index person_erased on person (id) where erased_at is not null;

-- Number, name and schemes are sealed.
create table beneficiary (
    id uuid not null primary key references person (id),
    agency text not null,
    sealed bytea not null,
    registered_at timestamptz not null
);

create index beneficiary_by_agency on beneficiary (agency, id);

create table reference (
    beneficiary uuid not null references beneficiary (id),
    id uuid not null,
    source text not null,
    taken_on date,
    enrolled_at timestamptz not null,
    pack text not null,
    template bytea not null,
    -- The photo itself is kept outside, until this instant.
    image_deleted_at timestamptz,
    primary key (beneficiary, id)
);

create index reference_by_id on reference (id);

create table session (
    id uuid not null primary key,
    nonce_digest bytea not null check (length(nonce_digest) = 32),
    person uuid not null references person (id),
    -- As of the opening: one who is registered later has no part in it.
    beneficiary uuid references beneficiary (id),
    agency text not null,
    channel text not null,
    opened_at timestamptz not null,
    expires_at timestamptz not null,
    attempt bigint not null check (attempt >= 1),
    ended_at timestamptz,
    outcome text,
    -- What a certification refers to: nobody is certified by another person's session.
    constraint session_of_beneficiary unique (id, beneficiary),
    constraint session_ends_with_outcome check ((ended_at is null) = (outcome is null))
);

create table capture (
    session uuid not null references session (id),
    id uuid not null,
    attempt bigint not null check (attempt >= 1),
    step text not null,
    taken_at timestamptz not null,
    received_at timestamptz not null,
    digest bytea not null check (length(digest) = 32),
    evidence bytea not null,
    -- What the burst remembers of it, sealed, until the attempt is decided.
    trace bytea,
    -- The picture itself is kept outside, until this instant.
    image_deleted_at timestamptz,
    primary key (session, id)
);

create index capture_by_id on capture (id);
create index capture_kept on capture (session, id) where image_deleted_at is null;
create index capture_traced on capture (session) where trace is not null;

create index session_by_person on session (person, id);

-- What each attempt asks the person to show, and what they cannot: sealed.
create table challenge (
    session uuid not null references session (id),
    attempt bigint not null check (attempt >= 1),
    content bytea not null,
    primary key (session, attempt)
);

-- Keyed marks by which a picture is known again: of its bytes, and of what it looks like. The frame and where it came from
-- are a capture and its session, or a reference twice.
create table frame_mark (
    mark bytea not null check (length(mark) = 32),
    frame uuid not null,
    source uuid not null,
    marked_at timestamptz not null,
    primary key (mark, frame)
);

create index frame_mark_by_source on frame_mark (source);
create index frame_mark_by_age on frame_mark (marked_at);

create table decision (
    session uuid not null references session (id),
    attempt bigint not null check (attempt >= 1),
    decision text not null,
    decided_at timestamptz not null,
    policy text not null references policy (hash),
    constraint decision_once_per_attempt primary key (session, attempt)
);

create table certification (
    beneficiary uuid not null references beneficiary (id),
    id uuid not null,
    session uuid not null,
    method text not null,
    certified_at timestamptz not null,
    valid_until date not null,
    policy text not null references policy (hash),
    pack text not null,
    reviewer uuid,
    primary key (beneficiary, id),
    constraint certification_once_per_session unique (beneficiary, session),
    foreign key (session, beneficiary) references session (id, beneficiary)
);

create index certification_by_id on certification (id);
create index certification_by_session on certification (session);

create table review_case (
    id uuid not null primary key,
    session uuid not null references session (id),
    beneficiary uuid references beneficiary (id),
    reasons text not null,
    opened_at timestamptz not null,
    due_on date not null,
    state text not null,
    claimed_by uuid,
    claimed_until timestamptz,
    constraint review_case_once_per_session unique (session),
    constraint review_case_claim_is_whole check (
        (state = 'claimed') = (claimed_by is not null) and (claimed_by is null) = (claimed_until is null)
    )
);

create index review_case_open on review_case (id) where state in ('waiting', 'claimed');

create table judgement (
    review_case uuid not null references review_case (id),
    position bigint not null check (position >= 0),
    reviewer uuid not null,
    verdict text not null,
    reason bytea not null,
    judged_at timestamptz not null,
    constraint judgement_once_per_position primary key (review_case, position)
);

create table idempotency (
    scope text not null,
    key text not null,
    request_hash bytea not null check (length(request_hash) = 32),
    claimed_at timestamptz not null,
    -- Whom the answer concerns: it goes when they are erased.
    person uuid references person (id),
    status bigint,
    body bytea,
    primary key (scope, key),
    constraint idempotency_answer_is_whole check ((status is null) = (body is null))
);

create index idempotency_by_person on idempotency (person) where person is not null;
create index idempotency_by_age on idempotency (claimed_at);

-- What is decided, judged or certified is never changed and never removed.

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'append-only' using errcode = 'VA001';
end
$$;

create trigger policy_is_append_only before update or delete or truncate on policy
    for each statement execute function refuse_change();
create trigger decision_is_append_only before update or delete or truncate on decision
    for each statement execute function refuse_change();
create trigger certification_is_append_only before update or delete or truncate on certification
    for each statement execute function refuse_change();
create trigger judgement_is_append_only before update or delete or truncate on judgement
    for each statement execute function refuse_change();
