-- Devices on PostgreSQL: kiosks that sign their requests. migrations/sqlite holds the same tables.

create table device (
    id uuid not null primary key,
    -- What it is called, sealed by the house.
    name bytea not null,
    agency text not null,
    public_key bytea not null check (length(public_key) = 32),
    enrolled_at timestamptz not null,
    revoked_at timestamptz,
    -- Also of revoked ones: a key that was lost once is never good again.
    constraint device_key_once unique (public_key)
);

-- Nonces of requests, as SHA-256, as long as their signatures could pass.
create table device_nonce (
    device uuid not null references device (id),
    digest bytea not null check (length(digest) = 32),
    used_at timestamptz not null,
    constraint device_nonce_once primary key (device, digest)
);

-- Who opened a session, at a kiosk or at a counter: they alone may feed and complete it.
alter table session add column device uuid references device (id);
alter table session add column staff uuid references staff (id);

-- What a device is never changes, and a revoked one becomes good again never.

create trigger device_is_only_revoked before update on device
    for each row
    when (old.revoked_at is not null or new.id <> old.id or new.name <> old.name or new.agency <> old.agency
        or new.public_key <> old.public_key or new.enrolled_at <> old.enrolled_at)
    execute function refuse_change();
create trigger device_is_never_removed before delete or truncate on device
    for each statement execute function refuse_change();
