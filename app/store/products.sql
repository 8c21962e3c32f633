-- name: by_ids
-- Products by their ids.
select p.id, p.reference, p.name, p.price, p.price_discount, p.currency, p.lang, p.is_active,
       timestamptz_send(p.created_at) as created, timestamptz_send(p.updated_at) as updated
from unnest($2::text::text[]) as asked (id)
cross join lateral (select * from products where shop_id = $1 and id = asked.id limit 1) p;

-- name: page_forward
-- Products behind an id, in order of id; only the active ones if $5.
select id, reference, name, price, price_discount, currency, lang, is_active,
       timestamptz_send(created_at) as created, timestamptz_send(updated_at) as updated
from products where shop_id = $1 and id > $2 and ($3::text is null or id < $3) and (is_active or not $5)
order by id limit $4;

-- name: page_backward
-- Products before an id, last first.
select id, reference, name, price, price_discount, currency, lang, is_active,
       timestamptz_send(created_at) as created, timestamptz_send(updated_at) as updated
from products where shop_id = $1 and id > $2 and ($3::text is null or id < $3) and (is_active or not $5)
order by id desc limit $4;

-- name: search_forward
-- Products whose reference or name starts with a prefix: from $6 up to, not including, $7. See contacts.search_forward.
with found as materialized (
    (select id from products where shop_id = $1 and reference_key >= $6 and reference_key < $7 order by reference_key limit 1001)
    union all
    (select id from products where shop_id = $1 and name_key >= $6 and name_key < $7 order by name_key limit 1001)
), rare as materialized (select count(*) <= 1000 as so from found)
select id, reference, name, price, price_discount, currency, lang, is_active,
       timestamptz_send(created_at) as created, timestamptz_send(updated_at) as updated
from (
    (select * from products where shop_id = $1 and id > $2 and ($3::text is null or id < $3) and (is_active or not $5)
       and (select so from rare) and id = any(array(select id from found))
     order by id limit $4)
    union all
    (select * from products where shop_id = $1 and id > $2 and ($3::text is null or id < $3) and (is_active or not $5)
       and not (select so from rare) and ((coalesce(reference_key, '') >= $6 and coalesce(reference_key, '') < $7)
       or (coalesce(name_key, '') >= $6 and coalesce(name_key, '') < $7))
     order by id limit $4)
) searched
order by id limit $4;

-- name: search_backward
-- The same, last first.
with found as materialized (
    (select id from products where shop_id = $1 and reference_key >= $6 and reference_key < $7 order by reference_key limit 1001)
    union all
    (select id from products where shop_id = $1 and name_key >= $6 and name_key < $7 order by name_key limit 1001)
), rare as materialized (select count(*) <= 1000 as so from found)
select id, reference, name, price, price_discount, currency, lang, is_active,
       timestamptz_send(created_at) as created, timestamptz_send(updated_at) as updated
from (
    (select * from products where shop_id = $1 and id > $2 and ($3::text is null or id < $3) and (is_active or not $5)
       and (select so from rare) and id = any(array(select id from found))
     order by id desc limit $4)
    union all
    (select * from products where shop_id = $1 and id > $2 and ($3::text is null or id < $3) and (is_active or not $5)
       and not (select so from rare) and ((coalesce(reference_key, '') >= $6 and coalesce(reference_key, '') < $7)
       or (coalesce(name_key, '') >= $6 and coalesce(name_key, '') < $7))
     order by id desc limit $4)
) searched
order by id desc limit $4;

-- name: count_all
-- How many products, counting to a bound.
select count(*) as n from (
    select from products where shop_id = $1 and (is_active or not $3) limit $2) bounded;

-- name: count_search
-- How many a search finds, counting to a bound.
select count(*) as n from (
    (select id from products where shop_id = $1 and (is_active or not $3) and reference_key >= $4 and reference_key < $5 order by reference_key limit $2)
    union
    (select id from products where shop_id = $1 and (is_active or not $3) and name_key >= $4 and name_key < $5 order by name_key limit $2)
    limit $2) bounded;

-- name: existing
-- Which of these ids are products.
select p.id
from unnest($2::text::text[]) as asked (id)
cross join lateral (select id from products where shop_id = $1 and id = asked.id limit 1) p;

-- name: by_references
-- Products by exact reference; more than one may share it.
select asked.reference, p.id
from unnest($2::text[]) as asked (reference)
cross join lateral (
    select id from products where shop_id = $1 and reference = asked.reference order by id limit 10
) p;

-- name: lock
-- The known ones of these products, held until the end of the transaction, in the order given.
select p.id, p.reference, p.name, p.price, p.price_discount, p.currency, p.lang, p.is_active,
       timestamptz_send(p.created_at) as created, timestamptz_send(p.updated_at) as updated
from unnest($2::text[]) as asked (id)
cross join lateral (select * from products where shop_id = $1 and id = asked.id for no key update) p;

-- name: insert
-- New products; those that someone else has just made stay away.
insert into products (shop_id, id, reference, reference_key, name, name_key, price, price_discount, currency, lang,
                      is_active)
select $1, p.*
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[],
            $9::text[], $10::text[], $11::boolean[])
    as p (id, reference, reference_key, name, name_key, price, price_discount, currency, lang, is_active)
order by p.id
on conflict (shop_id, id) do nothing
returning id;

-- name: update
-- New states of known products. They exist: the conflict finds each by its key, whatever the planner believes.
insert into products (shop_id, id, reference, reference_key, name, name_key, price, price_discount, currency, lang,
                      is_active, updated_at)
select $1, p.*, $12
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[],
            $9::text[], $10::text[], $11::boolean[])
    as p (id, reference, reference_key, name, name_key, price, price_discount, currency, lang, is_active)
on conflict (shop_id, id) do update
set reference = excluded.reference, reference_key = excluded.reference_key, name = excluded.name,
    name_key = excluded.name_key, price = excluded.price, price_discount = excluded.price_discount,
    currency = excluded.currency, lang = excluded.lang, is_active = excluded.is_active,
    updated_at = excluded.updated_at;

-- name: delete
-- Removes a product.
delete from products where shop_id = $1 and id = $2;
