-- name: valid
-- The secrets that sign now, the newest first.
select secret from webhook_secrets
where shop_id = $1 and (retires_at is null or retires_at > now()) order by id desc;

-- name: insert
-- A new secret; from now on it signs.
insert into webhook_secrets (shop_id, secret) values ($1, $2) returning id;

-- name: retire_others
-- Ends the older ones after so many seconds; those that are to end anyway, no later than they would have.
update webhook_secrets w set retires_at = ending.at
from (
    select o.id, least(o.retires_at, now() + make_interval(secs => $3)) as at from webhook_secrets o
    where o.shop_id = $1 and o.id < $2 and (o.retires_at is null or o.retires_at > now())
) ending
where w.shop_id = $1 and w.id = ending.id;
