-- name: valid
-- The secrets that sign now, the newest first.
select secret from webhook_secrets
where shop_id = $1 and (retires_at is null or retires_at > now()) order by id desc limit 2;

-- name: insert
-- A new secret; from now on it signs.
insert into webhook_secrets (shop_id, secret) values ($1, $2) returning id;

-- name: retire_others
-- Ends the older ones: the last of them after so many seconds, the others now.
update webhook_secrets
set retires_at = case
    when id = (select max(id) from webhook_secrets where shop_id = $1 and id < $2)
    then now() + make_interval(secs => $3) else now() end
where shop_id = $1 and id < $2 and (retires_at is null or retires_at > now());
