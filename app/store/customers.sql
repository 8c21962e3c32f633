-- name: lock_shop
-- One push of customers at a time: who unifies with whom depends on all of them.
select unify_by_email from shops where shop_id = $1 for no key update;

-- name: by_keys
-- Customers by (source, id_customer).
select c.source, c.id_customer, c.contact_id, c.email, c.email_verified, c.first_name, c.last_name, c.lang
from customers c
join unnest($2::text[], $3::text[]) as asked (source, id_customer) using (source, id_customer)
where c.shop_id = $1;

-- name: of_contacts
-- The customers of contacts, in order.
select source, id_customer, contact_id, email, email_verified, first_name, last_name, lang
from customers where shop_id = $1 and contact_id = any($2::bigint[])
order by contact_id, source, id_customer;

-- name: verified_holders
-- For each address the lowest contact that holds it through a verified customer.
select email_key, min(contact_id) as contact_id
from customers where shop_id = $1 and email_key = any($2::text[]) and email_verified
group by email_key;

-- name: holders
-- For each address the lowest contact that holds it, verified or not.
select email_key, min(contact_id) as contact_id
from customers where shop_id = $1 and email_key = any($2::text[])
group by email_key;

-- name: write
-- New customers and new states of known ones.
insert into customers (shop_id, source, id_customer, contact_id, email, email_key, email_verified,
                       first_name, last_name, lang)
select $1, c.*
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::boolean[],
            $8::text[], $9::text[], $10::text[])
    as c (source, id_customer, contact_id, email, email_key, email_verified, first_name, last_name, lang)
on conflict (shop_id, source, id_customer) do update
set email = excluded.email, email_key = excluded.email_key, email_verified = excluded.email_verified,
    first_name = excluded.first_name, last_name = excluded.last_name, lang = excluded.lang, updated_at = $11;

-- name: delete
-- Removes customers and says whose they were.
delete from customers c
using unnest($2::text[], $3::text[]) as gone (source, id_customer)
where c.shop_id = $1 and c.source = gone.source and c.id_customer = gone.id_customer
returning c.source, c.id_customer, c.contact_id;
