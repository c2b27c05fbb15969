-- The log on PostgreSQL. migrations/sqlite holds the same tables.

-- Which log this is, and whose signature its checkpoints carry.
create table log_identity (
    one bigint not null primary key check (one = 1),
    origin text not null,
    verifier_key text not null
);

-- Written by each act in its own transaction, without a number: whoever numbers would have to wait for the others.
create table log_entry (
    id uuid not null primary key,
    content text not null,
    -- The number of the leaf, from 0, once the entry is in the tree.
    number bigint check (number >= 0),
    constraint log_entry_number_once unique (number)
);

create index log_entry_waiting on log_entry (id) where number is null;

-- The roots of all complete subtrees; those of level 0 are the leaves.
create table log_node (
    level bigint not null check (level >= 0),
    position bigint not null check (position >= 0),
    hash bytea not null check (length(hash) = 32),
    constraint log_node_once primary key (level, position)
);

create table log_checkpoint (
    size bigint not null primary key check (size >= 0),
    note text not null,
    signed_at timestamptz not null
);

create table log_cosignature (
    size bigint not null references log_checkpoint (size),
    witness text not null,
    line text not null,
    constraint log_cosignature_once primary key (size, witness)
);

-- An entry gets its number, once; nothing else changes, and nothing goes away.

create trigger log_entry_is_never_changed before update on log_entry
    for each row
    when (old.number is not null or new.id <> old.id or new.content <> old.content)
    execute function refuse_change();
create trigger log_entry_is_never_removed before delete or truncate on log_entry
    for each statement execute function refuse_change();
create trigger log_identity_is_append_only before update or delete or truncate on log_identity
    for each statement execute function refuse_change();
create trigger log_node_is_append_only before update or delete or truncate on log_node
    for each statement execute function refuse_change();
create trigger log_checkpoint_is_append_only before update or delete or truncate on log_checkpoint
    for each statement execute function refuse_change();
create trigger log_cosignature_is_append_only before update or delete or truncate on log_cosignature
    for each statement execute function refuse_change();
