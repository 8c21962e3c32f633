-- name: by_ids
-- Records by id, of any definition.
select id, definition_id, version, data, created_at, updated_at
from records where shop_id = $1 and id = any($2::bigint[]);

-- name: by_unique_keys
-- Records of one definition by unique key.
select unique_key, id, definition_id, version, data, created_at, updated_at
from records where shop_id = $1 and definition_id = $2 and unique_key = any($3::text[]);

-- name: page_forward
-- Records of a definition behind an id, in order of id.
select id, definition_id, version, data, created_at, updated_at
from records where shop_id = $1 and definition_id = $2 and id > $3 and id < $4
order by id limit $5;

-- name: page_backward
-- Records of a definition before an id, last first.
select id, definition_id, version, data, created_at, updated_at
from records where shop_id = $1 and definition_id = $2 and id > $3 and id < $4
order by id desc limit $5;

-- name: count
-- How many records a definition has, counting to a bound.
select count(*) as n from (select from records where shop_id = $1 and definition_id = $2 limit $3) bounded;

-- name: contact_definitions
-- Which definitions hold records of these contacts: $3 to $6 are the definitions whose relation to contacts is in
-- ref1, ref2, ref3, ref4.
select c.id as contact_id, d.id as definition_id
from unnest($2::bigint[]) as c (id) cross join unnest($3::bigint[]) as d (id)
where exists (select from records where shop_id = $1 and definition_id = d.id and ref1 = c.id)
union
select c.id, d.id
from unnest($2::bigint[]) as c (id) cross join unnest($4::bigint[]) as d (id)
where exists (select from records where shop_id = $1 and definition_id = d.id and ref2 = c.id)
union
select c.id, d.id
from unnest($2::bigint[]) as c (id) cross join unnest($5::bigint[]) as d (id)
where exists (select from records where shop_id = $1 and definition_id = d.id and ref3 = c.id)
union
select c.id, d.id
from unnest($2::bigint[]) as c (id) cross join unnest($6::bigint[]) as d (id)
where exists (select from records where shop_id = $1 and definition_id = d.id and ref4 = c.id);

-- name: referenced
-- Which of these records ($2) others refer to: $3 to $6 are the definitions whose relation to theirs is in ref1, ref2,
-- ref3, ref4. Records that are in the list themselves do not count.
select r.id
from unnest($2::bigint[]) as r (id)
where exists (select from records x where x.shop_id = $1 and x.definition_id = any($3::bigint[])
              and x.ref1 = r.id and x.id <> all($2::bigint[]))
   or exists (select from records x where x.shop_id = $1 and x.definition_id = any($4::bigint[])
              and x.ref2 = r.id and x.id <> all($2::bigint[]))
   or exists (select from records x where x.shop_id = $1 and x.definition_id = any($5::bigint[])
              and x.ref3 = r.id and x.id <> all($2::bigint[]))
   or exists (select from records x where x.shop_id = $1 and x.definition_id = any($6::bigint[])
              and x.ref4 = r.id and x.id <> all($2::bigint[]));

-- name: hold_by_ids
-- Relation targets that exist, held so that nobody deletes them before we commit. The lock lets updates pass.
select id from records where shop_id = $1 and definition_id = $2 and id = any($3::bigint[])
order by id for key share;

-- name: hold_by_unique_keys
-- The same, by unique key.
select id, unique_key from records where shop_id = $1 and definition_id = $2 and unique_key = any($3::text[])
order by id for key share;

-- name: lock_by_unique_keys
-- The existing ones of a batch, locked in the order every batch locks in.
select unique_key, id, definition_id, version, data, created_at, updated_at
from records where shop_id = $1 and definition_id = $2 and unique_key = any($3::text[])
order by unique_key for no key update;

-- name: lock_by_id
-- One record, locked for an update.
select id, definition_id, version, data, created_at, updated_at
from records where shop_id = $1 and id = $2 for no key update;

-- name: lock_for_deletion
-- Records of one definition, locked against new references to them.
select id from records where shop_id = $1 and definition_id = $2 and id = any($3::bigint[])
order by unique_key, id for update;

-- name: delete
-- Removes records.
delete from records where shop_id = $1 and id = any($2::bigint[]) returning id;
