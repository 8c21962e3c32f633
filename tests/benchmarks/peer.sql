-- The grid shop in the form PostGraphile likes best: tables with native types, primary and foreign keys, an index on
-- every column that is filtered or joined, and the price as a function. Ids and values are the gateway's own.
-- {shop} is the shop's id. Runs in one transaction, as the owner of the gateway's tables.

create schema peer;

create table peer.contact (
    id int primary key,
    email text,
    first_name text,
    last_name text
);
create table peer.product (
    id text collate "C" primary key,
    sku text,
    name text not null,
    price numeric(12, 2) not null
);
create table peer.vet (
    id int primary key,
    nom text not null,
    ville text
);
create table peer.pricing (
    id int primary key,
    vet_id int not null references peer.vet,
    product_id text collate "C" not null references peer.product,
    price numeric(12, 2),
    price_discount numeric(12, 2),
    unique (vet_id, product_id)
);
create table peer.assignment (
    id int primary key,
    contact_id int not null unique references peer.contact,
    vet_id int not null references peer.vet,
    since date
);
-- not unique by contact: the gateway's traversal gives a list too
create table peer.loyalty (
    id int primary key,
    contact_id int not null references peer.contact,
    product_id text collate "C" references peer.product,
    points int,
    tier text,
    since date
);

insert into peer.contact
select id, email, first_name, last_name from contacts where shop_id = {shop};

insert into peer.product
select id, reference, name, price from products where shop_id = {shop};

insert into peer.vet
select r.id, r.data ->> 'nom', r.data ->> 'ville'
from records r join definitions d on d.id = r.definition_id and d.shop_id = r.shop_id
where r.shop_id = {shop} and d.key = 'veterinarian';

insert into peer.pricing
select r.id, (r.data ->> 'veto_id')::int, r.data ->> 'product_id', (r.data ->> 'price')::numeric,
       (r.data ->> 'price_discount')::numeric
from records r join definitions d on d.id = r.definition_id and d.shop_id = r.shop_id
where r.shop_id = {shop} and d.key = 'vet_pricing';

insert into peer.assignment
select r.id, (r.data ->> 'contact_id')::int, (r.data ->> 'veto_id')::int, (r.data ->> 'since')::date
from records r join definitions d on d.id = r.definition_id and d.shop_id = r.shop_id
where r.shop_id = {shop} and d.key = 'vet_assignment';

insert into peer.loyalty
select r.id, (r.data ->> 'contact_id')::int, r.data ->> 'product_id', (r.data ->> 'points')::int, r.data ->> 'tier',
       (r.data ->> 'since')::date
from records r join definitions d on d.id = r.definition_id and d.shop_id = r.shop_id
where r.shop_id = {shop} and d.key = 'loyalty';

create index on peer.pricing (product_id);
create index on peer.pricing (price);
create index on peer.assignment (vet_id);
create index on peer.loyalty (contact_id);
create index on peer.loyalty (product_id);
create index on peer.loyalty (tier, id);
create index on peer.loyalty (points);
create index on peer.loyalty (since);

-- as quick in PL/pgSQL, or with a text for its body
create function peer.product_price_for(p peer.product, contact_id int) returns numeric
language sql stable
return coalesce(
    (select pricing.price
     from peer.assignment join peer.pricing on pricing.vet_id = assignment.vet_id and pricing.product_id = p.id
     where assignment.contact_id = product_price_for.contact_id),
    p.price
);
