-- A definition's records in order, with what they are mostly filtered, grouped and summed up by: questions about all of
-- them are answered by the index alone, a fraction of the table's width. Each further column would make them slower.
-- An update touches it where it touches other indexes, too: all its columns are in them, but created_at, which never
-- changes. A btree's entry may not exceed 2,704 bytes: these columns at their longest, two texts of 200 characters and
-- a product's id of 191 at 4 bytes each, keep below it, and no further text would.
-- All ids are above 0, so the predicate leaves nothing out: it keeps the index from statements that do not say so. The
-- planner takes most definitions to be small, and would rather read all of this index than what another one finds.
create index records_covering on records (shop_id, definition_id, id)
    include (created_at, ref1, ref2, product1, str1, str2, num1, num2, num3, num4, at1, at2)
    where id > 0;
