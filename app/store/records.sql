-- name: by_unique_keys
-- Records of one definition by unique key.
select r.id, r.definition_id, r.version, r.data, timestamptz_send(r.created_at) as created,
       timestamptz_send(r.updated_at) as updated, r.unique_key
from unnest($3::text[]) as asked (unique_key)
cross join lateral (
    select * from records where shop_id = $1 and definition_id = $2 and unique_key = asked.unique_key limit 1
) r;

-- name: count
-- How many records a definition has, counting to a bound.
select count(*) as n from (select from records where shop_id = $1 and definition_id = $2 limit $3) bounded;

-- name: contact_definitions
-- Which definitions hold records of these contacts: $3 to $6 are the definitions whose relation to contacts is in
-- ref1, ref2, ref3, ref4.
select c.id as contact_id, d.id as definition_id
from unnest($2::bigint[]) as c (id) cross join unnest($3::bigint[]) as d (id)
cross join lateral (
    select from records where shop_id = $1 and definition_id = d.id and ref1 = c.id limit 1
) held
union
select c.id as contact_id, d.id as definition_id
from unnest($2::bigint[]) as c (id) cross join unnest($4::bigint[]) as d (id)
cross join lateral (
    select from records where shop_id = $1 and definition_id = d.id and ref2 = c.id limit 1
) held
union
select c.id as contact_id, d.id as definition_id
from unnest($2::bigint[]) as c (id) cross join unnest($5::bigint[]) as d (id)
cross join lateral (
    select from records where shop_id = $1 and definition_id = d.id and ref3 = c.id limit 1
) held
union
select c.id as contact_id, d.id as definition_id
from unnest($2::bigint[]) as c (id) cross join unnest($6::bigint[]) as d (id)
cross join lateral (
    select from records where shop_id = $1 and definition_id = d.id and ref4 = c.id limit 1
) held;

-- name: referenced
-- Which of these records ($2) others refer to: $3 to $6 are the definitions whose relation to theirs is in ref1, ref2,
-- ref3, ref4. Records that are in the list themselves do not count.
select r.id
from unnest($2::bigint[]) as r (id) cross join unnest($3::bigint[]) as d (id)
cross join lateral (
    select from records
    where shop_id = $1 and definition_id = d.id and ref1 = r.id and id <> all($2::bigint[]) limit 1
) referring
union
select r.id
from unnest($2::bigint[]) as r (id) cross join unnest($4::bigint[]) as d (id)
cross join lateral (
    select from records
    where shop_id = $1 and definition_id = d.id and ref2 = r.id and id <> all($2::bigint[]) limit 1
) referring
union
select r.id
from unnest($2::bigint[]) as r (id) cross join unnest($5::bigint[]) as d (id)
cross join lateral (
    select from records
    where shop_id = $1 and definition_id = d.id and ref3 = r.id and id <> all($2::bigint[]) limit 1
) referring
union
select r.id
from unnest($2::bigint[]) as r (id) cross join unnest($6::bigint[]) as d (id)
cross join lateral (
    select from records
    where shop_id = $1 and definition_id = d.id and ref4 = r.id and id <> all($2::bigint[]) limit 1
) referring;

-- name: hold_by_ids
-- Relation targets that exist, held so that nobody deletes them before we commit. The lock lets updates pass.
select r.id
from unnest($3::bigint[]) as asked (id)
cross join lateral (
    select id from records where shop_id = $1 and id = asked.id and definition_id = $2 for key share
) r;

-- name: hold_by_unique_keys
-- The same, by unique key, locked in the order given: sorted, as batches and deletions lock.
select r.id, r.unique_key
from unnest($3::text[]) as asked (unique_key)
cross join lateral (
    select * from records where shop_id = $1 and definition_id = $2 and unique_key = asked.unique_key for key share
) r;

-- name: lock_by_unique_keys
-- The existing ones of a batch, locked in the order given: every batch gives sorted keys.
select r.id, r.unique_key, r.version, r.data
from unnest($3::text[]) as asked (unique_key)
cross join lateral (
    select * from records where shop_id = $1 and definition_id = $2 and unique_key = asked.unique_key for no key update
) r;

-- name: lock_by_id
-- One record, locked for an update.
select id, unique_key, version, data
from records where shop_id = $1 and id = $2 for no key update;

-- name: lock_for_deletion
-- Records of one definition, locked against new references to them, in the order batches lock in.
select r.id, r.unique_key, r.version, r.data
from (
    select asked.id, known.unique_key
    from unnest($3::bigint[]) as asked (id)
    cross join lateral (select unique_key from records where shop_id = $1 and id = asked.id limit 1) known
    order by known.unique_key, asked.id
) wanted
cross join lateral (
    select * from records where shop_id = $1 and id = wanted.id and definition_id = $2 for update
) r;

-- name: delete
-- Removes a record.
delete from records where shop_id = $1 and id = $2;
