-- name: all
-- The shop's triggers, in order of creation.
select id, name, definition_id, condition as text, definition_ids, transition, url, enabled, reached, created_at,
       updated_at
from triggers where shop_id = $1 order by id;

-- name: insert
-- A new trigger: it judges what happens behind a sequence ($10).
insert into triggers (shop_id, name, name_key, definition_id, condition, definition_ids, transition, url, enabled,
                      reached)
values ($1, $2, $3, $4, $5, $6::bigint[], $7, $8, $9, $10)
returning id;

-- name: automate
-- From now on couriers look after the shop.
update shops set automated = true where shop_id = $1 and not automated returning shop_id;

-- name: update
-- What a trigger is to be. What it has not judged yet is judged so.
update triggers
set name = $3, name_key = $4, condition = $5, definition_ids = $6::bigint[], transition = $7, url = $8,
    updated_at = now()
where shop_id = $1 and id = $2;

-- name: set_enabled
-- Switches it on or off. What happens while it is off is never judged.
update triggers
set enabled = $3, updated_at = now(),
    reached = case when $3 then coalesce((select sequence from change_heads where shop_id = $1), 0) else reached end
where shop_id = $1 and id = $2;

-- name: delete
-- Its deliveries go with it.
delete from triggers where shop_id = $1 and id = $2;

-- name: states
-- Of each enabled trigger where it sends to, whether there are changes to be judged, and in how many seconds its next
-- delivery is due.
select t.id, t.url, t.reached < coalesce((select sequence from change_heads where shop_id = $1), 0) as behind,
       (select extract(epoch from min(d.next_at) - now())::float8 from deliveries d
        where d.shop_id = $1 and d.trigger_id = t.id and d.status = 'PENDING') as due
from triggers t where t.shop_id = $1 and t.enabled order by t.id;

-- name: hold_behind
-- An enabled trigger with changes to be judged, unless somebody else is at it, and the latest sequence.
select t.id, t.name, t.definition_id, t.condition as text, t.definition_ids, t.transition, t.url, t.enabled, t.reached,
       t.created_at, t.updated_at, head.sequence as last
from triggers t join change_heads head on head.shop_id = $1
where t.shop_id = $1 and t.id = $2 and t.enabled and t.reached < head.sequence
for update of t skip locked;

-- name: advance
-- Changes up to that sequence have been judged.
update triggers set reached = $3 where shop_id = $1 and id = $2;
