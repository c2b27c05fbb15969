-- Failures in a row on SQLite. migrations/postgres holds the same table.

create table failure_run (
    kind text not null check (kind in ('person', 'device', 'address', 'known client', 'other clients', 'sign-in address')),
    -- An identifier, or a blind index.
    subject blob not null,
    failures integer not null check (failures >= 0),
    pauses integer not null check (pauses >= 0),
    last_failure_at text not null,
    paused_until text,
    constraint failure_run_once primary key (kind, subject)
) strict, without rowid;

create index failure_run_by_age on failure_run (last_failure_at);
