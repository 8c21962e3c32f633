-- name: create_key
-- A new key of the shop, by its digest.
insert into api_keys (shop_id, name, digest, prefix, scopes)
values ($1, $2, $3, $4, $5)
returning id, shop_id, name, prefix, created_at, revoked_at, scopes;

-- name: list_keys
-- Every key of the shop, revoked ones too.
select id, shop_id, name, prefix, created_at, revoked_at, scopes
from api_keys
where shop_id = $1
order by id;

-- name: revoke_key
-- A key that stops working now; one revoked before keeps its time.
update api_keys
set revoked_at = coalesce(revoked_at, $3::timestamptz)
where shop_id = $1 and id = $2
returning id, shop_id, name, prefix, created_at, revoked_at, scopes;

-- name: find_key
-- The key a request presents.
select id, shop_id, name, prefix, created_at, revoked_at, scopes
from api_keys
where shop_id = $1 and digest = $2 and revoked_at is null;
