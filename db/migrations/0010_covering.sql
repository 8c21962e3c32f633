-- A definition's records in order, with what they are mostly filtered, grouped and summed up by: those questions are
-- answered by the index alone, a fraction of the table's width. Each further column would make all of them slower. All
-- but created_at, which never changes, are in other indexes too, so an update touches this one where it touched others.
-- A btree's entry may not exceed 2,704 bytes: these columns at their longest, two texts of 200 characters and a
-- product's id of 191 at 4 bytes each, keep below it, and no further text would.
create index records_covering on records (shop_id, definition_id, id)
    include (created_at, ref1, ref2, product1, str1, str2, num1, num2, num3, num4, at1, at2);
drop index records_definition;
alter index records_covering rename to records_definition;
