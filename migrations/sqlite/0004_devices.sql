-- Devices on SQLite: kiosks that sign their requests. migrations/postgres holds the same tables.

create table device (
    id blob not null primary key check (length(id) = 16),
    -- What it is called, sealed by the house.
    name blob not null,
    agency text not null,
    public_key blob not null check (length(public_key) = 32),
    enrolled_at text not null,
    revoked_at text,
    -- Also of revoked ones: a key that was lost once is never good again.
    constraint device_key_once unique (public_key)
) strict;

-- Nonces of requests, as SHA-256, as long as their signatures could pass.
create table device_nonce (
    device blob not null references device (id),
    digest blob not null check (length(digest) = 32),
    used_at text not null,
    constraint device_nonce_once primary key (device, digest)
) strict, without rowid;

-- Who opened a session, at a kiosk or at a counter: they alone may feed and complete it.
alter table session add column device blob references device (id);
alter table session add column staff blob references staff (id);

-- What a device is never changes, and a revoked one becomes good again never.

create trigger device_is_only_revoked before update on device
when old.revoked_at is not null or new.id is not old.id or new.name is not old.name or new.agency is not old.agency
    or new.public_key is not old.public_key or new.enrolled_at is not old.enrolled_at
begin select raise(abort, 'append-only'); end;
create trigger device_is_never_removed before delete on device
begin select raise(abort, 'append-only'); end;
