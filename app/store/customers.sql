-- name: lock_shop
-- One push of customers at a time: who unifies with whom depends on all of them.
select unify_by_email from shops where shop_id = $1 for no key update;

-- name: by_keys
-- Customers by (source, id_customer).
select c.source, c.id_customer, c.contact_id, c.email, c.email_verified, c.first_name, c.last_name, c.lang
from unnest($2::text[], $3::text[]) as asked (source, id_customer)
cross join lateral (
    select * from customers where shop_id = $1 and source = asked.source and id_customer = asked.id_customer limit 1
) c;

-- name: page
-- Customers behind one of them, in order.
select source, id_customer, contact_id, email, email_verified, first_name, last_name, lang
from customers
where shop_id = $1 and (source, id_customer) > ($2, $3)
order by source, id_customer limit $4;

-- name: of_contacts
-- The customers of contacts, in order.
select c.source, c.id_customer, c.contact_id, c.email, c.email_verified, c.first_name, c.last_name, c.lang
from unnest($2::bigint[]) as asked (contact_id)
cross join lateral (
    select * from customers where shop_id = $1 and contact_id = asked.contact_id limit 1000
) c
order by c.contact_id, c.source, c.id_customer;

-- name: verified_holders
-- For each address the lowest contact that holds it through a verified customer, not counting the customers $3, $4.
select asked.email_key, c.contact_id
from unnest($2::text[]) as asked (email_key)
cross join lateral (
    select contact_id from customers
    where shop_id = $1 and email_key = asked.email_key and email_verified
      and (source, id_customer) not in (select s, i from unnest($3::text[], $4::text[]) as p (s, i))
    order by contact_id limit 1
) c;

-- name: holders
-- The same, verified or not.
select asked.email_key, c.contact_id
from unnest($2::text[]) as asked (email_key)
cross join lateral (
    select contact_id from customers
    where shop_id = $1 and email_key = asked.email_key
      and (source, id_customer) not in (select s, i from unnest($3::text[], $4::text[]) as p (s, i))
    order by contact_id limit 1
) c;

-- name: write
-- New customers and new states of known ones.
insert into customers (shop_id, source, id_customer, contact_id, email, email_key, email_verified,
                       first_name, last_name, lang, created_at, updated_at)
select $1, c.*, $11, $11
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::boolean[],
            $8::text[], $9::text[], $10::text[])
    as c (source, id_customer, contact_id, email, email_key, email_verified, first_name, last_name, lang)
on conflict (shop_id, source, id_customer) do update
set email = excluded.email, email_key = excluded.email_key, email_verified = excluded.email_verified,
    first_name = excluded.first_name, last_name = excluded.last_name, lang = excluded.lang,
    updated_at = excluded.updated_at;

-- name: delete
-- Removes a customer.
delete from customers where shop_id = $1 and source = $2 and id_customer = $3;
