-- What happened to records and definitions, written in the transaction in which it happened.
--
-- A change's sequence is given while its shop's head is locked, which lasts until the transaction ends: so sequences
-- have no gaps and grow in the order of commits, and whoever has read up to one has missed nothing before it. Numbers
-- of an identity column would not do: a lower one may commit later.

create table change_heads (
    shop_id  bigint primary key references shops (shop_id),
    sequence bigint not null
);

create table changes (
    shop_id         bigint not null,
    sequence        bigint not null,
    kind            text not null check (kind in (
        'CREATED', 'UPDATED', 'DELETED', 'SUMMARY', 'DEFINITION_CREATED', 'DEFINITION_UPDATED', 'DEFINITION_DELETED',
        'OVERRIDES_SET')),
    definition_id   bigint,   -- null for OVERRIDES_SET
    record_id       bigint,   -- of CREATED, UPDATED and DELETED
    version         integer,  -- of the record after the change: grows with each, also with its deletion
    before          json,     -- read as a whole, never searched into
    after           json,
    summary         json,     -- counts and ids, of SUMMARY
    suppressed      boolean not null,  -- seen here, told to nobody
    operation       text not null,     -- the mutation's field
    api_key_id      bigint not null,
    idempotency_key text,
    made_at         timestamptz not null default clock_timestamp(),
    primary key (shop_id, sequence)
);

-- a record's history; a definition's changes in order
create index changes_record on changes (shop_id, record_id, sequence) where record_id is not null;
create index changes_definition on changes (shop_id, definition_id, sequence);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array['change_heads', 'changes'] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format(
            'create policy tenant on %I '
            'using (shop_id = nullif(current_setting(''app.shop_id'', true), '''')::bigint) '
            'with check (shop_id = nullif(current_setting(''app.shop_id'', true), '''')::bigint)', tenant_table);
    end loop;
end
$$;
