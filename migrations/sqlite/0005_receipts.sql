-- Receipts on SQLite. migrations/postgres holds the same tables.

-- The keys that sign receipts. A public key stays; its seed, sealed, goes when the key is retired.
create table receipt_key (
    kid text not null primary key,
    public_key blob not null check (length(public_key) = 32),
    sealed_seed blob,
    created_at text not null,
    retired_at text,
    -- 1 on the key that signs now, null on all others.
    present integer check (present = 1),
    constraint receipt_key_one_present unique (present),
    constraint receipt_key_is_present_or_retired check (
        (present is null) = (retired_at is not null) and (present is null) = (sealed_seed is null)
    )
) strict;

-- What is known of a receipt when it is signed. The rest stands in the certification, so that it can be signed again. Its
-- number is its place in the status lists; numbers may be left out.
create table receipt (
    number integer not null primary key autoincrement,
    beneficiary blob not null,
    certification blob not null,
    log_entry blob not null references log_entry (id),
    constraint receipt_once_per_certification unique (certification),
    foreign key (beneficiary, certification) references certification (beneficiary, id)
) strict;

create table receipt_revocation (
    number integer not null primary key references receipt (number),
    revoked_at text not null
) strict;

-- What was issued or revoked is never changed and never removed.

create trigger receipt_is_never_changed before update on receipt
begin select raise(abort, 'append-only'); end;
create trigger receipt_is_never_removed before delete on receipt
begin select raise(abort, 'append-only'); end;

create trigger receipt_revocation_is_never_changed before update on receipt_revocation
begin select raise(abort, 'append-only'); end;
create trigger receipt_revocation_is_never_removed before delete on receipt_revocation
begin select raise(abort, 'append-only'); end;

create trigger receipt_key_is_never_removed before delete on receipt_key
begin select raise(abort, 'append-only'); end;
