-- Where the writes of a shop stand: what a replica is compared with before it is asked in the primary's place.
--
-- sequence + unlogged grows with every write, in the order of commits, since the row is held until the commit. Who
-- sees it at some number sees all writes up to that number, on a replica too: it replays commits in their order.

alter table change_heads add column unlogged bigint not null default 0;  -- writes that are not in the change log

-- The gateway asks for the positions of many shops at once; nothing else does, and nothing else is seen so.
create policy positions on change_heads for select
    using (current_setting('app.positions', true) = 'on');

-- contact tokens read from replicas too
do $$
begin
    if exists (select from pg_roles where rolname = 'custom_data_contact') then
        grant select on change_heads to custom_data_contact;
    end if;
exception when insufficient_privilege then
    null;  -- then contact tokens are answered by the primary
end
$$;
