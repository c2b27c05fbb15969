-- The log on SQLite. migrations/postgres holds the same tables.

-- Which log this is, and whose signature its checkpoints carry.
create table log_identity (
    one integer not null primary key check (one = 1),
    origin text not null,
    verifier_key text not null
) strict;

-- Written by each act in its own transaction, without a number: whoever numbers would have to wait for the others.
create table log_entry (
    id blob not null primary key check (length(id) = 16),
    content text not null,
    -- The number of the leaf, from 0, once the entry is in the tree.
    number integer check (number >= 0),
    constraint log_entry_number_once unique (number)
) strict;

create index log_entry_waiting on log_entry (id) where number is null;

-- The roots of all complete subtrees; those of level 0 are the leaves.
create table log_node (
    level integer not null check (level >= 0),
    position integer not null check (position >= 0),
    hash blob not null check (length(hash) = 32),
    constraint log_node_once primary key (level, position)
) strict, without rowid;

create table log_checkpoint (
    size integer not null primary key check (size >= 0),
    note text not null,
    signed_at text not null
) strict;

create table log_cosignature (
    size integer not null references log_checkpoint (size),
    witness text not null,
    line text not null,
    constraint log_cosignature_once primary key (size, witness)
) strict;

-- An entry gets its number, once; nothing else changes, and nothing goes away.

create trigger log_entry_is_never_changed before update on log_entry
when old.number is not null or new.id is not old.id or new.content is not old.content
begin select raise(abort, 'append-only'); end;
create trigger log_entry_is_never_removed before delete on log_entry
begin select raise(abort, 'append-only'); end;

create trigger log_identity_is_never_changed before update on log_identity
begin select raise(abort, 'append-only'); end;
create trigger log_identity_is_never_removed before delete on log_identity
begin select raise(abort, 'append-only'); end;

create trigger log_node_is_never_changed before update on log_node
begin select raise(abort, 'append-only'); end;
create trigger log_node_is_never_removed before delete on log_node
begin select raise(abort, 'append-only'); end;

create trigger log_checkpoint_is_never_changed before update on log_checkpoint
begin select raise(abort, 'append-only'); end;
create trigger log_checkpoint_is_never_removed before delete on log_checkpoint
begin select raise(abort, 'append-only'); end;

create trigger log_cosignature_is_never_changed before update on log_cosignature
begin select raise(abort, 'append-only'); end;
create trigger log_cosignature_is_never_removed before delete on log_cosignature
begin select raise(abort, 'append-only'); end;
