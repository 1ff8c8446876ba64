-- Run in the forge's database, as its owner, once the tables are there (forge-api, signed in as the owner, makes them).
-- Run it again after an upgrade that added tables, which the CHANGELOG tells; to run it again does no harm.
-- Passwords are set apart: alter role forge_api password '...'.
revoke all on schema public from public;

do $$
begin
    if not exists (select from pg_roles where rolname = 'forge_api') then
        create role forge_api login nosuperuser nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_roles where rolname = 'forge_indexer') then
        create role forge_indexer login nosuperuser nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_roles where rolname = 'forge_merger') then
        create role forge_merger login nosuperuser nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_roles where rolname = 'forge_hooks') then
        create role forge_hooks login nosuperuser nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_roles where rolname = 'forge_backfill') then
        create role forge_backfill login nosuperuser nocreatedb nocreaterole;
    end if;
end $$;

grant usage on schema public, hub to forge_api, forge_indexer, forge_merger, forge_hooks, forge_backfill;

-- The API takes in what people do; what jobs find out it only reads.
grant select on all tables in schema hub to forge_api;
grant insert on hub.repository, hub.pull_request, hub.review, hub.check_run, hub.hook_endpoint, hub.hook_change, hub.hook_delivery to forge_api;
grant update on hub.pull_request, hub.review, hub.check_run, hub.hook_endpoint, hub.hook_delivery to forge_api;
grant insert, update, delete on hub.busjobs_outbox to forge_api;
grant usage on schema forge to forge_api;
grant select on all tables in schema forge to forge_api;

-- The indexer owns the search index, and hands on batches through the outbox.
grant select on hub.repository to forge_indexer;
grant select, insert, update, delete on hub.busjobs_outbox to forge_indexer;
grant usage on schema forge to forge_indexer;
grant select, insert, update, delete on all tables in schema forge to forge_indexer;

grant select on hub.repository, hub.pull_request, hub.review, hub.check_run to forge_merger;
grant select, insert, update on hub.mergeability, hub.review_decision to forge_merger;

-- The sender of webhooks is the only one besides the API who reads their sealed secrets.
grant select, update on hub.hook_endpoint to forge_hooks;
grant select, update, delete on hub.hook_delivery to forge_hooks;
grant select, insert, delete on hub.hook_try to forge_hooks;

grant select on hub.repository to forge_backfill;
grant select, insert, update on hub.activity_day to forge_backfill;

alter role forge_api set statement_timeout = '30s';
alter role forge_api set idle_in_transaction_session_timeout = '60s';
alter role forge_merger set idle_in_transaction_session_timeout = '60s';
alter role forge_hooks set idle_in_transaction_session_timeout = '60s';
alter role forge_backfill set idle_in_transaction_session_timeout = '60s';
alter role forge_indexer set idle_in_transaction_session_timeout = '60s';
