-- Failures in a row on PostgreSQL. migrations/sqlite holds the same table.

create table failure_run (
    kind text not null check (kind in ('person', 'device', 'address', 'known client', 'other clients', 'sign-in address')),
    -- An identifier, or a blind index.
    subject bytea not null,
    failures bigint not null check (failures >= 0),
    pauses bigint not null check (pauses >= 0),
    last_failure_at timestamptz not null,
    paused_until timestamptz,
    constraint failure_run_once primary key (kind, subject)
);

create index failure_run_by_age on failure_run (last_failure_at);
