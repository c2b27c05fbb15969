-- Receipts on PostgreSQL. migrations/sqlite holds the same tables.

-- The keys that sign receipts. A public key stays; its seed, sealed, goes when the key is retired.
create table receipt_key (
    kid text not null primary key,
    public_key bytea not null check (length(public_key) = 32),
    sealed_seed bytea,
    created_at timestamptz not null,
    retired_at timestamptz,
    -- 1 on the key that signs now, null on all others.
    present bigint check (present = 1),
    constraint receipt_key_one_present unique (present),
    constraint receipt_key_is_present_or_retired check (
        (present is null) = (retired_at is not null) and (present is null) = (sealed_seed is null)
    )
);

-- What is known of a receipt when it is signed. The rest stands in the certification, so that it can be signed again. Its
-- number is its place in the status lists; numbers may be left out.
create table receipt (
    number bigint generated always as identity primary key,
    beneficiary uuid not null,
    certification uuid not null,
    log_entry uuid not null references log_entry (id),
    constraint receipt_once_per_certification unique (certification),
    foreign key (beneficiary, certification) references certification (beneficiary, id)
);

create table receipt_revocation (
    number bigint not null primary key references receipt (number),
    revoked_at timestamptz not null
);

-- What was issued or revoked is never changed and never removed.

create trigger receipt_is_append_only before update or delete or truncate on receipt
    for each statement execute function refuse_change();
create trigger receipt_revocation_is_append_only before update or delete or truncate on receipt_revocation
    for each statement execute function refuse_change();
create trigger receipt_key_is_never_removed before delete or truncate on receipt_key
    for each statement execute function refuse_change();
