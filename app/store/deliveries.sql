-- name: insert
-- What is to be told of some changes. It returns something for a cluster's sake: see changes_apart.sql.
insert into deliveries (shop_id, trigger_id, sequence, record_id, body)
select $1, $2, new.sequence, new.record_id, new.body
from unnest($3::bigint[], $4::bigint[], $5::text[]) as new (sequence, record_id, body)
returning id;

-- name: forget
-- Up to $3 that were settled more than $2 days ago, and nobody is at.
with old as materialized (
    select id from deliveries
    where shop_id = $1 and settled_at < now() - make_interval(days => $2) order by settled_at limit $3
    for update skip locked
)
delete from deliveries where shop_id = $1 and id in (select id from old)
returning id;

-- name: claim
-- Of each trigger so many records ($3), and of each its first delivery, if it is due, and so many behind it ($4), as far
-- as these are due without a gap: `place` numbers them. For $5 seconds nobody else sends them. Whoever holds a record's
-- first has all behind it: what is not first is claimed with it alone.
with free as (
    select trigger_id, records, behind
    from unnest($2::bigint[], $3::integer[], $4::integer[]) as given (trigger_id, records, behind)
), heads as (
    select found.id, found.trigger_id, found.record_id, found.sequence, free.behind from free cross join lateral (
        select d.id, d.trigger_id, d.record_id, d.sequence from deliveries d
        where d.shop_id = $1 and d.trigger_id = free.trigger_id and d.status = 'PENDING' and d.next_at <= now()
          and not exists (
              select from deliveries e
              where e.shop_id = $1 and e.trigger_id = d.trigger_id and e.record_id = d.record_id
                and e.status = 'PENDING' and e.sequence < d.sequence
          )
        order by d.next_at, d.sequence limit free.records for update skip locked
    ) found
), due as (
    select id, 0 as place from heads
    union all
    select later.id, later.place from heads cross join lateral (
        select l.id, row_number() over (order by l.sequence) as place,
               bool_and(l.next_at <= now()) over (order by l.sequence) as are_due
        from (
            select d.id, d.sequence, d.next_at from deliveries d
            where d.shop_id = $1 and d.trigger_id = heads.trigger_id and d.record_id = heads.record_id
              and d.status = 'PENDING' and d.sequence > heads.sequence
            order by d.sequence limit heads.behind
        ) l
    ) later where later.are_due
), claimed as (
    update deliveries set next_at = now() + make_interval(secs => $5)
    where shop_id = $1 and id = any(array(select id from due)) and status = 'PENDING'
    returning id, trigger_id, sequence, record_id, status, body, attempts, next_at, answered, error, created_at,
              settled_at
)
select claimed.*, due.place from claimed join due using (id);

-- name: delivered
-- It has arrived, also where it was taken for lost meanwhile.
update deliveries
set status = 'DELIVERED', attempts = attempts + 1, answered = $3, error = null, settled_at = now()
where shop_id = $1 and id = $2 and status = 'PENDING';

-- name: failed
-- An attempt that failed, by who claimed it until $3: to be tried again after $6 seconds, or given up ($7).
update deliveries
set attempts = attempts + 1, answered = $4, error = $5, next_at = now() + make_interval(secs => $6),
    status = case when $7 then 'DEAD' else 'PENDING' end, settled_at = (select now() where $7)
where shop_id = $1 and id = $2 and status = 'PENDING' and next_at = $3;

-- name: let_go
-- Claimed until $3, and not sent: others may.
update deliveries set next_at = now() where shop_id = $1 and id = $2 and status = 'PENDING' and next_at = $3;

-- name: by_id
-- What was settled more than $3 days ago is not shown, here and below, also where it has not been removed yet.
select id, trigger_id, sequence, record_id, status, body, attempts, next_at, answered, error, created_at, settled_at
from deliveries
where shop_id = $1 and id = $2 and (settled_at is null or settled_at >= now() - make_interval(days => $3));

-- name: page
-- Deliveries of some statuses, of one trigger ($6) or all, in order of id.
select id, trigger_id, sequence, record_id, status, body, attempts, next_at, answered, error, created_at, settled_at
from deliveries
where shop_id = $1 and id > $2 and id < $3 and status = any($5::text[]) and ($6::bigint is null or trigger_id = $6)
      and (settled_at is null or settled_at >= now() - make_interval(days => $7))
order by id limit $4;

-- name: page_backward
select id, trigger_id, sequence, record_id, status, body, attempts, next_at, answered, error, created_at, settled_at
from deliveries
where shop_id = $1 and id > $2 and id < $3 and status = any($5::text[]) and ($6::bigint is null or trigger_id = $6)
      and (settled_at is null or settled_at >= now() - make_interval(days => $7))
order by id desc limit $4;

-- name: count
-- How many such deliveries there are, counting to a bound.
select count(*) as n from (
    select from deliveries
    where shop_id = $1 and status = any($3::text[]) and ($4::bigint is null or trigger_id = $4)
          and (settled_at is null or settled_at >= now() - make_interval(days => $5))
    limit $2
) bounded;

-- name: replay
-- Dead letters, to be sent again from the first attempt.
update deliveries set status = 'PENDING', attempts = 0, next_at = now(), settled_at = null
where shop_id = $1 and id = any($2::bigint[]) and status = 'DEAD'
returning id;

-- name: hurry
-- Of those that wait for longer than $3 seconds, with whatever waits of their records and triggers: sent now. What waits
-- less is on its way, or will be in a moment. Gives those that were named.
with named as (
    select id, trigger_id, record_id from deliveries
    where shop_id = $1 and id = any($2::bigint[]) and status = 'PENDING'
), hurried as (
    update deliveries set next_at = now()
    where shop_id = $1 and status = 'PENDING' and next_at > now() + make_interval(secs => $3)
      and (trigger_id, record_id) in (select trigger_id, record_id from named)
    returning trigger_id, record_id
)
select id from named where (trigger_id, record_id) in (select trigger_id, record_id from hurried);

-- name: statuses
-- Of those that there are of these ids.
select id, status from deliveries where shop_id = $1 and id = any($2::bigint[]);

-- name: replay_all
-- The oldest dead letters of a trigger, or of all.
update deliveries set status = 'PENDING', attempts = 0, next_at = now(), settled_at = null
where shop_id = $1 and id in (
    select id from deliveries
    where shop_id = $1 and status = 'DEAD' and ($2::bigint is null or trigger_id = $2) order by id limit $3
)
returning id;
