-- What keys and contacts have left of their rates, where gateways share them (CUSTOM_DATA_SHARED_RATES).
--
-- Written once a second by each worker, and worth nothing after a crash: who finds no row has a full bucket. So it is
-- not logged, and replicas do not have it.

create unlogged table rates (
    shop_id    bigint not null,
    api_key_id bigint not null,  -- 0 where a contact asks
    contact_id bigint not null,  -- 0 where a key asks
    level      float8 not null,  -- in cost; below 0 by what was granted before all workers knew
    settled_at timestamptz not null,
    primary key (shop_id, api_key_id, contact_id)
);

alter table rates enable row level security;
alter table rates force row level security;
create policy tenant on rates
    using (shop_id = nullif(current_setting('app.shop_id', true), '')::bigint)
    with check (shop_id = nullif(current_setting('app.shop_id', true), '')::bigint);
-- A worker settles for all its shops at once; nothing else is seen so.
create policy settling on rates
    using (current_setting('app.rates', true) = 'on')
    with check (current_setting('app.rates', true) = 'on');
