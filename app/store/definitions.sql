-- name: model_version
-- What a cached model is checked against.
select model_version from shops where shop_id = $1;

-- name: model_known
-- Whether a shop's version is still the one that its model was read at. Goes with the beginning of a snapshot.
select from shops where shop_id = $1 and model_version = $2;

-- name: grow_version
-- Takes the shop's turn to change its model, and makes every cached model stale.
update shops set model_version = model_version + 1 where shop_id = $1 returning model_version;

-- name: all
-- Every definition that is not deleted.
select id, key, name, description, status, fields, relationships, unique_keys, created_at, updated_at, contact_access
from definitions where shop_id = $1 and status <> 'DELETED' order by id;

-- name: every
-- Every definition, deleted ones too.
select id, key, name, description, status, fields, relationships, unique_keys, created_at, updated_at, contact_access
from definitions where shop_id = $1 order by id;

-- name: hold
-- Holds a definition as it is until the end of the transaction: a change waits, and we wait for one under way. Also for
-- one that waits itself, by the advisory lock, whose line is kept: those who share a row pass by one who wants it alone.
with turn as materialized (
    select id, pg_advisory_xact_lock_shared(-id)
    from definitions where shop_id = $1 and status <> 'DELETED' and (key = $2 or id = $3)
)
select d.id, d.updated_at, (select model_version from shops where shop_id = $1) as model_version
from turn t join definitions d on d.shop_id = $1 and d.id = t.id and d.status <> 'DELETED' for share of d;

-- name: insert
-- A new definition; its own id stands for "itself" in relationships (definition_id 0).
insert into definitions (shop_id, key, name, name_key, description, fields, relationships, unique_keys, contact_access)
values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9)
returning id;

-- name: wait_turn
-- Before a definition is changed: waits for those who hold it, and those who come to hold it meanwhile wait for us.
select pg_advisory_xact_lock(-id) from definitions where shop_id = $1 and id = $2;

-- name: extend
-- What an extension may change.
update definitions
set name = $3, name_key = $4, description = $5, fields = $6::jsonb, relationships = $7::jsonb, contact_access = $8,
    updated_at = now()
where shop_id = $1 and id = $2;

-- name: set_status
-- Activates, deactivates or deletes.
update definitions set status = $3, updated_at = now()
where shop_id = $1 and id = $2;
