-- name: by_ids
-- Contacts by their canonical ids.
select c.id, c.email, c.first_name, c.last_name, c.lang, timestamptz_send(c.created_at) as created,
       timestamptz_send(c.updated_at) as updated
from unnest($2::text::bigint[]) as asked (id)
cross join lateral (select * from contacts where shop_id = $1 and id = asked.id limit 1) c;

-- name: page_forward
-- Contacts behind an id, in order of id.
select id, email, first_name, last_name, lang, timestamptz_send(created_at) as created,
       timestamptz_send(updated_at) as updated
from contacts where shop_id = $1 and id > $2 and id < $3
order by id limit $4;

-- name: page_backward
-- Contacts before an id, last first.
select id, email, first_name, last_name, lang, timestamptz_send(created_at) as created,
       timestamptz_send(updated_at) as updated
from contacts where shop_id = $1 and id > $2 and id < $3
order by id desc limit $4;

-- name: search_forward
-- Contacts whose e-mail, first or last name starts with a prefix: from $5 up to, not including, $6.
-- A rare beginning is taken from the indexes of the keys, a common one met soon on the way along the ids. Each way is
-- slow for the other, and a plan made for any beginning cannot know: so the statement looks first. coalesce keeps the
-- second way on the ids.
with found as materialized (
    (select id from contacts where shop_id = $1 and email_key >= $5 and email_key < $6 order by email_key limit 1001)
    union all
    (select id from contacts where shop_id = $1 and name_key >= $5 and name_key < $6 order by name_key limit 1001)
    union all
    (select id from contacts where shop_id = $1 and surname_key >= $5 and surname_key < $6 order by surname_key limit 1001)
), rare as materialized (select count(*) <= 1000 as so from found)
select id, email, first_name, last_name, lang, timestamptz_send(created_at) as created,
       timestamptz_send(updated_at) as updated
from (
    (select * from contacts where shop_id = $1 and id > $2 and id < $3
       and (select so from rare) and id = any(array(select id from found))
     order by id limit $4)
    union all
    (select * from contacts where shop_id = $1 and id > $2 and id < $3
       and not (select so from rare) and ((coalesce(email_key, '') >= $5 and coalesce(email_key, '') < $6)
       or (coalesce(name_key, '') >= $5 and coalesce(name_key, '') < $6)
       or (coalesce(surname_key, '') >= $5 and coalesce(surname_key, '') < $6))
     order by id limit $4)
) searched
order by id limit $4;

-- name: search_backward
-- The same, last first.
with found as materialized (
    (select id from contacts where shop_id = $1 and email_key >= $5 and email_key < $6 order by email_key limit 1001)
    union all
    (select id from contacts where shop_id = $1 and name_key >= $5 and name_key < $6 order by name_key limit 1001)
    union all
    (select id from contacts where shop_id = $1 and surname_key >= $5 and surname_key < $6 order by surname_key limit 1001)
), rare as materialized (select count(*) <= 1000 as so from found)
select id, email, first_name, last_name, lang, timestamptz_send(created_at) as created,
       timestamptz_send(updated_at) as updated
from (
    (select * from contacts where shop_id = $1 and id > $2 and id < $3
       and (select so from rare) and id = any(array(select id from found))
     order by id desc limit $4)
    union all
    (select * from contacts where shop_id = $1 and id > $2 and id < $3
       and not (select so from rare) and ((coalesce(email_key, '') >= $5 and coalesce(email_key, '') < $6)
       or (coalesce(name_key, '') >= $5 and coalesce(name_key, '') < $6)
       or (coalesce(surname_key, '') >= $5 and coalesce(surname_key, '') < $6))
     order by id desc limit $4)
) searched
order by id desc limit $4;

-- name: count_all
-- How many contacts, counting to a bound.
select count(*) as n from (select from contacts where shop_id = $1 limit $2) bounded;

-- name: count_search
-- How many a search finds, counting to a bound.
select count(*) as n from (
    (select id from contacts where shop_id = $1 and email_key >= $3 and email_key < $4 order by email_key limit $2)
    union
    (select id from contacts where shop_id = $1 and name_key >= $3 and name_key < $4 order by name_key limit $2)
    union
    (select id from contacts where shop_id = $1 and surname_key >= $3 and surname_key < $4 order by surname_key limit $2)
    limit $2) bounded;

-- name: existing
-- Which of these ids are contacts. One of the three look-ups of a batch's contact references.
select c.id
from unnest($2::text::bigint[]) as asked (id)
cross join lateral (select id from contacts where shop_id = $1 and id = asked.id limit 1) c;

-- name: by_emails
-- Who has these addresses, lowest id first. One of the three look-ups of a batch's contact references.
select asked.email_key, found.id
from unnest($2::text[]) as asked (email_key)
cross join lateral (
    select id from contacts where shop_id = $1 and email_key = asked.email_key order by id limit 10
) found;

-- name: by_customers
-- Whose these customer ids are, in every source. One of the three look-ups of a batch's contact references.
select c.id_customer, c.source, c.contact_id
from unnest($2::text[]) as asked (id_customer)
cross join lateral (select * from customers where shop_id = $1 and id_customer = asked.id_customer limit 100) c;

-- name: insert_contact
-- A contact for each new customer that joins none; ids come back in the order given.
insert into contacts (shop_id, email, email_key, first_name, last_name, name_key, surname_key, lang)
select $1, c.email, c.email_key, c.first_name, c.last_name, c.name_key, c.surname_key, c.lang
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    with ordinality as c (email, email_key, first_name, last_name, name_key, surname_key, lang, n)
order by c.n
returning id;

-- name: lock
-- Holds contacts until the end of the transaction, in the order given.
select c.id, c.email, c.first_name, c.last_name, c.lang, timestamptz_send(c.created_at) as created,
       timestamptz_send(c.updated_at) as updated
from unnest($2::bigint[]) as asked (id)
cross join lateral (select * from contacts where shop_id = $1 and id = asked.id for no key update) c;

-- name: update_contacts
-- A contact's own fields, as last written. The contacts exist: the conflict finds each by its key, whatever the planner
-- believes about the table.
insert into contacts (shop_id, id, email, email_key, first_name, last_name, name_key, surname_key, lang, updated_at)
select $1, c.*, $10
from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    as c (id, email, email_key, first_name, last_name, name_key, surname_key, lang)
on conflict (shop_id, id) do update
set email = excluded.email, email_key = excluded.email_key, first_name = excluded.first_name,
    last_name = excluded.last_name, name_key = excluded.name_key, surname_key = excluded.surname_key,
    lang = excluded.lang, updated_at = excluded.updated_at;

-- name: customers_left
-- Which of these contacts customers are left of.
select asked.id
from unnest($2::bigint[]) as asked (id)
cross join lateral (select from customers where shop_id = $1 and contact_id = asked.id limit 1) c;

-- name: delete
-- Removes a contact.
delete from contacts where shop_id = $1 and id = $2;
