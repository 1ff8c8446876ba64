-- Run in the ledger's database, as its owner, once the tables are there: the first coordinator, signed in as the owner, makes them, as busjobs migrate does.
-- An upgrade is made by the owner as well, and needs nothing of this again; to run it again does no harm.
-- Passwords are set apart: alter role busjobs_coordinator password '...'. A worker has no login at all: it needs the broker alone.
revoke all on schema public from public;
revoke all on schema busjobs from public;

do $$
begin
    if not exists (select from pg_roles where rolname = 'busjobs_coordinator') then
        create role busjobs_coordinator login nosuperuser nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_roles where rolname = 'busjobs_viewer') then
        create role busjobs_viewer login nosuperuser nocreatedb nocreaterole;
    end if;
end $$;

grant usage on schema busjobs to busjobs_coordinator;
grant select, insert, update, delete on all tables in schema busjobs to busjobs_coordinator;
grant usage, select on all sequences in schema busjobs to busjobs_coordinator;
grant execute on all functions in schema busjobs to busjobs_coordinator;

-- What an upgrade adds.
alter default privileges in schema busjobs grant select, insert, update, delete on tables to busjobs_coordinator;
alter default privileges in schema busjobs grant usage, select on sequences to busjobs_coordinator;
alter default privileges in schema busjobs grant execute on functions to busjobs_coordinator;

-- The index of code search lies beside the ledger; the coordinator's process answers searches.
do $$
begin
    if exists (select from pg_namespace where nspname = 'forge') then
        grant usage on schema forge to busjobs_coordinator;
        grant select on all tables in schema forge to busjobs_coordinator;
    end if;
end $$;

-- For people who look: what there is, not what is in it.
grant usage on schema busjobs to busjobs_viewer;
grant select (id, kind, queue, state, attempt, run_at, finished_at, tenant, reason, discarded_by) on busjobs.job to busjobs_viewer;

alter role busjobs_coordinator set lock_timeout = '10s';
alter role busjobs_coordinator set idle_in_transaction_session_timeout = '60s';
alter role busjobs_coordinator set search_path = busjobs;
alter role busjobs_viewer set statement_timeout = '5s';
alter role busjobs_viewer set default_transaction_read_only = on;
alter role busjobs_viewer set search_path = busjobs;
