-- name: newest
-- The key that signs.
select id, secret from token_keys
where shop_id = $1 and retires_at is null order by id desc limit 1;

-- name: find
-- A key that a token names, unless it is retired.
select id, secret from token_keys
where shop_id = $1 and id = $2 and (retires_at is null or retires_at > now());

-- name: insert
-- A new key; from now on it signs.
insert into token_keys (shop_id, secret) values ($1, $2) returning id, secret;

-- name: retire_others
-- Ends the older keys, when the last tokens they may have signed have expired.
update token_keys set retires_at = now() + make_interval(secs => $3)
where shop_id = $1 and id <> $2 and (retires_at is null or retires_at > now() + make_interval(secs => $3));
