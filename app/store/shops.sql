-- name: find_shop
-- The tenant itself.
select shop_id as id, name, time_zone, unify_by_email, model_version, created_at
from shops
where shop_id = $1;

-- name: admin_create_shop
-- A new tenant. Outside any tenant.
insert into shops (name, time_zone, unify_by_email)
values ($1, $2, $3)
returning shop_id as id, name, time_zone, unify_by_email, model_version, created_at;

-- name: admin_list_shops
-- Every tenant. Outside any tenant.
select shop_id as id, name, time_zone, unify_by_email, model_version, created_at
from shops
order by shop_id;

-- name: admin_named_shops
-- The tenants a person may mean by an id or a name, the id first. Outside any tenant.
select shop_id as id, name, time_zone, unify_by_email, model_version, created_at
from shops
where shop_id::text = $1 or name = $1
order by (shop_id::text = $1) desc, shop_id;

-- name: admin_automated_shops
-- The tenants that have had triggers. Outside any tenant.
select shop_id as id from shops where automated order by shop_id;

-- name: admin_shops_behind
-- The next tenants behind one, by id. Outside any tenant.
select shop_id as id from shops where shop_id > $1 order by shop_id limit $2;
