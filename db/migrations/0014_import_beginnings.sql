-- What an import's file begins with. A file that comes as a stream cannot be read a second time: whether it is one whose
-- import was stopped far inside is told by its beginning, before anything of it is let go.

alter table imports add column beginning bytea;  -- SHA-256 of its first 64 KiB; null of imports begun before
